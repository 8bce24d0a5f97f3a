"""Is this process alive, and can it take events? Two questions with two routes."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from cascadewatch.errors import StoreError
from cascadewatch.store.disk import look
from cascadewatch.store.engine import FULL, Store
from cascadewatch.store.migrate import HEAD, revision
from collectors.api.context import Context
from collectors.api.guard import Caller
from collectors.api.refusal import NO_STORE, respond

OK = "ok"


async def get_healthz(_api: Context, _request: Request, _: Caller) -> Response:
    """Answers while the process answers at all; asks nothing of the database."""
    return PlainTextResponse("ok\n", headers=NO_STORE)


async def get_readyz(api: Context, _request: Request, _: Caller) -> Response:
    """200 when events can be taken in, else 503 with the reason; `notes` tells what will become one."""
    checks = {"writer": OK if api.writer.alive else "the writer has stopped; restart this process"}
    checks.update(await run_in_threadpool(_database, api.store))
    disk = look(api.store.path, api.settings.disk)
    said = disk.sentence(api.settings.disk) or OK
    if api.store.is_full:
        said = FULL
    is_note = disk.level == "warning" and not api.store.is_full
    checks["disk"] = OK if is_note else said
    ready = all(state == OK for state in checks.values())
    notes = {"notes": {"disk": said}} if is_note else {}
    return respond({"ready": ready, "checks": checks, **notes}, 200 if ready else 503)


def _database(store: Store) -> dict[str, str]:
    try:
        with store.reading() as connection:
            found = revision(connection)
    except StoreError as error:
        return {"database": str(error)}
    schema = OK if found == HEAD else f"has schema {found or 'none'}, needs {HEAD}: cascadewatch db upgrade"
    return {"database": OK, "schema": schema}
