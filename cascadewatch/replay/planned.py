"""Replays with a schedule: what is due, how their last run went, and how both are told."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from cascadewatch.replay.schedule import LATE_MS, Due, decide, previous
from cascadewatch.settings import Settings
from cascadewatch.store import leases, replays
from cascadewatch.store.replays import Run, Slot

NEW = "first seen: its slots count from here on"
OVERLAPPING = "overlapping: left out, for another run of it went on"


@dataclass(frozen=True, slots=True)
class Planned:
    """A replay as pages show it.

    `last` is its latest run whatever began it, and `runs` whether that goes on; `due` what its schedule says
    now, None without one. `late` since when a slot waits for a worker, `missed` how many before it passed
    unused. `slot` is the one that a worker dealt with last, with what became of it, and `unmet` what
    somebody asked for last where no run came of it. Times are epoch ms.
    """

    name: str
    schedule: str | None
    last: Run | None
    runs: bool
    due: Due | None
    next: int | None
    late: int | None
    missed: int
    slot: Slot | None
    unmet: Slot | None

    @property
    def state(self) -> str:
        """In a word: running, by hand (without a schedule), waiting, due, late or overlapping."""
        if self.runs:
            return "running"
        if self.due is None:
            return "by hand"
        return "waiting" if self.due.reason == "new" else self.due.reason


def planned(connection: Connection, settings: Settings, now: int) -> list[Planned]:
    """All replays of the settings, in their order."""
    return [_planned(connection, settings, name, now) for name in settings.replay]


def due(connection: Connection, settings: Settings, name: str, now: int) -> Due | None:
    """What is to be done about a replay; None without a schedule."""
    schedule = settings.replay[name].schedule
    if schedule is None:
        return None
    slot = replays.last_slot(connection, job_of(name, schedule))
    latest = replays.latest(connection, name)
    left = latest is not None and latest.finished is None and not latest.goes_on(now)
    busy = None if latest is None or left else (latest.started, latest.finished)
    return decide(schedule, settings.timezone, now, None if slot is None else slot.time, busy)


def job_of(name: str, schedule: str) -> str:
    """Under what its slots are claimed: another schedule counts from its own first look on."""
    return f"replay {name} at {schedule}"


def drift_job(name: str) -> str:
    """Under what its starts by drift episodes are claimed; the slot is the episode's number."""
    return f"replay {name} on drift"


def wish_job(name: str) -> str:
    """Under what wishes for it are claimed; the slot is the time of the wish."""
    return f"replay {name} asked for"


def unmet(connection: Connection, names: Iterable[str]) -> dict[str, Slot]:
    """What somebody asked for last, by replay, where no run came of it and none began since."""
    found = {name: _unmet(connection, name, replays.latest(connection, name)) for name in names}
    return {name: slot for name, slot in found.items() if slot is not None}


def _unmet(connection: Connection, name: str, last: Run | None) -> Slot | None:
    asked = replays.last_slot(connection, wish_job(name))
    if asked is None or asked.state != leases.FAILED or (last is not None and last.started > asked.time):
        return None
    return asked


def was_left_out(slot: Slot) -> bool:
    """Whether nothing ran in a slot that a worker dealt with."""
    return slot.message is not None and slot.message.endswith((NEW, OVERLAPPING))


def _planned(connection: Connection, settings: Settings, name: str, now: int) -> Planned:
    found, schedule = due(connection, settings, name, now), settings.replay[name].schedule
    waits = found is not None and found.reason == "late"
    slot = None if schedule is None else previous(schedule, settings.timezone, now)
    last = replays.latest(connection, name)
    return Planned(
        name=name,
        schedule=schedule,
        last=last,
        runs=last is not None and last.goes_on(now),
        due=found,
        next=None if found is None else found.next,
        late=slot + LATE_MS if waits and slot is not None else None,
        missed=0 if found is None else found.missed,
        slot=None if schedule is None else replays.last_slot(connection, job_of(name, schedule)),
        unmet=_unmet(connection, name, last),
    )
