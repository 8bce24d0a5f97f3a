"""What is said when a job of the night fails, which nobody sees: once, and once when it works again."""

import json
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from alerts import once
from alerts.message import Message
from alerts.once import News
from alerts.telling import channels_of
from cascadewatch.settings import Settings
from cascadewatch.store import leases, outbox
from cascadewatch.store.engine import Store
from cascadewatch.store.outbox import Waiting
from cascadewatch.store.tables import jobs

TOLD = "jobs_told"  # in `meta`
WATCHED = {"back-up": "The backup", "prune": "The deletion of what is too old"}


class Failed(NamedTuple):
    """The last run of a job, which failed: when it was due (epoch ms), and why."""

    job: str
    slot: int
    why: str


def run(store: Store, settings: Settings, now: int, lease: leases.Lease | None) -> str:
    """Puts into the outbox which jobs of the night fail, or work again, unless it was told."""
    with store.reading() as connection:
        failing, told = [one.job for one in _failing(connection)], _told(connection)
    if failing == told:
        return f"failing: {', '.join(failing)}" if failing else "nothing failed"
    names = channels_of((), "ticket", settings)
    if not names:
        return f"failing: {', '.join(failing)}, and no channel to tell"
    news = News(TOLD, json.dumps(failing), outbox.JOBS, len(failing), names)
    return once.tell(store, news, now, lease)


def _failing(connection: Connection) -> list[Failed]:
    """Those whose last finished run failed."""
    found = []
    for job in WATCHED:
        ended = select(jobs).where(jobs.c.job == job, jobs.c.finished.is_not(None))
        last = connection.execute(ended.order_by(jobs.c.slot.desc()).limit(1)).first()
        if last is not None and last.state == leases.FAILED:
            found.append(Failed(job, last.slot, last.message or "it gave no reason"))
    return found


def _told(connection: Connection) -> list[str]:
    found = once.last(connection, TOLD)
    return [] if found is None else list(json.loads(found))


def words(rows: Sequence[Waiting], store: Store, settings: Settings) -> Message | None:
    """What fails now; None where it was mended before anybody could be told that it failed."""
    with store.reading() as connection:
        failing = _failing(connection)
    page = f"{settings.public_url.rstrip('/')}/sources"
    if not failing:
        if any(row.delivery.transition for row in rows):
            return None
        said = "The last backup and the last deletion of what is too old went well."
        return Message("", "notice", "The jobs of the night work again", page, lines=(said,))
    names = " and ".join(WATCHED[one.job] for one in failing)
    lines = [f"{WATCHED[one.job]} failed: {one.why.rstrip('.')}." for one in failing]
    lines.append(
        "It is tried again the next night; `cascadewatch backup` and `cascadewatch db prune` try now."
    )
    subject = f"{names[0]}{names[1:].replace('The', 'the')} failed"
    return Message("", "notice", subject, page, lines=tuple(lines))
