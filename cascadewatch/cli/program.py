"""The tree of commands. Everything heavy is imported by the command that needs it."""

from typing import Annotated

import typer

from cascadewatch import __version__
from cascadewatch.cli import database, demo, ingest, keys, lookups, marks, processes, report, start

program = typer.Typer(
    name="cascadewatch", no_args_is_help=True, add_completion=False, rich_markup_mode=None,
    pretty_exceptions_enable=False,
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

    Exit codes: 0 done, 1 done and something is wrong, 2 could not be done.
    """


for command in (
    start.init, demo.demo, processes.up, processes.serve, processes.worker, processes.dashboard,
    ingest.ingest, report.report, marks.annotate, database.verify,
):  # fmt: skip
    program.command()(command)

_keys = _group("keys", "Who may send, read or act.")
_keys.command("create")(keys.create)
_keys.command("list")(keys.list_keys)
_keys.command("revoke")(keys.revoke)
_group("events", "Single events.").command("show")(lookups.show_event)
_group("callers", "Who is sending.").command("find")(lookups.find_caller)
_group("quarantine", "Events in conflict with earlier ones.").command("list")(lookups.list_quarantine)
_db = _group("db", "The database itself.")
_db.command("upgrade")(database.upgrade)
_db.command("rebuild")(database.rebuild)
