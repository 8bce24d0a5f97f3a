"""What is said when a job that nobody looks at fails: once, and once when it works again."""

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from alerts import once
from alerts.message import Message
from alerts.once import News
from alerts.telling import channels_of
from cascadewatch.replay.planned import job_of, was_left_out
from cascadewatch.settings import Settings
from cascadewatch.store import leases, outbox, replays
from cascadewatch.store.engine import Store
from cascadewatch.store.outbox import Waiting
from cascadewatch.store.replays import Slot
from cascadewatch.store.tables import jobs

TOLD = "jobs_told"  # in `meta`
KEPT = 20  # news that a channel may still have to hear of
LOOKED = 20  # slots of a job that are looked through for one in which it ran
TRY = {
    "back-up": "It is tried again the next night; `cascadewatch backup` tries now.",
    "prune": "It is tried again the next night; `cascadewatch db prune` tries now.",
}
AGAIN = "It is tried again in its next slot; `cascadewatch replay` with its name tries now."


class Watched(NamedTuple):
    """A job whose failure is told: what messages call it, under what its slots are claimed, and the replay it
    runs. Its slots begin anew with each change of a schedule; its name stays."""

    words: str
    job: str
    replay: str | None = None


class Told(NamedTuple):
    """What is remembered: which jobs were told to fail, and the newest news by number, each with those that
    failed and those that worked again."""

    failing: list[str]
    news: dict[int, tuple[list[str], list[str]]]

    def of(self, row: Waiting) -> tuple[list[str], list[str]]:
        """The news that a row is about; all that fail where these are remembered no more."""
        return self.news.get(row.delivery.transition, (self.failing, []))

    def heard(self, failed: list[str], works: list[str], known: Iterable[str]) -> tuple[int, str]:
        """The number of further news, and what is remembered with them."""
        number = max(self.news, default=0) + 1
        failing = [name for name in self.failing if name not in works and name in known] + failed
        kept = dict(sorted((self.news | {number: (failed, works)}).items())[-KEPT:])
        return number, json.dumps({"failing": failing, "news": kept})


def run(store: Store, settings: Settings, now: int, lease: leases.Lease | None) -> str:
    """Puts into the outbox which jobs of the night fail that did not, and which of those told work again."""
    known = watched(settings)
    with store.reading() as connection:
        last, told = _ended(connection, known), _told(connection)
    failing = [name for name in known if last[name].state == leases.FAILED]
    failed = [name for name in failing if name not in told.failing]
    works = [name for name in told.failing if name in known and last[name].state == leases.DONE]
    said = f"failing: {', '.join(failing)}" if failing else "nothing failed"
    if not failed and not works:
        return said
    names = channels_of((), "ticket", settings)
    if not names:
        return f"{said}, and no channel to tell"
    number, value = told.heard(failed, works, known)
    return once.tell(store, News(TOLD, value, outbox.JOBS, number, names), now, lease)


def watched(settings: Settings) -> dict[str, Watched]:
    """The jobs whose failure is told, by name: the nightly ones and replays with a schedule."""
    found = {
        "back-up": Watched("The backup", "back-up"),
        "prune": Watched("The deletion of what is too old", "prune"),
    }
    for name, table in settings.replay.items():
        if table.schedule is not None:
            found[f"replay {name}"] = Watched(f"The replay {name}", job_of(name, table.schedule), name)
    return found


def _ended(connection: Connection, known: dict[str, Watched]) -> dict[str, Slot]:
    """The last slot of each job in which it ran to an end, with an empty state where there is none."""
    return {name: _last(connection, one) or Slot(0, "", None) for name, one in known.items()}


def _last(connection: Connection, one: Watched) -> Slot | None:
    ended = (jobs.c.job == one.job, jobs.c.finished.is_not(None))
    newest = select(jobs.c.slot, jobs.c.state, jobs.c.message).where(*ended).order_by(jobs.c.slot.desc())
    for slot in (Slot(*row) for row in connection.execute(newest.limit(LOOKED))):
        goes_on = slot.message == leases.LOST and _is_left(connection, one.replay)
        if not was_left_out(slot) and not goes_on:
            return slot
    return None


def _is_left(connection: Connection, replay: str | None) -> bool:
    """Whether a run of a replay has not ended: the next worker goes on with it, and notes how it ends."""
    latest = None if replay is None else replays.latest(connection, replay)
    return latest is not None and latest.finished is None


def _told(connection: Connection) -> Told:
    found = json.loads(once.last(connection, TOLD) or "{}")
    if isinstance(found, list):  # as earlier versions kept it: the names of jobs, with their schedules
        failing = [name.partition(" at ")[0] for name in found]
        return Told(failing, {len(failing): (failing, [])})  # how many failed was the number of their news
    news = {int(number): (one[0], one[1]) for number, one in found.get("news", {}).items()}
    return Told(found.get("failing", []), news)


def words(rows: Sequence[Waiting], store: Store, settings: Settings) -> Message | None:
    """The message about the jobs that failed, or work again, by the news of these rows. What changed since is
    left out; None where nothing is left."""
    known = watched(settings)
    with store.reading() as connection:
        last, told = _ended(connection, known), _told(connection)
    news = [told.of(row) for row in rows]
    named = dict.fromkeys(name for one in news for names in one for name in names if name in known)
    failed = [name for name in named if last[name].state == leases.FAILED]
    works = [name for name in named if last[name].state == leases.DONE and _was_told(name, news)]
    if not failed and not works:
        return None
    lines = [_failed(known[name].words, name, last[name]) for name in failed]
    if works:
        lines.append(f"{_and(known, works)} {'work' if len(works) > 1 else 'works'} again.")
    subject = f"{_and(known, failed)} failed" if failed else lines[0].rstrip(".")
    return Message("", "notice", subject, f"{settings.public_url}/sources", lines=tuple(lines))


def _was_told(name: str, news: Sequence[tuple[list[str], list[str]]]) -> bool:
    """Whether those who read of it now read before that it failed."""
    first = next(one for one in news if name in one[0] or name in one[1])
    return name in first[1]


def _failed(called: str, name: str, slot: Slot) -> str:
    why = slot.message or "it gave no reason"
    return f"{called} failed: {why.rstrip('.')}. {TRY.get(name, AGAIN)}"


def _and(known: dict[str, Watched], names: Sequence[str]) -> str:
    """Their names, as the start of a sentence."""
    said = " and ".join(known[name].words for name in names)
    return said[0] + said[1:].replace(" and The ", " and the ")
