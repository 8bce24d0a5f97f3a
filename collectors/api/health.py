"""Is this process alive, and can it take events? Two questions with two routes."""

import shutil

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from cascadewatch.errors import StoreError
from cascadewatch.store.engine import Store
from cascadewatch.store.migrate import HEAD, revision
from collectors.api.context import Context
from collectors.api.guard import Caller
from collectors.api.refusal import NO_STORE, respond

OK = "ok"
LEAST_DISK_MIB = 200  # room for a WAL and the next checkpoint


async def get_healthz(_api: Context, _request: Request, _: Caller) -> Response:
    """Answers while the process answers at all; asks nothing of the database."""
    return PlainTextResponse("ok\n", headers=NO_STORE)


async def get_readyz(api: Context, _request: Request, _: Caller) -> Response:
    """200 when events can be taken in, else 503 with the reason."""
    checks = {"writer": OK if api.writer.alive else "the writer has stopped; restart this process"}
    checks.update(await run_in_threadpool(_stored, api.store))
    ready = all(state == OK for state in checks.values())
    return respond({"ready": ready, "checks": checks}, 200 if ready else 503)


def _stored(store: Store) -> dict[str, str]:
    return {**_database(store), "disk": _disk(store)}


def _database(store: Store) -> dict[str, str]:
    try:
        with store.reading() as connection:
            found = revision(connection)
    except StoreError as error:
        return {"database": str(error)}
    schema = OK if found == HEAD else f"has schema {found or 'none'}, needs {HEAD}: cascadewatch db upgrade"
    return {"database": OK, "schema": schema}


def _disk(store: Store) -> str:
    if store.path is None:
        return OK  # Postgres looks after its own
    try:
        free = shutil.disk_usage(store.path.parent).free // 2**20
    except OSError as error:
        return f"the database's folder cannot be read: {error.strerror}"
    return (
        OK if free >= LEAST_DISK_MIB else f"{free} MiB left where the database lies, {LEAST_DISK_MIB} needed"
    )
