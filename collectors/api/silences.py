"""Silences: for a while nobody hears of some rules or cascades; what happens is kept all the same."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from cascadewatch.errors import InputError
from cascadewatch.model import Name
from cascadewatch.moments import epoch_ms
from collectors.api.body import read_one
from collectors.api.context import Context, Json
from collectors.api.guard import Caller
from collectors.api.query import known, place_of
from collectors.api.refusal import respond

HOUR_MS = 3_600_000
LONGEST_HOURS = 366 * 24


class Silence(Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be quiet, and for how long: `hours`, or `until` a moment. Left out means all."""

    rule: Name | None = None
    cascade: Name | None = None
    route: Name | None = None
    hours: Annotated[float, Meta(gt=0, le=LONGEST_HOURS)] | None = None
    until: Annotated[datetime, Meta(tz=True)] | None = None
    comment: Annotated[str, Meta(max_length=2000)] | None = None


async def get_silences(api: Context, request: Request, _: Caller) -> Response:
    """The silences in force."""
    known(request)
    now = api.clock()

    def read(connection: Connection) -> list[Json]:
        from cascadewatch.store.reads.json_rows import row_json
        from cascadewatch.store.silences import active

        return [row_json(silence) for silence in active(connection, now)]

    return respond({"silences": await api.reading(read)})


async def post_silence(api: Context, request: Request, caller: Caller) -> Response:
    """Begins a silence."""
    asked = await read_one(api.bodies, request, Silence)
    now = api.clock()
    ends = _end(asked, now)
    if asked.rule is not None and api.watching is not None:
        await run_in_threadpool(api.watching.rule, asked.rule)

    def change(connection: Connection) -> Json:
        from cascadewatch.store.acts import begin_silence
        from cascadewatch.store.reads.json_rows import row_json

        about = {name: getattr(asked, name) for name in ("rule", "cascade", "route", "comment")}
        return row_json(begin_silence(connection, caller.actor, now, ends, **about))

    return respond(await api.writing(change))


async def delete_silence(api: Context, request: Request, caller: Caller) -> Response:
    """Ends a silence now."""
    known(request)
    number, now = place_of(request), api.clock()

    def change(connection: Connection) -> None:
        from cascadewatch.store.acts import end_silence

        end_silence(connection, caller.actor, now, number)

    await api.writing(change)
    return respond({"id": number})


def _end(asked: Silence, now: int) -> int:
    if (asked.hours is None) == (asked.until is None):
        raise InputError("say how long: either hours or until")
    if asked.hours is not None:
        return now + round(asked.hours * HOUR_MS)
    assert asked.until is not None
    ends = epoch_ms(asked.until)
    if not now < ends <= now + LONGEST_HOURS * HOUR_MS:
        raise InputError("until lies in the future, and at most a year away")
    return ends
