"""The one writer of a process: requests that arrive together are committed together.

An answer is given only after the commit. A transaction that fails leaves nothing behind, and the
requests it carried are tried one by one, so that a poisonous one fails alone.
"""

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from time import monotonic, sleep
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, func, select

from cascadewatch.errors import BusyError, InputError
from cascadewatch.pricing import PriceBook
from cascadewatch.settings import Settings
from cascadewatch.store import audit, caller_keys, dialect, ingest, labelling, tables
from cascadewatch.store.counters import Arrived, count
from cascadewatch.store.engine import Store
from cascadewatch.store.pseudonym import pseudonyms
from cascadewatch.store.receipt import Batch, LabelRequest, Receipt, Rejection
from cascadewatch.store.rezone import settle
from cascadewatch.store.state import State, generation, touch
from cascadewatch.store.surroundings import Surroundings

T = TypeVar("T")

log = logging.getLogger("cascadewatch.store")

# Senders of few events that were answered together come again together: a moment's patience lets
# the next commit carry all of them. A lone sender never waits, nor do large requests.
GATHER_SECONDS, FEW = 0.001, 250
MAX_TOGETHER = 4_000  # events in one transaction, except a single larger request
MAX_WAITING = 60_000  # events; beyond it a request is told to come again
PATIENCE_SECONDS = 1.0  # a turn that did not come for longer is not waited for once more


class LabelBatch(NamedTuple):
    """Labels of one request, with what was refused before."""

    source: str
    labels: list[tuple[int, LabelRequest]]
    rejections: list[Rejection]
    received: int


class Mark(NamedTuple):
    """An annotation to be; `kind` is `user`, or `deploy` for one after which drift is looked for anew.
    `by` is the person who makes it."""

    time: int
    cascade: str | None
    route: str | None
    text: str
    author: str
    kind: str = "user"
    by: audit.Actor | None = None


Work = Batch | LabelBatch | Mark
Change = Callable[[Connection, State, Surroundings], T]
Jobs = list[tuple[Work, Future[Any]]]


class Writer:
    """Writes for one process. `write` works in the caller's thread; `submit` hands over to one
    thread and answers with a Future that is done after the commit. Close it when done."""

    def __init__(self, store: Store, settings: Settings, book: PriceBook, now: Callable[[], int]) -> None:
        self.store = store
        key = caller_keys.of(settings, store)
        self.around = Surroundings(settings, book, pseudonyms(settings, store), now, key)
        self._state: State | None = None
        self._queue: queue.SimpleQueue[tuple[Work, Future[Any]] | None] = queue.SimpleQueue()
        self._waiting = 0
        self._mutex = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False

    # --- in the caller's thread

    def write(self, work: Sequence[Work]) -> list[Any]:
        """Commits some work in one transaction; a Receipt (or a number, for a Mark) for each."""
        return self.change(lambda connection, state, _: self._take(connection, state, work))

    def change(self, change: Change[T]) -> T:
        """Makes a change to what is stored, in one transaction, and gives what it gives."""
        with self.store.writing() as connection:
            state = self._current(connection)
            result = change(connection, state, self.around)
            self._save(connection, state)
        self._state = state
        return result

    def _current(self, connection: Connection) -> State:
        """What is remembered, if it is still so. Forgotten until the commit: a transaction that
        fails leaves behind what was never stored."""
        state, self._state = self._state, None
        if state is None or not state.catch_up(connection):
            state = State(connection, self.around.settings)
            settle(connection, state)
        return state

    def _take(self, connection: Connection, state: State, work: Sequence[Work]) -> list[Any]:
        batches = [w for w in work if isinstance(w, Batch)]
        receipts = iter(ingest.take(connection, state, batches, self.around) if batches else [])
        results: list[Any] = []
        for w in work:
            if isinstance(w, Batch):
                results.append(next(receipts))
            elif isinstance(w, LabelBatch):
                results.append(_take_labels(connection, state, w))
            else:
                results.append(_mark(connection, w, self.around.now()))
        return results

    def _save(self, connection: Connection, state: State) -> None:
        state.save_names(connection)
        if state.changed:
            state.changed = False
            touch(connection)
            state.generation = generation(connection)

    # --- through the thread

    def submit(self, batch: Batch) -> Future[Receipt]:
        """Stores a batch with whatever else is waiting. BusyError when too much is waiting."""
        return self._hand_over(batch)

    def submit_labels(
        self,
        source: str,
        labels: list[tuple[int, LabelRequest]],
        rejections: list[Rejection],
        received: int,
    ) -> Future[Receipt]:
        """Stores labels; those of events not seen yet wait seven days for them."""
        return self._hand_over(LabelBatch(source, labels, rejections, received))

    def submit_annotation(self, mark: Mark) -> Future[int]:
        """Puts a mark on the time line; gives its number."""
        return self._hand_over(mark)

    def _hand_over(self, work: Work) -> Future[Any]:
        future: Future[Any] = Future()
        size = _size(work)
        with self._mutex:
            if self._closed:
                raise BusyError("shutting down", retry_after=5)
            if self._waiting + size > MAX_WAITING and self._waiting:
                raise BusyError("too many events are waiting to be stored", retry_after=2)
            self._waiting += size
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
                self._thread.start()
            self._queue.put((work, future))  # under the mutex, so that `close` comes after it
        return future

    @property
    def alive(self) -> bool:
        """Whether work handed over will be done."""
        return not self._closed and (self._thread is None or self._thread.is_alive())

    def close(self) -> None:
        """Finishes what was handed over, then stops."""
        with self._mutex:
            self._closed = True
            thread = self._thread
        if thread is not None:
            self._queue.put(None)
            thread.join()

    def _run(self) -> None:
        jobs: Jobs = []
        while True:
            first = self._queue.get()
            if first is None:
                return
            if len(jobs) > 1 and sum(_size(work) for work, _ in jobs) < FEW:
                sleep(GATHER_SECONDS)
            jobs, stop = self._together(first)
            began = monotonic()
            busy = self._commit(_wanted(jobs))
            if busy is not None and monotonic() - began > PATIENCE_SECONDS:
                jobs, stop = self._turn_away(jobs, stop, busy)
            with self._mutex:
                self._waiting -= sum(_size(work) for work, _ in jobs)
            if stop:
                return

    def _turn_away(self, jobs: Jobs, stop: bool, busy: BusyError) -> tuple[Jobs, bool]:
        """Tells those who came meanwhile to come again too: they have waited for the same turn, and would
        wait as long once more. All who have their answer, and whether the end has come."""
        while not stop:
            try:
                job = self._queue.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return jobs, True
            for _, future in _wanted([job]):
                future.set_exception(busy)
            jobs.append(job)
        return jobs, stop

    def _together(self, first: tuple[Work, Future[Any]]) -> tuple[Jobs, bool]:
        """What has queued up, as much as one transaction should carry."""
        jobs, size = [first], _size(first[0])
        while size < MAX_TOGETHER:
            try:
                job = self._queue.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return jobs, True
            jobs.append(job)
            size += _size(job[0])
        return jobs, False

    def _commit(self, jobs: Jobs) -> BusyError | None:
        """Answers them all; the error, when the database could not be used."""
        if not jobs:
            return None
        try:
            results = self.write([work for work, _ in jobs])
        except Exception as error:
            if len(jobs) > 1 and not isinstance(error, BusyError):
                for job in jobs:
                    self._commit([job])
                return None
            if not isinstance(error, BusyError | InputError):  # these the sender is told
                log.exception("a request could not be stored")
            for _, future in jobs:
                future.set_exception(error)
            return error if isinstance(error, BusyError) else None
        for (_, future), result in zip(jobs, results, strict=True):
            future.set_result(result)
        return None


def _wanted(jobs: Jobs) -> Jobs:
    """Those that nobody has given up; from here on nobody can."""
    return [job for job in jobs if job[1].set_running_or_notify_cancel()]


def _size(work: Work) -> int:
    """Records of a request, refused ones too, and itself."""
    if isinstance(work, Batch):
        return 1 + len(work.events) + len(work.rejections)
    return 1 + len(work.labels) + len(work.rejections) if isinstance(work, LabelBatch) else 1


def _mark(connection: Connection, w: Mark, now: int) -> int:
    newest = connection.execute(select(func.max(tables.annotations.c.seq))).scalar() or 0
    number = ingest.annotate(connection, w.time, w.cascade, w.route, w.kind, w.text, w.author)
    if w.by is not None and number > newest:  # else it was there already
        said = {"time": w.time, "cascade": w.cascade, "route": w.route, "text": w.text, "kind": w.kind}
        audit.record(connection, w.by, "annotate", str(number), now, after=said)
    return number


def _take_labels(connection: Connection, state: State, work: LabelBatch) -> Receipt:
    """Labels known events, lets the others wait. A label is never a duplicate: the last one counts."""
    keyed = [(i, ingest.identity(x.source or work.source, x.id), x) for i, x in work.labels]
    held = dialect.held(connection, [key for _, key, _ in keyed])
    known = [
        (i, x, labelling.Said(held[key][1], x.label(), work.received)) for i, key, x in keyed if key in held
    ]
    sizes = labelling.attempts_of(connection, [said.seq for _, _, said in known])
    refused = list(work.rejections)
    said = []
    for i, request, one in known:
        if one.label.attempt < sizes.get(one.seq, 0):
            said.append(one)
        else:
            refused.append(Rejection(i, request.id, "attempt", labelling.no_attempt(sizes.get(one.seq))))
    labelling.apply(connection, state, said)
    for _, key, request in keyed:
        if key not in held:
            labelling.wait(connection, key, request.label(), work.received)
    receipt = Receipt(
        received=len(work.labels) + len(work.rejections), rejected=len(refused), errors=sorted(refused)
    )
    receipt.accepted = receipt.received - receipt.rejected
    count(connection, [Arrived(f"{work.source}/labels", work.received, receipt, [], refused)])
    return receipt
