"""What is said of the disk that a SQLite database lies on: once when it fills up, once when it is full, and
once when there is room again."""

from collections.abc import Sequence

from sqlalchemy import Connection

from alerts import once
from alerts.message import Message
from alerts.once import News
from alerts.telling import channels_of
from cascadewatch.settings import Settings
from cascadewatch.store import leases, outbox
from cascadewatch.store.disk import Disk, Level, look, news
from cascadewatch.store.engine import Store
from cascadewatch.store.outbox import Waiting

TOLD = "disk_told"  # in `meta`
LEVELS: tuple[Level, ...] = ("ok", "warning", "full")


def run(store: Store, settings: Settings, now: int, lease: leases.Lease | None) -> str:
    """Looks at the disk and puts news of it into the outbox."""
    disk = look(store.path, settings.disk)
    with store.reading() as connection:
        told = _told(connection)
    heard = news(told, disk, settings.disk)
    if heard is None:
        return disk.sentence(settings.disk) or disk.level
    names = channels_of((), "page" if "full" in (told, heard) else "ticket", settings)
    step = len(LEVELS) * LEVELS.index(told) + LEVELS.index(heard)
    said = once.tell(store, News(TOLD, heard, outbox.DISK, step, names), now, lease)
    return f"{heard}: {said}"


def _told(connection: Connection) -> Level:
    found = once.last(connection, TOLD)
    return next((level for level in LEVELS if level == found), "ok")


def words(rows: Sequence[Waiting], store: Store, settings: Settings) -> Message:
    """What these rows say, by the last of them and the disk as it is now."""
    before, after = divmod(rows[-1].delivery.transition, len(LEVELS))
    disk = look(store.path, settings.disk)
    subject, lines = _said(LEVELS[before], LEVELS[after], disk, settings)
    return Message("", "notice", subject, f"{settings.public_url}/sources", lines=lines)


def _said(before: Level, after: Level, disk: Disk, settings: Settings) -> tuple[str, tuple[str, ...]]:
    full = "" if disk.percent is None else f"{disk.percent:.0f} % full"
    state = disk.sentence(settings.disk) or f"the disk of the database is {full}"
    lines = [f"{state[0].upper()}{state[1:]}."]
    if after == "ok" or before == "full":
        if before == "full":
            lines.insert(
                0, "Events are taken again. Senders that kept what was refused send it by themselves."
            )
        return f"Disk of the database: room again, {full}", tuple(lines)
    lines.append(
        "Make room on it, or keep less ([retention]) and run `cascadewatch db prune --shrink`, or move the"
        " database."
    )
    return f"Disk of the database: {full}" + (", events are refused" if after == "full" else ""), tuple(lines)
