"""GET: metrics, single events, status. Reads beside the event loop, changes nothing."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from cascadewatch import __version__
from collectors.api.context import Context
from collectors.api.guard import Caller
from collectors.api.query import known, name_of, range_of
from collectors.api.refusal import NO_STORE, RefusalError, respond
from collectors.metrics_text import CONTENT_TYPE, exposition


async def get_metrics(api: Context, request: Request, _: Caller) -> Response:
    """Every metric of a range, per cascade and per route."""
    from cascadewatch.store import reads  # brings the metrics along, which taking events in does not need

    given = known(request, "from", "to", "since", "cascade", "route")
    start, end = range_of(given, api.clock())
    cascade, route = name_of(given, "cascade"), name_of(given, "route")
    store, settings = api.store, api.settings
    return respond(await run_in_threadpool(reads.report, store.reader, settings, start, end, cascade, route))


async def get_event(api: Context, request: Request, _: Caller) -> Response:
    """One event as it is held."""
    from cascadewatch.store import reads

    source = name_of(known(request, "source"), "source")
    found = await run_in_threadpool(reads.event, api.store.reader, request.path_params["id"], source)
    if found is None:
        raise RefusalError(404, "no event with this id is held")
    return respond(found)


async def get_status(api: Context, request: Request, _: Caller) -> Response:
    """What is held and how ingest goes."""
    from cascadewatch.store import reads

    known(request)
    found = await run_in_threadpool(reads.status, api.store.reader, api.clock())
    return respond({"version": __version__, **found})


async def get_scrape(api: Context, request: Request, _: Caller) -> Response:
    """The same sums for Prometheus."""
    known(request)
    counters = await run_in_threadpool(api.counters.read, api.store, api.clock())
    return PlainTextResponse(exposition(counters), headers=NO_STORE, media_type=CONTENT_TYPE)
