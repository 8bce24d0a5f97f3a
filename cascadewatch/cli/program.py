"""The tree of commands. Everything heavy is imported by the command that needs it."""

from typing import Annotated

import typer

from cascadewatch import __version__
from cascadewatch.cli import (
    alerting,
    audit,
    backups,
    baselines,
    database,
    demo,
    evalset_making,
    evalsets,
    exports,
    ingest,
    keys,
    lookups,
    marks,
    processes,
    prune,
    replay,
    report,
    reprice,
    rules,
    silences,
    start,
    status,
)

program = typer.Typer(
    name="cascadewatch", no_args_is_help=True, add_completion=False, rich_markup_mode=None,
    pretty_exceptions_enable=False, context_settings={"help_option_names": ["-h", "--help"]},
)  # fmt: skip


def _group(name: str, help_text: str) -> typer.Typer:
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help=help_text)
    program.add_typer(group, name=name)
    return group


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"cascadewatch {__version__}")
        raise typer.Exit


@program.callback()
def about(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version.")
    ] = False,
) -> None:
    """Cost and drift of LLM cascades, measured where they run.

    Exit codes: 0 done, 1 done and something is wrong, 2 could not be done, 3 (replay and verifier)
    inconclusive.
    """


for command in (
    start.init, demo.demo, processes.up, processes.serve, processes.worker, processes.dashboard,
    ingest.ingest, report.report, status.status, marks.annotate, rules.check, replay.replay, replay.verifier,
    evalsets.plan, reprice.reprice, audit.audit, database.verify, backups.backup, backups.restore,
    exports.export,
):  # fmt: skip
    program.command()(command)

_evalset = _group("evalset", "Fixed cases whose right answers are known.")
_evalset.command("check")(evalsets.check)
_evalset.command("mde")(evalsets.mde)
_evalset.command("import")(evalset_making.bring_in)
_evalset.command("from-events")(evalset_making.from_events)
_alerts = _group("alerts", "What fires, and who hears of it.")
_alerts.command("list")(alerting.list_alerts)
_alerts.command("ack")(alerting.acknowledge)
_alerts.command("silence")(silences.silence)
_alerts.command("silences")(silences.list_silences)
_alerts.command("unsilence")(silences.unsilence)
_alerts.command("test")(alerting.send_sample)
_rules = _group("rules", "What is watched.")
_rules.command("list")(rules.list_rules)
_rules.command("test")(rules.back_test)
_baseline = _group("baseline", "What counts as normal.")
_baseline.command("show")(baselines.show)
_baseline.command("pin")(baselines.pin)
_keys = _group("keys", "Who may send, read or act.")
_keys.command("create")(keys.create)
_keys.command("rotate")(keys.rotate)
_keys.command("list")(keys.list_keys)
_keys.command("revoke")(keys.revoke)
_group("events", "Single events.").command("show")(lookups.show_event)
_callers = _group("callers", "Who is sending.")
_callers.command("find")(lookups.find_caller)
_callers.command("forget")(lookups.forget_caller)
_quarantine = _group("quarantine", "Events in conflict with earlier ones.")
_quarantine.command("list")(lookups.list_quarantine)
_quarantine.command("accept")(lookups.accept_quarantined)
_db = _group("db", "The database itself.")
_db.command("upgrade")(database.upgrade)
_db.command("rebuild")(database.rebuild)
_db.command("prune")(prune.prune)
