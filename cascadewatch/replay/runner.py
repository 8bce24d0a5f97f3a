"""Plays an eval set: asks, judges and grades case by case, within its budget, and survives a crash.

Before a call that may cost money its case is marked as sent and its worst price is held; afterwards the
answer is written and the hold given back. Whoever takes the run over after a crash asks again only what
was sent and has no answer.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import monotonic

from sqlalchemy import Connection

from cascadewatch.errors import BusyError, CascadewatchError
from cascadewatch.pricing import PriceBook
from cascadewatch.replay.case import Case
from cascadewatch.replay.claiming import Heartbeat
from cascadewatch.replay.holding import Holds
from cascadewatch.replay.ledger import Ledger
from cascadewatch.replay.played import Played, Question, play
from cascadewatch.replay.prepared import Prepared, Worst
from cascadewatch.replay.stop import Watch, standing
from cascadewatch.replay.verdicts import RateName
from cascadewatch.store import replay_money, replays
from cascadewatch.store.engine import Store
from cascadewatch.store.replays import ANSWERED, DONE, LOST, Key, Result, Run

FLUSH = 200
LOOK_S = 0.1
GRACE_S = 10.0  # how long calls under way are waited for when a run is interrupted
MAX_FAILED = 0.02  # of all answers; beyond it nothing is concluded
FEWEST_FAILED = 10  # before a run is broken off for it
SPENT = {
    "run": "the budget is used up",
    "month": "what all replays of this month may spend is used up",
}
FAILING = "too many calls failed to go on paying for more"
CERTAIN = "the outcome is certain"

Clock = Callable[[], int]


class InterruptedRunError(CascadewatchError):
    """A run that was ended from outside; it can be gone on with."""


@dataclass(frozen=True, slots=True)
class During:
    """What holds while a run goes on.

    `month` is (start of the month, nano-dollars that all runs since then may spend). `watch` may end the
    run early. `progress` is called with (done, all) after every answer. Once `interrupt` is set nothing
    more is sent.
    """

    month: tuple[int, int] | None = None
    watch: Watch | None = None
    progress: Callable[[int, int], None] = lambda done, of: None
    interrupt: threading.Event = field(default_factory=threading.Event)


@dataclass
class Outcome:
    """How a run ended: its row, all results, and why it stopped before the last case (None: it did not)."""

    run: Run
    results: list[Result]
    stopped: str | None = None
    early: bool = False
    decided: dict[RateName, str] = field(default_factory=dict)


class Runner:
    """One run in this process."""

    def __init__(
        self, store: Store, prepared: Prepared, run: Run, book: PriceBook, clock: Clock, during: During
    ) -> None:
        self._store, self._prepared, self._run = store, prepared, run
        self._book, self._clock, self._during = book, clock, during
        self._stopped: str | None = None
        self._early = False
        self._halted = threading.Event()  # nothing more is begun
        self._error: BaseException | None = None
        self._lock = threading.Lock()
        self._done = self._lost = 0
        self._free: list[Result] = []  # results that cost nothing and are not written yet
        self._ledger = Ledger(store)
        self._holds = Holds(self._ledger, run, during.month, self._halted)

    def play(self) -> Outcome:
        """Plays what is left. Nothing that was answered is lost, whatever it raises: what the store raises,
        BusyError once somebody else has the run, InterruptedRunError.
        """
        self._known = known = self._read()
        left = [pair for pair in self._prepared.order if self._is_left(known, pair)]
        self._done = len(self._prepared.order) - len(left)
        with self._ledger, Heartbeat(self._store, self._run, self._clock, self._taken):
            self._drive(left)
            self._flush(1)
        if self._error or self._ledger.failed:
            raise self._error or self._ledger.failed  # type: ignore[misc]
        with self._store.reading() as connection:
            run = replays.run_of(connection, self._run.id)
            found = replays.results(connection, self._run.id)
        watch = self._during.watch
        decided = {} if watch is None else standing(watch.decided, self._early)
        return Outcome(run, found, self._stopped, self._early, decided)

    def _read(self) -> dict[tuple[str, int], Result]:
        """What an earlier process has written, and what follows from it."""
        with self._store.reading() as connection:
            found = replays.results(connection, self._run.id)
        for result in found:
            self._weigh(result)
        return {(result.case, result.repeat): result for result in found}

    def _is_left(self, known: dict[tuple[str, int], Result], pair: tuple[Case, int]) -> bool:
        """Finished is finished; a failed call is tried again only in another run."""
        result = known.get((pair[0].id, pair[1]))
        return result is None or result.state not in (DONE, LOST)

    def _drive(self, left: list[tuple[Case, int]]) -> None:
        """One thread for each call at a time. Those that outlive an interruption are left to themselves:
        they can write nothing any more."""
        target = self._prepared.target
        most = max(1 if target is None else target.concurrency, self._prepared.callers.concurrency)
        pairs = iter(left)
        crew = [
            threading.Thread(target=self._work, args=(pairs,), name=f"replay-{n}", daemon=True)
            for n in range(min(most, len(left)))
        ]
        for thread in crew:
            thread.start()
        try:
            self._wait(crew)
        finally:
            self._halted.set()

    def _wait(self, crew: list[threading.Thread]) -> None:
        end: float | None = None
        for thread in crew:
            while thread.is_alive() and (end is None or monotonic() < end):
                thread.join(LOOK_S)
                if end is None and self._during.interrupt.is_set():
                    self._halted.set()
                    end = monotonic() + GRACE_S
        if self._during.interrupt.is_set() and self._done < len(self._prepared.order) and not self._stopped:
            raise InterruptedRunError(
                f"the replay {self._run.name} was interrupted after {self._done:,} of"
                f" {len(self._prepared.order):,} answers; the next run of it goes on from there"
            )

    def _work(self, pairs: Iterator[tuple[Case, int]]) -> None:
        try:
            while not self._halted.is_set():
                with self._lock:
                    pair = next(pairs, None)
                if pair is None:
                    return
                self._one(*pair)
        except BaseException as error:  # noqa: BLE001 - raised by the thread that waits for this one
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        self._error = self._error or error
        self._halted.set()

    def _taken(self) -> None:
        self._fail(BusyError(f"run {self._run.id} of {self._run.name} was taken over by another process"))

    def _one(self, case: Case, repeat: int) -> None:
        if not self._prepared.is_paid:
            asked = Question(case, repeat, self._book, self._clock(), Worst())
            *_, last = play(self._prepared, asked)
            with self._lock:
                self._free.append(last.result)
            self._flush(FLUSH)
            self._count(last.result)
            return
        now = self._clock()
        worst = self._prepared.worst(case, self._book, now) or Worst()
        key, before = Key(self._run.id, case.id, repeat), self._known.get((case.id, repeat))
        asked = Question(case, repeat, self._book, now, worst, before)
        refused = self._holds.take(key, asked.held, again=before is not None)
        if refused == "lost":
            self._taken()
        elif refused in SPENT:
            self._stop(SPENT[refused])
        if refused is None:
            self._ask(key, asked)

    def _ask(self, key: Key, asked: Question) -> None:
        try:
            for stage in play(self._prepared, asked):
                self._write(key, stage)
        finally:
            self._holds.free()
        self._count(stage.result)

    def _write(self, key: Key, stage: Played) -> None:
        """Writes a stage; waits for the commit only where the same case goes on.

        The last stage is committed with, or before, the mark of the thread's next case, which is waited for.
        """

        def entry(connection: Connection) -> None:
            replay_money.record(connection, key.replay, stage.result, stage.release, stage.spent)

        written = self._ledger.write(entry)
        if stage.result.state == ANSWERED:
            written.result()

    def _flush(self, at_least: int) -> None:
        """Writes results that cost nothing, many at a time: after a crash they are simply asked anew."""
        with self._lock:
            if len(self._free) < at_least:
                return
            found, self._free = self._free, []
        with self._store.writing() as connection:
            kept = replays.record_free(connection, self._run.id, self._run.owner or "", found)
        if not kept:
            self._taken()

    def _count(self, result: Result) -> None:
        with self._lock:
            self._done += 1
            self._weigh(result)
            self._during.progress(self._done, len(self._prepared.order))

    def _weigh(self, result: Result) -> None:
        """Ends the run where a result decides it."""
        self._lost += result.state == LOST
        if self._during.watch is not None and self._during.watch.take(result):
            self._early = self._early or self._stopped is None
            self._stop(CERTAIN)
        if self._lost >= FEWEST_FAILED and self._lost > MAX_FAILED * len(self._prepared.order):
            self._stop(FAILING)

    def _stop(self, reason: str) -> None:
        self._stopped = self._stopped or reason
        self._halted.set()
