"""Replays over HTTP: what ran, what it said, and the wish for a run now."""

from msgspec import Struct
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from cascadewatch.errors import NotFoundError
from cascadewatch.moments import rfc3339
from collectors.api.body import read_one
from collectors.api.context import Context, Json
from collectors.api.guard import Caller
from collectors.api.query import known, name_of, place_of
from collectors.api.refusal import RefusalError, respond

MOST = 100


class Wanted(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing need be said: which replay, the path tells."""


async def post_run(api: Context, request: Request, caller: Caller) -> Response:
    """Leaves the wish for a run, which a worker takes up within seconds: the keys of models are there."""
    await read_one(api.bodies, request, Wanted)
    name: str = request.path_params["name"]
    if name not in api.settings.replay:
        here = ", ".join(api.settings.replay) or "none so far"
        raise NotFoundError(f"there is no [replay.{name[:40]}]; known here: {here}")
    now = api.clock()

    def change(connection: Connection) -> bool:
        from cascadewatch.store.acts import ask_for_replay

        return ask_for_replay(connection, caller.actor, now, name)

    if not await api.writing(change):
        raise RefusalError(409, f"the replay {name} waits for a worker already")
    return respond({"replay": name, "asked": rfc3339(now)}, 202)


async def get_replays(api: Context, request: Request, _: Caller) -> Response:
    """The latest runs, newest first, and what somebody asked for last that could not run."""
    name = name_of(known(request, "replay"), "replay")

    def read(connection: Connection) -> Json:
        from cascadewatch.replay.planned import unmet
        from cascadewatch.store.reads.json_rows import row_json
        from cascadewatch.store.replays import runs

        failed = unmet(connection, [one for one in api.settings.replay if name in (None, one)])
        return {
            "replays": [row_json(run) for run in runs(connection, name, MOST)],
            "unmet": [
                {"replay": one, "asked": rfc3339(slot.time), "message": slot.message}
                for one, slot in failed.items()
            ],
        }

    return respond(await api.reading(read))


async def get_report(api: Context, request: Request, _: Caller) -> Response:
    """One report, whole."""
    known(request)
    number = place_of(request)

    def read(connection: Connection) -> Json:
        from cascadewatch.store.reads.json_rows import row_json
        from cascadewatch.store.reports import report

        return row_json(report(connection, number))

    return respond(await api.reading(read))
