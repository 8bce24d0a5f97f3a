"""Baselines and rules: what normal is, what is watched, and what a rule would have said."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct, field
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from cascadewatch.errors import InputError
from cascadewatch.model import Name
from cascadewatch.moments import epoch_ms
from collectors.api.body import read_one
from collectors.api.context import Context, Json, Watching
from collectors.api.guard import Caller
from collectors.api.query import known, name_of, range_of, stored
from collectors.api.refusal import RefusalError, later, respond

Moment = Annotated[datetime, Meta(tz=True)]
BACK_TEST = "30d"  # as far back as a back-test looks unless told


class Baseline(Struct, frozen=True, forbid_unknown_fields=True):
    """The level that is to count as normal: `accept` the present one (from `from` on), that of the period
    `from` to `to`, that of a `revision`, or, with none of these, of the last seven days."""

    metric: Name
    cascade: Name
    route: Name | None = None
    accept: bool = False
    start: Moment | None = field(name="from", default=None)
    end: Moment | None = field(name="to", default=None)
    revision: Name | None = None
    note: Annotated[str, Meta(max_length=2000)] | None = None


class BackTest(Struct, frozen=True, forbid_unknown_fields=True):
    """The range of a back-test: `since` (such as 30d, the default), or `from` and `to`."""

    since: str | None = None
    start: str | None = field(name="from", default=None)
    end: str | None = field(name="to", default=None)


async def get_baselines(api: Context, request: Request, _: Caller) -> Response:
    """Every baseline that was pinned, newest first."""
    given = known(request, "metric", "cascade")
    metric, cascade = name_of(given, "metric"), name_of(given, "cascade")

    def read(connection: Connection) -> list[Json]:
        from cascadewatch.store.baselines import history
        from cascadewatch.store.reads.json_rows import row_json

        return [row_json(pinned) for pinned in reversed(history(connection, metric, cascade))]

    return respond({"baselines": await api.reading(read)})


async def post_baseline(api: Context, request: Request, caller: Caller) -> Response:
    """Pins a baseline in the place of the present one."""
    asked = await read_one(api.bodies, request, Baseline)
    watching, route = _watching(api), asked.route or ""
    said: dict[str, Any] = {"by": caller.actor, "note": asked.note}
    if asked.accept:
        if asked.end is not None or asked.revision is not None:
            raise InputError("accept goes with from or with nothing: it takes the level since then")
        since = None if asked.start is None else epoch_ms(asked.start)
        made = await run_in_threadpool(watching.accept, asked.metric, asked.cascade, route, since, **said)
    else:
        made = await run_in_threadpool(
            watching.pin, asked.metric, asked.cascade, route, _period(asked), **said
        )
    if isinstance(made, str):
        raise RefusalError(409, made)
    return respond(made)


async def get_rules(api: Context, request: Request, _: Caller) -> Response:
    """Every rule in force, and what it last said of each scope."""
    known(request)
    return respond({"rules": await run_in_threadpool(_watching(api).rules)})


async def post_back_test(api: Context, request: Request, _: Caller) -> Response:
    """What a rule would have said over stored history."""
    asked = await read_one(api.bodies, request, BackTest)
    name = stored(request.path_params["name"])
    said = {"since": asked.since, "from": asked.start, "to": asked.end}
    given = {key: text for key, text in said.items() if text is not None} or {"since": BACK_TEST}
    if given.keys() == {"to"}:
        raise InputError("to needs from")
    start, end = range_of(given, api.clock())
    test: Callable[[str, int, int], Json] = _watching(api).back_test
    return respond(await run_in_threadpool(test, name, start, end))


def _watching(api: Context) -> Watching:
    if api.watching is None:
        raise later("this server was started without rules", 60)
    return api.watching


def _period(asked: Baseline) -> tuple[int, int] | str | None:
    if asked.revision is not None:
        if asked.start is not None or asked.end is not None:
            raise InputError("give from and to, or revision, not both")
        return asked.revision
    if asked.start is None and asked.end is None:
        return None
    if asked.start is None or asked.end is None or not asked.start < asked.end:
        raise InputError("a period has from and to, from before to")
    return epoch_ms(asked.start), epoch_ms(asked.end)
