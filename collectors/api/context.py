"""What every handler works with."""

from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from cascadewatch.settings import Settings
from cascadewatch.store.audit import Actor
from cascadewatch.store.engine import Store
from cascadewatch.store.receipt import Batch, LabelRequest, Receipt, Rejection
from cascadewatch.store.writes import Mark
from collectors.api.body import Bodies
from collectors.api.guard import Caller, Guard
from collectors.api.rate import Rates
from collectors.api.scrape import Counters

T = TypeVar("T")
Json = dict[str, Any]


class Writing(Protocol):
    """What handlers need of the store's writer: futures that end after the commit."""

    @property
    def alive(self) -> bool: ...

    def submit(self, batch: Batch) -> Future[Receipt]: ...

    def submit_labels(
        self, source: str, labels: list[tuple[int, LabelRequest]], rejections: list[Rejection], received: int
    ) -> Future[Receipt]: ...

    def submit_annotation(self, mark: Mark) -> Future[int]: ...


class Watching(Protocol):
    """What handlers need of the rules; times in epoch ms, answers JSON-ready.

    What no rule, metric, cascade or revision is raises NotFoundError or UsageError; a sentence instead of a
    baseline says why it has to wait.
    """

    def rules(self) -> list[Json]: ...

    def rule(self, name: str) -> object: ...

    def back_test(self, name: str, start: int, end: int) -> Json: ...

    def accept(
        self, metric: str, cascade: str, route: str, since: int | None, *, by: Actor, note: str | None
    ) -> Json | str: ...

    def pin(
        self, metric: str, cascade: str, route: str, period: tuple[int, int] | str | None, *, by: Actor,
        note: str | None,
    ) -> Json | str: ...  # fmt: skip


@dataclass(frozen=True)
class Context:
    """The parts of one API; `clock` gives epoch milliseconds. Without `watching` no rules are known."""

    store: Store
    writer: Writing
    settings: Settings
    clock: Callable[[], int]
    guard: Guard
    bodies: Bodies
    rates: Rates
    counters: Counters
    watching: Watching | None = None

    async def reading(self, question: Callable[[Connection], T]) -> T:
        """The answer to a question, read in one transaction beside the event loop."""

        def ask() -> T:
            with self.store.reading() as connection:
                return question(connection)

        return await run_in_threadpool(ask)

    async def writing(self, change: Callable[[Connection], T]) -> T:
        """What a change gives, made in one transaction beside the event loop and committed."""

        def make() -> T:
            with self.store.writing() as connection:
                return change(connection)

        return await run_in_threadpool(make)


Handler = Callable[[Context, Request, Caller], Awaitable[Response]]
