"""`export`: rows for a spreadsheet, a notebook or another database."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Literal

import typer

from cascadewatch.cli.actor import noted
from cascadewatch.cli.clock import clock
from cascadewatch.cli.opening import opened
from cascadewatch.cli.options import Config, Db, From, Json, To
from cascadewatch.cli.output import answer, say
from cascadewatch.cli.progress import Progress, progress_bar
from cascadewatch.cli.unseen import say_if_unseen
from cascadewatch.errors import UsageError
from cascadewatch.private import for_owner

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cascadewatch.store.reads.exports import Export, Range

STDOUT = Path("-")
DAY_MS = 86_400_000
NANO = 1_000_000_000
What = Annotated[
    str,
    typer.Option(
        "--what",
        metavar="ROWS",
        help="events, attempts, labels, rollups[.day|.quarter|.minute], tiers[.day|.quarter|.minute],"
        " quality, callers, episodes, annotations or reports.",
    ),
]
Output = Annotated[Path, typer.Option("--output", metavar="FILE", help="Where to; left out or -: stdout.")]
Form = Annotated[
    Literal["csv", "parquet"] | None,
    typer.Option("--format", help="Left out: parquet for a .parquet file, else csv."),
]


def export(  # noqa: PLR0913 - one for each option
    *,
    what: What,
    output: Output = STDOUT,
    form: Form = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="LENGTH", help="From now back, such as 7d.")
    ] = None,
    start: From = None,
    end: To = None,
    cascade: Annotated[str | None, typer.Option("--cascade", help="Only this cascade.")] = None,
    config: Config = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Write rows as CSV or Parquet.

    Without a range, all that is held. In CSV a text that a spreadsheet would take for a formula gets a
    leading apostrophe; Parquet keeps texts as they came. Prompts and answers are never exported.

    \b
    Examples:
      cascadewatch export --what events --since 30d --output events.parquet
      cascadewatch export --what rollups.quarter --cascade support > support.csv
    """
    chosen, parquet = _chosen(what), (form or _form_of(output)) == "parquet"
    place = _insist_on_a_place(output, parquet, as_json)
    with opened(config, db) as (settings, store):
        say_if_unseen(settings, store, cascade)
        which = _range(since, start, end, cascade, settings.timezone)
        with _sink(output) as out, store.reading() as connection, progress_bar() as progress:
            written = _write(connection, chosen, which, out, parquet, progress)
        noted(store, "export", what, rows=written, cascade=cascade, to=place)
    if output != STDOUT:
        form = "parquet" if parquet else "csv"
        document = {"what": what, "rows": written, "file": place, "format": form}
        answer(document, as_json, lambda: f"{written:,} rows of {what} in {place}")


def _chosen(what: str) -> "Export":
    from difflib import get_close_matches

    from cascadewatch.store.reads.exports import ALIASES, EXPORTS

    found = EXPORTS.get(ALIASES.get(what, what))
    if found is None:
        known = [*EXPORTS, *ALIASES]
        near = get_close_matches(what, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
        raise UsageError(f"--what is {what!r}; {hint}")
    return found


def _form_of(to: Path) -> str:
    return "parquet" if to.suffix.lower() in (".parquet", ".pq") else "csv"


def _insist_on_a_place(to: Path, parquet: bool, as_json: bool) -> str:
    """What the place is called. UsageError where nothing can be written."""
    if to != STDOUT:
        if not to.absolute().parent.is_dir():
            raise UsageError(f"the folder {to.absolute().parent} does not exist; create it first")
        return str(to)
    if as_json:
        raise UsageError("--json needs --output FILE: stdout is where the rows go")
    if parquet and sys.stdout.isatty():
        raise UsageError("Parquet is not for a terminal; name a file with --output, or send stdout elsewhere")
    return "stdout"


def _range(
    since: str | None, start: str | None, end: str | None, cascade: str | None, timezone: str
) -> "Range":
    from cascadewatch.cli.times import span
    from cascadewatch.store.reads.exports import Range

    now = clock()
    if since is start is end is None:
        return Range(0, now + DAY_MS, cascade)  # clocks of senders may be ahead
    if since is start is None:
        start = "1970-01-01T00:00:00Z"
    return Range(*span(since, start, end, now, timezone), cascade)


@contextmanager
def _sink(to: Path) -> Iterator[BinaryIO]:
    """Where bytes go: stdout, or a file that takes its name once it is whole."""
    if to == STDOUT:
        try:
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        except BrokenPipeError:  # such as `| head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            say("the reader of stdout has gone")
            raise typer.Exit(1) from None
        return
    unfinished = to.with_name(f".{to.name}.{os.getpid()}.partial")
    try:
        with open(unfinished, "wb", opener=for_owner) as file:
            yield file
        os.replace(unfinished, to)
    except OSError as error:
        raise UsageError(f"{to} cannot be written: {error.strerror}") from error
    finally:
        unfinished.unlink(missing_ok=True)


def _write(
    connection: "Connection", export: "Export", which: "Range", out: BinaryIO, parquet: bool,
    progress: Progress,
) -> int:  # fmt: skip
    from cascadewatch.store.reads.exports import count, rows

    total, written = count(connection, export, which), 0
    writer = _writer(export, out, parquet)
    shown = [_shown(column.kind, parquet) for column in export.columns]
    for some in rows(connection, export, which):
        writer.write(
            [[f(v) if f and v is not None else v for f, v in zip(shown, r, strict=True)] for r in some]
        )
        written += len(some)
        progress("rows", written, total)
    writer.close()
    return written


def _writer(export: "Export", out: BinaryIO, parquet: bool) -> Any:
    if parquet:
        from cascadewatch.parquet import ParquetWriter

        return ParquetWriter(out, [(column.name, column.kind) for column in export.columns])
    return _Csv(out, [column.name for column in export.columns])


class _Csv:
    """CSV in UTF-8 over bytes; the stream under it stays open."""

    def __init__(self, out: BinaryIO, head: Sequence[str]) -> None:
        from io import TextIOWrapper

        from cascadewatch.spreadsheet import CsvWriter

        self._text = TextIOWrapper(out, encoding="utf-8", newline="", write_through=False)
        self._rows = CsvWriter(self._text)
        self._rows.write([head])

    def write(self, rows: Sequence[Sequence[Any]]) -> None:
        self._rows.write(rows)

    def close(self) -> None:
        self._text.flush()
        self._text.detach()


def _shown(kind: str, parquet: bool) -> Callable[[Any], Any] | None:
    """How a stored value is written; None: as it is."""
    from cascadewatch.moments import rfc3339

    if kind == "usd":
        return lambda nanos: nanos / NANO
    if kind == "flag":
        return bool if parquet else lambda value: "true" if value else "false"
    return rfc3339 if kind == "time" and not parquet else None
