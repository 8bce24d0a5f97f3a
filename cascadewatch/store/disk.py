"""How full the disk is that a SQLite database lies on, and what follows from it.

    look(store.path, settings.disk)   Disk("warning", 81.2, 12_884_901_888)

Postgres looks after its own disk, which nobody can see from here.
"""

import shutil
from pathlib import Path
from typing import Literal, NamedTuple

from cascadewatch.settings.retention import Disk as Limits

Level = Literal["ok", "warning", "full", "unknown"]

MEBI = 2**20
LEAST_MIB = 200  # room for a write-ahead log and the next checkpoint, however large the disk
RETRY_S = 30
SLACK_PERCENT = 2.0  # a level is left this far below where it began, so that nobody hears of it by the minute


class Disk(NamedTuple):
    """`percent` is how much is used of what this user may use, `free` the bytes that are left; None where
    nobody can tell."""

    level: Level
    percent: float | None = None
    free: int | None = None
    trouble: str | None = None

    def sentence(self, limits: Limits) -> str | None:
        """What there is to say of it; None while all is well."""
        if self.trouble is not None:
            return self.trouble
        if self.percent is None or self.free is None or self.level not in ("warning", "full"):
            return None
        so_full = f"the disk of the database is {self.percent:.0f} % full, {size(self.free)} left"
        if self.level == "warning":
            return f"{so_full}; from {limits.refuse_percent} % on events are refused"
        least = (
            f"below {LEAST_MIB} MiB" if self.free < LEAST_MIB * MEBI else f"from {limits.refuse_percent} % on"
        )
        return f"{so_full}; {least} events are refused until there is room again"


def look(path: Path | None, limits: Limits) -> Disk:
    """The disk of the database file now; of None, which is Postgres, nothing is known."""
    if path is None:
        return Disk("unknown")
    try:
        usage = shutil.disk_usage(path.parent)
    except OSError as error:
        return Disk("unknown", trouble=f"the folder of the database cannot be read: {error.strerror}")
    usable = usage.used + usage.free  # without what is reserved for root
    percent = 100 * usage.used / usable if usable else 100.0
    return Disk(level(percent, usage.free, limits), percent, usage.free)


def disk_json(path: Path | None, limits: Limits) -> dict[str, str | float | int | None]:
    """The disk as `GET /v1/status` shows it."""
    disk = look(path, limits)
    used = None if disk.percent is None else round(disk.percent, 1)
    return {
        "level": disk.level, "used_percent": used, "free_bytes": disk.free, "note": disk.sentence(limits)
    }  # fmt: skip


def level(percent: float, free: int, limits: Limits) -> Level:
    """What a disk so full means.

    >>> [level(p, 10**12, Limits()) for p in (79.9, 80, 94.9, 95)], level(50, 10**6, Limits())
    (['ok', 'warning', 'warning', 'full'], 'full')
    """
    if free < LEAST_MIB * MEBI:
        return "full"
    if percent >= limits.refuse_percent and limits.refuse_percent < 100:
        return "full"
    return "warning" if percent >= limits.warn_percent else "ok"


def news(told: Level, disk: Disk, limits: Limits) -> Level | None:
    """The level people should hear of, when the last they heard of was `told`; None: nothing new.

    Worse is told at once; better once the disk is clearly below the limit.

    >>> news("ok", Disk("warning", 80.0, 10**12), Limits())
    'warning'
    >>> news("warning", Disk("ok", 79.5, 10**12), Limits())
    """
    order: tuple[Level, ...] = ("ok", "warning", "full")
    if disk.level not in order or disk.percent is None or disk.free is None or disk.level == told:
        return None
    if order.index(disk.level) > order.index(told):
        return disk.level
    clearly = level(disk.percent + SLACK_PERCENT, disk.free, limits)
    return clearly if order.index(clearly) < order.index(told) else None


def size(free: int) -> str:
    """Bytes for people.

    >>> size(300 * 2**20), size(5 * 2**30)
    ('300 MiB', '5.0 GiB')
    """
    return f"{free / MEBI:,.0f} MiB" if free < 1024 * MEBI else f"{free / 2**30:,.1f} GiB"
