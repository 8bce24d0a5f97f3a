"""`ingest`: events from files."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from cascadewatch.cli.clock import clock
from cascadewatch.cli.opening import opened, writing
from cascadewatch.cli.options import Config, Db, Json
from cascadewatch.cli.output import answer, say, shown
from cascadewatch.errors import UsageError

if TYPE_CHECKING:
    from cascadewatch.settings import Settings
    from cascadewatch.store.engine import Store
    from cascadewatch.store.writes import Writer
    from collectors.files import FileReceipt, Job, Progress
    from collectors.formats import Options

DAY_MS = 86_400_000
SHOWN = 5  # refusals named on stderr; all of them are in the JSON and in FILE.rejected.jsonl

Columns = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="COLUMN=PATH", help="Field that a CSV column holds; repeatable."),
]
Constants = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help="Field that no column of a CSV (or call of LiteLLM) holds; repeatable.",
    ),
]


def ingest(  # noqa: PLR0913 - one for each option
    *,
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help='Files, also .gz; "-" is stdin.')],
    form: Annotated[
        str, typer.Option("--format", help="events, csv, cascadeflow, litellm; auto tells by the first line.")
    ] = "auto",
    columns: Columns = None,
    constants: Constants = None,
    source: Annotated[str, typer.Option(help="Name of the sender the events are kept under.")] = "local",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and check only; write nothing.")] = False,
    config: Config = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Read events from files and print the counters as JSON.

    An event that is there already counts as a duplicate, so a file can be sent again. What is
    refused goes to FILE.rejected.jsonl with the reason. Exit code 0: all accepted or duplicate,
    1: something was rejected or in conflict, 2: a file could not be read.

    \b
    Examples:
      cascadewatch ingest log.jsonl
      cascadewatch ingest requests.csv --map model=attempts.0.model --set cascade=support
      zcat old.jsonl.gz | cascadewatch ingest - --dry-run
    """
    _ = as_json  # the counters are JSON either way
    _collect_rarely()
    mapping, fixed = _pairs("--map", columns), _pairs("--set", constants)
    if dry_run:
        from cascadewatch.settings import load

        settings = load(config, database_url=db)
        results = _read(files, _job(settings, form, source, _options(settings, mapping, fixed), None))
    else:
        with opened(config, db) as (settings, store), writing(settings, store) as writer:
            _tell_of_another_key(settings, store)
            _insist_on_room(settings, store)
            results = _read(files, _job(settings, form, source, _options(settings, mapping, fixed), writer))
    raise typer.Exit(_told(results))


def _insist_on_room(settings: "Settings", store: "Store") -> None:
    from cascadewatch.errors import FullError
    from cascadewatch.store.disk import look

    disk = look(store.path, settings.disk)
    if disk.level == "full":
        raise FullError(str(disk.sentence(settings.disk)))


def _pairs(option: str, given: Sequence[str] | None) -> dict[str, str]:
    """`NAME=VALUE` as often as given. UsageError for one without `=` or a name given twice."""
    pairs: dict[str, str] = {}
    for text in given or ():
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(f"{option} {text!r} needs the form NAME=VALUE")
        if name in pairs:
            raise UsageError(f"{option} names {name!r} twice")
        pairs[name] = value
    return pairs


def _options(settings: "Settings", mapping: dict[str, str], constants: dict[str, str]) -> "Options":
    from cascadewatch.pricing import PriceBook
    from collectors.formats import Options

    return Options(mapping, constants, PriceBook(settings.price))


def _job(settings: "Settings", form: str, source: str, options: "Options", writer: "Writer | None") -> "Job":
    from collectors.files import Job

    now = clock()
    oldest = max(0, now - settings.retention.rollup_days * DAY_MS)
    return Job(writer, now, oldest, form, source, options)


def _tell_of_another_key(settings: "Settings", store: "Store") -> None:
    from cascadewatch.store import caller_keys

    said = caller_keys.changed(settings, store, clock())
    if said is not None:
        say(said)


def _read(files: list[str], job: "Job") -> "list[FileReceipt]":
    from collectors.files import ingest as ingest_files

    _collect_rarely()  # more so than every writer does
    with _progress_bar() as progress:
        return ingest_files(files, job, progress)


def _collect_rarely() -> None:
    """A batch is 200,000 objects without cycles, gone before the next; modules stay."""
    import gc

    gc.set_threshold(500_000, 20, 1_000)


@contextmanager
def _progress_bar() -> "Iterator[Progress | None]":
    """What to tell how far reading is; None where nobody is looking."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _told(results: "list[FileReceipt]") -> int:
    """Prints the counters, and beside them what a person should know; gives the exit code."""
    from collectors.files import exit_code, totals

    document = totals(results)
    for each in results:
        for notice in each.notices:
            say(f"{shown(each.path)}: {shown(notice)}")
        if each.failure:
            say(shown(each.failure))
        if each.rejected_path:
            say(f"{shown(each.path)}: what was refused is in {shown(each.rejected_path)}")
    for error in document["errors"][:SHOWN]:
        field = f"{error['field']}: " if error["field"] else ""
        say(shown(f"{error['file']}, line {error['line']}: {field}{error['reason']}"))
    if (more := document["rejected"] + document["conflict"] - SHOWN) > 0:
        say(f"and {more:,} more")
    answer(document, True, str)
    return exit_code(results)
