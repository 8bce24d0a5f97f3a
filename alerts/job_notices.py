"""What is said when a job that nobody looks at fails: once, and once when it works again."""

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from alerts import once
from alerts.message import Message
from alerts.once import News
from alerts.telling import channels_of
from cascadewatch.replay.planned import job_of
from cascadewatch.settings import Settings
from cascadewatch.store import leases, outbox
from cascadewatch.store.engine import Store
from cascadewatch.store.outbox import Waiting
from cascadewatch.store.tables import jobs

TOLD = "jobs_told"  # in `meta`
NIGHTLY = {"back-up": "The backup", "prune": "The deletion of what is too old"}
TRY = {
    "back-up": "It is tried again the next night; `cascadewatch backup` tries now.",
    "prune": "It is tried again the next night; `cascadewatch db prune` tries now.",
}
AGAIN = "It is tried again in its next slot; `cascadewatch replay` with its name tries now."


class Failed(NamedTuple):
    """The last run of a job, which failed: when it was due (epoch ms), and why."""

    job: str
    slot: int
    why: str


def run(store: Store, settings: Settings, now: int, lease: leases.Lease | None) -> str:
    """Puts into the outbox which jobs of the night fail, or work again, unless it was told."""
    with store.reading() as connection:
        failing = [one.job for one in _failing(connection, watched(settings))]
        told = _told(connection)
    if failing == told:
        return f"failing: {', '.join(failing)}" if failing else "nothing failed"
    names = channels_of((), "ticket", settings)
    if not names:
        return f"failing: {', '.join(failing)}, and no channel to tell"
    news = News(TOLD, json.dumps(failing), outbox.JOBS, len(failing), names)
    return once.tell(store, news, now, lease)


def watched(settings: Settings) -> dict[str, str]:
    """The jobs whose failure is told, by name, with what messages call them: the nightly ones and replays
    with a schedule."""
    planned = {name: table.schedule for name, table in settings.replay.items() if table.schedule is not None}
    return NIGHTLY | {job_of(name, schedule): f"The replay {name}" for name, schedule in planned.items()}


def _failing(connection: Connection, among: Iterable[str]) -> list[Failed]:
    """Those whose last finished run failed."""
    found = []
    for job in among:
        ended = select(jobs).where(jobs.c.job == job, jobs.c.finished.is_not(None))
        last = connection.execute(ended.order_by(jobs.c.slot.desc()).limit(1)).first()
        if last is not None and last.state == leases.FAILED:
            found.append(Failed(job, last.slot, last.message or "it gave no reason"))
    return found


def _told(connection: Connection) -> list[str]:
    found = once.last(connection, TOLD)
    return [] if found is None else list(json.loads(found))


def words(rows: Sequence[Waiting], store: Store, settings: Settings) -> Message | None:
    """The message about the jobs that fail now, or that all work again. None if they work again before
    anybody was told that they failed."""
    known = watched(settings)
    with store.reading() as connection:
        failing = _failing(connection, known)
    page = f"{settings.public_url}/sources"
    if not failing:
        if any(row.delivery.transition for row in rows):
            return None
        said = "The last backup, deletion of what is too old and run of each scheduled replay went well."
        return Message("", "notice", "What failed works again", page, lines=(said,))
    names = " and ".join(known[one.job] for one in failing)
    lines = [f"{known[one.job]} failed: {one.why.rstrip('.')}. {TRY.get(one.job, AGAIN)}" for one in failing]
    subject = f"{names[0]}{names[1:].replace('The', 'the')} failed"
    return Message("", "notice", subject, page, lines=tuple(lines))
