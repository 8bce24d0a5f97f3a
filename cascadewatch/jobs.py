"""What is done on a schedule; cascadewatch/worker.py says by whom."""

from cascadewatch import nightly, upkeep
from cascadewatch.job import Context, Job
from cascadewatch.store import leases

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
RUNS_KEPT = 1000  # of each job
# What the first two deleted is left to the prune; the third is called `hand-over` now.
FORMER = ("expire-waiting-labels", "trim-counters", "bury-deliveries")


def forget_runs(context: Context, _now: int) -> str:
    """Drops all but the latest runs of each job, and all of jobs that are no more."""
    with context.store.writing() as connection:
        return f"{leases.forget(connection, RUNS_KEPT, FORMER)} runs dropped"


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


def hand_over(context: Context, now: int) -> str:
    """Passes on what waits for channels that the settings do not have any more, or gives it up."""
    from alerts import handing_over

    return handing_over.run(context.store, context.settings, now)


JOBS = (
    Job("evaluate-rules", MINUTE_MS, evaluate_rules),
    Job("find-changes", 5 * MINUTE_MS, find_changes),
    Job("send-digest", 5 * MINUTE_MS, send_digest),
    Job("hand-over", 5 * MINUTE_MS, hand_over),
    Job("forget-runs", DAY_MS, forget_runs),
    Job("prune", DAY_MS, upkeep.prune, upkeep.slot),
    Job("back-up", DAY_MS, nightly.back_up, nightly.slot),
    Job("watch-disk", MINUTE_MS, upkeep.watch_disk),
    Job("watch-caps", 5 * MINUTE_MS, upkeep.watch_caps),
    Job("watch-jobs", 5 * MINUTE_MS, upkeep.watch_jobs),
)
