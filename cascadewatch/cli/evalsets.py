"""`evalset` and `plan`: what a set of cases holds, can see and says, before anything is asked or paid."""

from pathlib import Path
from typing import Annotated

import typer

from cascadewatch.cli.clock import clock
from cascadewatch.cli.evalset_words import FLIPS, rows_of, seen, sizes, stated
from cascadewatch.cli.options import Config, Db, Json
from cascadewatch.cli.output import answer

File = Annotated[Path, typer.Argument(metavar="FILE", help="An eval set, JSONL, plain or gzip.")]


def check(file: File, config: Config = None, db: Db = None, as_json: Json = False) -> None:
    """Say what an eval set holds, or which lines are wrong.

    \b
    Examples:
      cascadewatch evalset check evals/faq.jsonl
    """
    from cascadewatch.replay.evalset import load

    found = load(file).statement()
    answer(found, as_json, lambda: stated(found))


def mde(
    file: File,
    key: Annotated[
        str | None,
        typer.Option("--answers", help="The recorded answers that are judged; left out: all cases."),
    ] = None,
    flips: Annotated[
        float | None,
        typer.Option("--flips", min=0, max=1, help="Share of cases that flip between two identical runs."),
    ] = None,
    repeats: Annotated[int, typer.Option("--repeats", min=1, max=20, help="Answers per case.")] = 1,
    config: Config = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Say what size of change this set can see, four times in five.

    \b
    Examples:
      cascadewatch evalset mde evals/faq.jsonl
      cascadewatch evalset mde evals/faq.jsonl --answers cheap --flips 0.08
    """
    from cascadewatch.replay.evalset import load

    cases = load(file)
    rows = rows_of(sizes(cases, key), FLIPS if flips is None else (flips,), repeats)
    document = {"eval_set": cases.name, "hash": cases.hash, "repeats": repeats, "rows": rows}
    answer(document, as_json, lambda: seen(rows))


def plan(
    file: File,
    cheap: Annotated[
        str, typer.Option("--cheap", help="Key of the cheap tier's recorded answers.")
    ] = "cheap",
    flagship: Annotated[
        str, typer.Option("--flagship", help="Key of the flagship's recorded answers.")
    ] = "flagship",
    config: Config = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Say whether a cascade is worth it at all.

    From recorded answers of both tiers to the same cases.

    \b
    Examples:
      cascadewatch plan evals/faq.jsonl
    """
    from cascadewatch.pricing import PriceBook
    from cascadewatch.replay.evalset import load
    from cascadewatch.replay.worth import as_json as document_of
    from cascadewatch.replay.worth import worth
    from cascadewatch.settings import load as settings_of

    book = PriceBook(settings_of(config).price)
    found = worth(load(file), cheap, flagship, book, clock())
    answer(document_of(found), as_json, found.sentence)
