"""GET: metrics, single events, status. Reads beside the event loop, changes nothing."""

from typing import Any

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from collectors.api.context import Context
from collectors.api.guard import Caller
from collectors.api.query import known, name_of, range_of, stored
from collectors.api.refusal import NO_STORE, RefusalError, respond
from collectors.metrics_text import CONTENT_TYPE, exposition


async def get_metrics(api: Context, request: Request, _: Caller) -> Response:
    """Every metric of a range, per cascade and per route."""
    given = known(request, "from", "to", "since", "cascade", "route")
    start, end = range_of(given, api.clock())
    cascade, route = name_of(given, "cascade"), name_of(given, "route")

    def read(connection: Connection) -> dict[str, Any]:
        from cascadewatch.store.reads import report  # brings the metrics along, which ingest does not need

        return report(connection, api.settings, start, end, cascade, route)

    return respond(await api.reading(read))


async def get_event(api: Context, request: Request, _: Caller) -> Response:
    """One event as it is held."""
    source = name_of(known(request, "source"), "source")
    event_id = stored(request.path_params["id"])

    def read(connection: Connection) -> dict[str, Any] | None:
        from cascadewatch.store.reads import event

        return event(connection, event_id, source)

    found = await api.reading(read)
    if found is None:
        raise RefusalError(404, "no event with this id is held")
    return respond(found)


async def get_status(api: Context, request: Request, _: Caller) -> Response:
    """What is held, how ingest goes, how full the disk is, who does the jobs, and which channels fail."""
    known(request)
    now = api.clock()

    def read(connection: Connection) -> dict[str, Any]:
        from cascadewatch.store.reads.standing import standing

        return standing(connection, api.settings, api.store.path, now)

    return respond(await api.reading(read))


async def get_scrape(api: Context, request: Request, _: Caller) -> Response:
    """The same sums for Prometheus."""
    known(request)
    counters = await run_in_threadpool(api.counters.read, api.store, api.clock())
    return PlainTextResponse(exposition(counters), headers=NO_STORE, media_type=CONTENT_TYPE)
