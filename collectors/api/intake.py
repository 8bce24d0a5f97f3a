"""POST: events, labels and annotations. Answered after the commit, never before."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from cascadewatch.errors import InputError
from cascadewatch.moments import epoch_ms
from cascadewatch.store.disk import RETRY_S, look
from cascadewatch.store.receipt import Batch
from cascadewatch.store.writes import Mark
from collectors.api.body import is_lines, read_one
from collectors.api.context import Context
from collectors.api.guard import Caller, too_fast
from collectors.api.refusal import later, respond
from collectors.decode import Annotation, decode_events, decode_labels

T = TypeVar("T")

DAY_MS = 86_400_000
YEAR_MS = 366 * DAY_MS
COMMIT_SECONDS = 30
LARGE = 2**20  # bytes; a larger body is decoded beside the event loop, so that others are not kept waiting


async def post_events(api: Context, request: Request, caller: Caller) -> Response:
    """Takes events in; answers how many were accepted, and which were not."""
    lines = is_lines(request)
    _insist_on_room(api)
    _slow_down(api, caller)
    async with api.bodies.read(request) as body:
        now = api.clock()
        oldest = max(0, now - api.settings.retention.rollup_days * DAY_MS)
        limit = api.settings.ingest.max_events
        events, rejections = await _beside(body, lambda: decode_events(body, lines, now, oldest, limit))
        api.rates.spend(caller.source, len(events) + len(rejections), now)
        receipt = await _committed(api.writer.submit(Batch(caller.source, events, rejections, now)))
    return respond(receipt.as_dict())


async def post_labels(api: Context, request: Request, caller: Caller) -> Response:
    """Takes labels in, for events sent before or within the next seven days."""
    lines = is_lines(request)
    _insist_on_room(api)
    _slow_down(api, caller)
    async with api.bodies.read(request) as body:
        now = api.clock()
        limit = api.settings.ingest.max_events
        labels, rejections = await _beside(body, lambda: decode_labels(body, lines, now, limit))
        api.rates.spend(caller.source, len(labels) + len(rejections), now)
        receipt = await _committed(api.writer.submit_labels(caller.source, labels, rejections, now))
    return respond(receipt.as_dict())


async def post_annotation(api: Context, request: Request, caller: Caller) -> Response:
    """Puts a mark on the time line."""
    _insist_on_room(api)
    mark = await read_one(api.bodies, request, Annotation)
    time = epoch_ms(mark.time)
    if not 0 <= time <= api.clock() + YEAR_MS:
        raise InputError("time lies between 1970 and a year from now")
    made = Mark(
        time, mark.cascade, mark.route, mark.text, caller.author,
        "deploy" if mark.deploy else "user", caller.actor,
    )  # fmt: skip
    return respond({"id": await _committed(api.writer.submit_annotation(made))})


def _insist_on_room(api: Context) -> None:
    """A disk that is all but full is left to what must still be written: alerts, and the deletion of rows."""
    disk = look(api.store.path, api.settings.disk)
    if disk.level == "full":
        raise later(str(disk.sentence(api.settings.disk)), RETRY_S)


def _slow_down(api: Context, caller: Caller) -> None:
    seconds = api.rates.wait(caller.source, api.clock())
    if seconds:
        raise too_fast(seconds)


async def _beside(body: bytes, decode: Callable[[], T]) -> T:
    return await run_in_threadpool(decode) if len(body) > LARGE else decode()


async def _committed(future: Future[T]) -> T:
    """The result once it is durable. Not to hear of it is no reason to take it back."""
    try:
        async with asyncio.timeout(COMMIT_SECONDS):
            return await asyncio.shield(asyncio.wrap_future(future))
    except TimeoutError:
        raise later(f"no commit within {COMMIT_SECONDS} s; send it again, nothing counts twice", 5) from None
