"""A file that only takes up room beside a SQLite database, so that alerts find some on a full disk.

The guard of disk.py refuses events long before, but another program may fill a disk to the last byte. The
first write that finds no room lets go of the ballast; events are still refused, so its room is for alerts
and for the deletion of old rows. A worker makes it, and makes it again once there is room.
"""

import logging
import os
from contextlib import suppress
from pathlib import Path

from cascadewatch.store.disk import MEBI, Level

log = logging.getLogger("cascadewatch.store")

SIZE_MIB = 16  # the write-ahead log between two checkpoints


def place(path: Path) -> Path:
    """Where the ballast of a database lies."""
    return path.with_name(f"{path.name}.ballast")


def is_there(path: Path | None) -> bool | None:
    """Whether there is ballast to let go of; None on Postgres, which has none."""
    return None if path is None else place(path).exists()


def let_go(path: Path | None) -> bool:
    """Gives the room back to the disk; False where that was done before."""
    if path is None:
        return False
    try:
        place(path).unlink()
    except OSError:
        return False
    log.warning("the disk is full: its ballast is let go", extra={"fields": {"mib": SIZE_MIB}})
    return True


def keep(path: Path | None, level: Level) -> None:
    """Makes the ballast where there is none and the disk has room for it."""
    if path is not None and level in ("ok", "warning") and not place(path).exists():
        with suppress(OSError):  # there is less room than it seemed; the next look tries again
            make(path)


def make(path: Path) -> None:
    """Takes the room up. OSError, and nothing taken, where there is not enough."""
    begun = place(path).with_suffix(".part")
    try:
        with os.fdopen(os.open(begun, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            for _ in range(SIZE_MIB):
                file.write(os.urandom(MEBI))  # zeros would take no room where disks compress
            file.flush()
            os.fsync(file.fileno())
        os.replace(begun, place(path))
    except OSError:
        begun.unlink(missing_ok=True)
        raise
