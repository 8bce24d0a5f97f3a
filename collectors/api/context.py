"""What every handler works with."""

from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response

from cascadewatch.settings import Settings
from cascadewatch.store.engine import Store
from cascadewatch.store.receipt import Batch, LabelRequest, Receipt, Rejection
from collectors.api.body import Bodies
from collectors.api.guard import Caller, Guard
from collectors.api.rate import Rates
from collectors.api.scrape import Counters


class Writing(Protocol):
    """What handlers need of the store's writer: futures that end after the commit."""

    @property
    def alive(self) -> bool: ...

    def submit(self, batch: Batch) -> Future[Receipt]: ...

    def submit_labels(
        self, source: str, labels: list[tuple[int, LabelRequest]], rejections: list[Rejection], received: int
    ) -> Future[Receipt]: ...

    def submit_annotation(
        self, time: int, cascade: str | None, route: str | None, text: str, author: str
    ) -> Future[int]: ...


@dataclass(frozen=True)
class Context:
    """The parts of one API; `clock` gives epoch milliseconds."""

    store: Store
    writer: Writing
    settings: Settings
    clock: Callable[[], int]
    guard: Guard
    bodies: Bodies
    rates: Rates
    counters: Counters


Handler = Callable[[Context, Request, Caller], Awaitable[Response]]
Json = dict[str, Any]
