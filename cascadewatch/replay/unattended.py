"""Replays that a worker runs: by schedule, after a drift alarm, after a crash, and when somebody asks.

In a thread of its own, one run at a time, so that nothing else a worker does waits for a model. Each slot
of a schedule and each episode is claimed by a row under the worker's lease, so it starts one run at most.
"""

import logging
import threading
from collections.abc import Callable
from functools import partial
from secrets import randbits

from cascadewatch.errors import CascadewatchError, StoreError
from cascadewatch.replay import slots
from cascadewatch.replay.planned import NEW, OVERLAPPING, drift_job, due, job_of, wish_job
from cascadewatch.replay.prepared import prepare
from cascadewatch.replay.runner import InterruptedRunError
from cascadewatch.replay.running import Asked, run
from cascadewatch.replay.schedule import Due
from cascadewatch.settings import Settings
from cascadewatch.store import episodes, leases, replays, wishes
from cascadewatch.store.engine import Store
from cascadewatch.store.episodes import Episode
from cascadewatch.store.leases import Lease
from cascadewatch.store.replays import Run
from cascadewatch.store.reports import Report
from cascadewatch.store.wishes import Wish

log = logging.getLogger("cascadewatch.replay")

LOOK_S = 5.0
DAY_MS = 86_400_000
GOES_ON = ("schedule", "alert", "confirmation", "api")  # causes of runs that a worker takes up after a crash
FALLS = {"escalation_rate", "flagship_share"}  # cheaper when they fall, and quality may be what pays for it
WORKER = "worker"
Ended = tuple[str, str] | None  # state and message
CHANGED = "given up: it was begun with other settings"


class Unattended:
    """A duty of the leading worker. `look` can be called by hand; `start` has a thread call it."""

    def __init__(self, store: Store, settings: Settings, clock: Callable[[], int], lease: Lease) -> None:
        self._store, self._settings, self._clock, self._lease = store, settings, clock, lease
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="run-replays", daemon=True)

    def start(self) -> None:
        """Begins to look."""
        self._thread.start()

    def stop(self, wait: bool = True) -> None:
        """Ends; a run under way is interrupted, and gone on with by the next leader."""
        self._ended.set()
        if wait:
            self._thread.join()

    def _work(self) -> None:
        while not self._ended.wait(LOOK_S):
            try:
                self.look()
            except StoreError as error:
                self._note("waiting", str(error))
            except Exception:
                log.exception("replays")

    def look(self) -> None:
        """Does everything that is to be done now."""
        self._go_on()
        for name, table in self._settings.replay.items():
            if table.schedule is not None and not self._ended.is_set():
                self._keep_schedule(name, table.schedule)
        for name, episode in self._alarms():
            self._answer_alarm(name, episode)
        self._grant_wishes()

    def _go_on(self) -> None:
        """Takes up what a worker left unfinished."""
        with self._store.reading() as connection:
            left = replays.left_behind(connection, self._clock())
        for one in left:
            if one.cause in GOES_ON and not self._ended.is_set():
                self._take_up(one)

    def _take_up(self, one: Run) -> None:
        """Goes on with it once. What fails again, or was begun with other settings, is given up."""
        message = CHANGED
        try:
            if prepare(self._settings, one.name).config_hash == one.config_hash:
                self._note(one.name, self._play(one.name, one.cause))
                return
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - told in the run's own row
            if self._ended.is_set():
                return
            message = f"{type(error).__name__}: {error}"
        with self._store.writing() as connection:
            if replays.abandon(connection, one.id, message[:500], self._clock()):
                slots.give_up(connection, self._settings, one, message, self._clock())
        self._note(one.name, message)

    def _keep_schedule(self, name: str, schedule: str) -> None:
        now = self._clock()
        with self._store.reading() as connection:
            found = due(connection, self._settings, name, now)
        if found is None or found.slot is None:
            return
        job = job_of(name, schedule)
        if not leases.claim(self._store, self._lease, job, found.slot, now):
            return
        if found.is_to_run:
            ended = self._said(lambda: self._play(name, "schedule"))
        else:
            ended = leases.DONE, NEW if found.reason == "new" else OVERLAPPING
        if ended is not None:
            self._finish(job, found.slot, ended[0], _introduced(found, now, ended[1]))

    def _grant_wishes(self) -> None:
        """Runs what somebody asked for, through the API or a page."""
        with self._store.reading() as connection:
            wanted = wishes.waiting(connection)
        for wish in wanted:
            if not self._ended.is_set() and self._takes(wish):
                self._grant(wish)

    def _takes(self, wish: Wish) -> bool:
        with self._store.writing() as connection:
            leads = leases.still(connection, self._lease, self._clock())
            return leads and wishes.take(connection, wish.name)

    def _grant(self, wish: Wish) -> None:
        """Runs it; a wish that came too late, or for what is no longer known, is dropped and noted."""
        why, now, job = self._against(wish), self._clock(), wish_job(wish.name)
        if not leases.claim(self._store, self._lease, job, wish.time, now):
            return
        ended: Ended = leases.FAILED, f"dropped: {wish.author} asked for it, and {why}"
        if why is None:
            ended = self._said(partial(self._play, wish.name, "api", wish.author))
        if ended is not None:
            self._finish(job, wish.time, *ended)

    def _against(self, wish: Wish) -> str | None:
        """Why a wish is not fulfilled; None: it is."""
        if wish.name not in self._settings.replay:
            return f"there is no [replay.{wish.name}] here"
        if wish.is_stale(self._clock()):
            return "no worker took it up within a day; ask again"
        return None

    def _alarms(self) -> list[tuple[str, Episode]]:
        """Replays that want to answer alarms, with each alarm of their cascade of the last day."""
        wanted = {name: table.cascade for name, table in self._settings.replay.items() if table.on_drift}
        if not wanted:
            return []
        since = self._clock() - DAY_MS
        with self._store.reading() as connection:
            opened = [e for e in episodes.opened_or_open(connection, since) if e.opened >= since]
            answered = {name: leases.taken(connection, drift_job(name)) for name in wanted}
        return [
            (name, episode)
            for name, cascade in wanted.items()
            for episode in opened
            if episode.cascade == cascade and is_fall(episode) and episode.id not in answered[name]
        ]

    def _answer_alarm(self, name: str, episode: Episode) -> None:
        """Starts the replay, once for an episode and once a day at the most."""
        now, job = self._clock(), drift_job(name)
        if self._ended.is_set() or not leases.claim(self._store, self._lease, job, episode.id, now):
            return
        with self._store.reading() as connection:
            last = replays.latest(connection, name, "alert")
        if last is not None and last.started > now - DAY_MS:
            ended: Ended = leases.DONE, f"left out: run {last.id} answered an alarm within the last day"
        else:
            ended = self._said(lambda: self._play(name, "alert"))
        if ended is not None:
            self._finish(job, episode.id, *ended)

    def _play(self, name: str, cause: str, author: str = WORKER) -> str:
        """Runs it, and once more where a regression has to be confirmed; what came of it."""
        report = self._run(name, Asked(cause=cause, author=author))
        if not report.body["awaits_confirmation"]:
            return slots.came_of(report)
        again = Asked(cause="confirmation", author=WORKER, seed=randbits(31), confirms=report.id)
        return slots.came_of(self._run(name, again), report)

    def _run(self, name: str, asked: Asked) -> Report:
        return run(self._store, self._settings, name, asked, self._clock, interrupt=self._ended)

    def _said(self, play: Callable[[], str]) -> Ended:
        """How it ended; None where this worker ended first: the next goes on with the run, and notes it."""
        try:
            return leases.DONE, play()
        except InterruptedRunError as error:
            log.info("replays", extra={"fields": {"about": "interrupted", "result": str(error)}})
            return None
        except CascadewatchError as error:
            return leases.FAILED, str(error)
        except Exception as error:
            log.exception("a replay failed")
            return leases.FAILED, f"{type(error).__name__}: {error}"

    def _finish(self, job: str, slot: int, state: str, message: str) -> None:
        leases.finish(self._store, self._lease, job, slot, state, self._clock(), message[:500])
        self._note(job, message)

    def _note(self, what: str, message: str) -> None:
        log.info("replays", extra={"fields": {"about": what, "result": message}})


def is_fall(episode: Episode) -> bool:
    """Whether an alarm says that less is escalated: quality may be what pays for it."""
    return episode.kind == "drift" and episode.direction == "down" and episode.metric in FALLS


def _introduced(found: Due, now: int, message: str) -> str:
    words = []
    if found.reason == "late" and found.slot is not None:
        words.append(f"late by {(now - found.slot) // 60_000} min")
    if found.missed:
        words.append(f"{found.missed} earlier slots missed")
    return "; ".join([*words, message])
