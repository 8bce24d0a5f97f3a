"""What is done on a schedule; cascadewatch/worker.py says by whom."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from typing import NamedTuple

from sqlalchemy import delete

from cascadewatch import nightly, upkeep
from cascadewatch.settings import Settings
from cascadewatch.store import channel_states, leases, outbox
from cascadewatch.store.deletions import drop_counters
from cascadewatch.store.engine import Store
from cascadewatch.store.labelling import WAITING_MS
from cascadewatch.store.tables import waiting_labels

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
RUNS_KEPT = 1000  # of each job


@dataclass(frozen=True, slots=True)
class Context:
    """What a job works with. `lease` is the one it runs under; None where nobody else can lead."""

    store: Store
    settings: Settings
    lease: leases.Lease | None = None
    stopping: Event = field(default_factory=Event)  # set when this process ends


class Job(NamedTuple):
    """A function that is run once in every slot of `every` milliseconds and says what it did. `slot` gives
    the one that is due where a schedule does, or None."""

    name: str
    every: int
    run: Callable[[Context, int], str]
    slot: Callable[[Context, int], int | None] | None = None


def expire_waiting_labels(context: Context, now: int) -> str:
    """Drops labels whose event did not come within seven days."""
    with context.store.writing() as connection:
        late = delete(waiting_labels).where(waiting_labels.c.received < now - WAITING_MS)
        return f"{connection.execute(late).rowcount} labels dropped"


def trim_counters(context: Context, now: int) -> str:
    """Drops ingest counters that are older than the rollups, and all but the latest runs of jobs."""
    oldest = now - context.settings.retention.rollup_days * DAY_MS
    with context.store.writing() as connection:
        counters = drop_counters(connection, oldest)["ingest_counters"]
        runs = leases.forget(connection, RUNS_KEPT)
        return f"{counters} counters and {runs} runs dropped"


def evaluate_rules(context: Context, now: int) -> str:
    """Looks with every rule at every scope, and puts what is to be said into the outbox."""
    from alerts import evaluate

    return evaluate.run(context.store, context.settings, now, context.lease)


def find_changes(context: Context, now: int) -> str:
    """Marks on the time line which models, verifiers, thresholds and prices the attempts show as new."""
    from alerts import changes

    return changes.run(context.store, context.settings, now)


def send_digest(context: Context, now: int) -> str:
    """Puts the daily or weekly summary into the outbox when it is due."""
    from alerts import digest

    return digest.run(context.store, context.settings, now, context.lease)


def bury_deliveries(context: Context, now: int) -> str:
    """Gives up what waits for channels that the settings do not have any more."""
    with context.store.writing() as connection:
        channel_states.forget(connection, context.settings.channel)
        return f"{outbox.bury_strangers(connection, context.settings.channel)} deliveries given up"


JOBS = (
    Job("evaluate-rules", MINUTE_MS, evaluate_rules),
    Job("find-changes", 5 * MINUTE_MS, find_changes),
    Job("send-digest", 5 * MINUTE_MS, send_digest),
    Job("bury-deliveries", 5 * MINUTE_MS, bury_deliveries),
    Job("expire-waiting-labels", HOUR_MS, expire_waiting_labels),
    Job("trim-counters", DAY_MS, trim_counters),
    Job("prune", DAY_MS, upkeep.prune, upkeep.slot),
    Job("back-up", DAY_MS, nightly.back_up, nightly.slot),
    Job("watch-disk", MINUTE_MS, upkeep.watch_disk),
    Job("watch-caps", 5 * MINUTE_MS, upkeep.watch_caps),
    Job("watch-jobs", 5 * MINUTE_MS, upkeep.watch_jobs),
)
