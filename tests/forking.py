"""The one server that processes to be killed are forked from. It has imported what they run, so that each
starts at once; there is one in a process, and it keeps the first list it is given."""

from multiprocessing import get_context

CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(
    [
        "alerts.channels.email",
        "alerts.channels.webhook",
        "alembic.command",
        "cascadewatch.replay.targets.openai",
        "tests.alerts.delivering_process",
        "tests.replay.paid",
        "tests.store.ingesting",
        "tests.store.pruning",
    ]
)
