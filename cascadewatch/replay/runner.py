"""Plays an eval set: asks, judges and grades case by case, within its budget, and survives a crash.

Before a call that may cost money its case is marked as sent and its worst price is held; afterwards the
answer is written and the hold given back. Whoever takes the run over after a crash asks again only what
was sent and has no answer.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from sqlalchemy import Connection

from cascadewatch.errors import BusyError
from cascadewatch.pricing import PriceBook
from cascadewatch.replay.case import Case
from cascadewatch.replay.ledger import Ledger
from cascadewatch.replay.played import Played, play
from cascadewatch.replay.prepared import Prepared, estimate
from cascadewatch.replay.stop import Watch
from cascadewatch.replay.verdicts import RateName
from cascadewatch.store import replays
from cascadewatch.store.engine import Store
from cascadewatch.store.replays import ANSWERED, DONE, LOST, Key, Result, Run

CLAIM_MS = 60_000
FLUSH = 200
MAX_FAILED = 0.02  # of all answers; beyond it nothing is concluded
BUDGET_SPENT = "the budget is used up"

Clock = Callable[[], int]


@dataclass(frozen=True, slots=True)
class During:
    """What holds while a run goes on.

    `month` is (start of the month, nano-dollars that all runs since then may spend). `watch` may end the
    run early. `progress` is called with (done, all) after every answer.
    """

    month: tuple[int, int] | None = None
    watch: Watch | None = None
    progress: Callable[[int, int], None] = lambda done, of: None


@dataclass
class Outcome:
    """How a run ended: its row, all results, and why it stopped before the last case (None: it did not)."""

    run: Run
    results: list[Result]
    stopped: str | None = None
    early: bool = False
    decided: dict[RateName, str] = field(default_factory=dict)


def open_run(store: Store, prepared: Prepared, *, cause: str, author: str, owner: str, now: int) -> Run:
    """The row of a new run, or of one that was left unfinished and is taken over.

    BusyError while another process runs it.
    """
    with store.writing() as connection:
        found = replays.unfinished(connection, prepared.name, prepared.config_hash)
        if found is not None:
            if not replays.claim(connection, found.id, owner, now, now + CLAIM_MS):
                raise BusyError(f"the replay {prepared.name} is running already, as run {found.id}")
            return found
        replays.know_set(connection, prepared.cases.statement(), now)
        values = {
            "name": prepared.name,
            "cascade": prepared.table.cascade,
            "eval_set": prepared.cases.hash,
            "cause": cause,
            "author": author,
            "cases": len(prepared.order),
            "limit": prepared.limit,
            "config": dict(prepared.config),
            "config_hash": prepared.config_hash,
            "owner": owner,
            "claimed": now + CLAIM_MS,
        }
        return replays.start(connection, values, now)


class Runner:
    """One run in this process."""

    def __init__(
        self, store: Store, prepared: Prepared, run: Run, book: PriceBook, clock: Clock, during: During
    ) -> None:
        estimate(prepared, book, clock())
        self._store, self._prepared, self._run = store, prepared, run
        self._book, self._clock = book, clock
        self._month, self._watch, self._progress = during.month, during.watch, during.progress
        self._stopped: str | None = None
        self._early = False
        self._lock = threading.Lock()
        self._done = 0
        self._free: list[Result] = []  # results that cost nothing and are not written yet

    def play(self) -> Outcome:
        """Plays what is left. Raises what the store raises; nothing that was answered is lost then."""
        known = self._known()
        left = [pair for pair in self._prepared.order if self._is_left(known, pair)]
        self._done = len(self._prepared.order) - len(left)
        workers = 1 if self._prepared.target is None else self._prepared.target.concurrency
        workers = max(workers, self._prepared.callers.concurrency)
        with Ledger(self._store) as ledger, ThreadPoolExecutor(workers, "replay") as pool:
            self._ledger, self._known_before = ledger, known
            self._drive(pool, iter(left), workers)
        if ledger.failed is not None:
            raise ledger.failed
        with self._store.reading() as connection:
            run = replays.run(connection, self._run.id)
            assert run is not None
            found = replays.results(connection, self._run.id)
        decided: dict[RateName, str] = {} if self._watch is None else {**self._watch.decided}
        return Outcome(run, found, self._stopped, self._early, decided)

    def _known(self) -> dict[tuple[str, int], Result]:
        with self._store.reading() as connection:
            found = replays.results(connection, self._run.id)
        if self._watch is not None:
            for result in found:
                self._watch.take(result)
        return {(result.case, result.repeat): result for result in found}

    def _is_left(self, known: dict[tuple[str, int], Result], pair: tuple[Case, int]) -> bool:
        """Finished is finished; a failed call is tried again only in another run."""
        result = known.get((pair[0].id, pair[1]))
        return result is None or result.state not in (DONE, LOST)

    def _drive(self, pool: ThreadPoolExecutor, left: Iterator[tuple[Case, int]], workers: int) -> None:
        """Keeps as many cases under way as there are workers, so that a stop leaves few behind."""
        under_way: set[Future[None]] = set()
        more = True
        while more or under_way:
            while more and len(under_way) < workers and self._stopped is None:
                pair = next(left, None)
                if pair is None:
                    more = False
                else:
                    under_way.add(pool.submit(self._one, *pair))
            more = more and self._stopped is None
            ended, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            for future in ended:
                future.result()
            self._flush(FLUSH if more else 1)

    def _flush(self, at_least: int) -> None:
        """Writes results that cost nothing, many at a time: after a crash they are simply asked anew."""
        with self._lock:
            if len(self._free) < at_least:
                return
            found, self._free = self._free, []
        with self._store.writing() as connection:
            replays.record_free(connection, self._run.id, found)

    def _one(self, case: Case, repeat: int) -> None:
        if not self._prepared.is_paid:
            *_, last = play(self._prepared, case, repeat, self._book, self._clock(), None)
            with self._lock:
                self._free.append(last.result)
            self._count(last)
            return
        key = Key(self._run.id, case.id, repeat)
        held = self._hold(case, key)
        if held is None:
            self._stop(BUDGET_SPENT)
            return
        before = self._known_before.get((case.id, repeat))
        played = play(self._prepared, case, repeat, self._book, self._clock(), before)
        for stage in played:
            self._write(stage, key, held)
        self._count(stage)

    def _hold(self, case: Case, key: Key) -> int | None:
        """What was set aside for the case; None where a limit would be passed."""
        worst = self._prepared.worst_cost(case, self._book, self._clock()) or 0
        month = self._month
        taken = self._ledger.write(lambda connection: replays.reserve(connection, key, worst, month))
        return worst if taken.result() else None

    def _write(self, stage: Played, key: Key, held: int) -> None:
        """Writes one stage of an answer, and waits for the commit."""
        final = stage.result.state != ANSWERED
        # What a lost call cost is unknown: it stays held, so that no limit is passed.
        release = held - stage.result.reserved if final else 0

        def entry(connection: Connection) -> None:
            replays.record(connection, key.replay, stage.result, release, stage.spent)

        self._ledger.write(entry).result()

    def _count(self, stage: Played) -> None:
        with self._lock:
            self._done += 1
            if self._watch is not None and self._watch.take(stage.result):
                self._stopped, self._early = "the outcome is certain", True
            if self._done % 16 == 0:
                self._keep_claim()
            self._progress(self._done, len(self._prepared.order))

    def _keep_claim(self) -> None:
        now, owner = self._clock(), self._run.owner or ""
        self._ledger.write(
            lambda connection: replays.claim(connection, self._run.id, owner, now, now + CLAIM_MS)
        )

    def _stop(self, reason: str) -> None:
        with self._lock:
            self._stopped = self._stopped or reason
