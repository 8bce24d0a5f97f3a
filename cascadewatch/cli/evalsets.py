"""`evalset` and `plan`: what a set of cases holds, can see and says, before anything is asked or paid."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cascadewatch.cli.clock import clock
from cascadewatch.cli.options import Config, Db, Json
from cascadewatch.cli.output import answer, shown, table
from cascadewatch.errors import UsageError

FLIPS = (0.02, 0.05, 0.10, 0.20)

File = Annotated[Path, typer.Argument(metavar="FILE", help="An eval set, JSONL, plain or gzip.")]


def check(file: File, config: Config = None, db: Db = None, as_json: Json = False) -> None:
    """Say what an eval set holds, or which lines are wrong.

    \b
    Examples:
      cascadewatch evalset check evals/faq.jsonl
    """
    from cascadewatch.replay.evalset import load

    found = load(file).statement()
    answer(found, as_json, lambda: _stated(found))


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
    rows = _rows(_sizes(cases, key), FLIPS if flips is None else (flips,), repeats)
    document = {"eval_set": cases.name, "hash": cases.hash, "repeats": repeats, "rows": rows}
    answer(document, as_json, lambda: _seen(rows))


def bring_in(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file with a head line.")],
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="The eval set to write.")],
    columns: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="KEY=COLUMN", help="Which column holds id, prompt, … (repeat)."),
    ] = None,
    config: Config = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Make an eval set of a CSV file.

    Keys: id, prompt, reference, control, and answers.KEY.text, .correct, .score, .model, .cost_usd. Columns
    of these names need no --map.

    \b
    Examples:
      cascadewatch evalset import faq.csv --to evals/faq.jsonl --map prompt=question --map reference=answer
    """
    from cascadewatch.replay.evalset import load
    from cascadewatch.replay.importing import from_csv

    given = dict(_pair(text) for text in columns or [])
    from_csv(file, to, given)
    found = load(to).statement()
    answer(found, as_json, lambda: f"{to}\n{_stated(found)}")


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


def _sizes(cases: Any, key: str | None) -> dict[str, int]:
    """Cases of each rate: all, and where answers are labelled the wrong and the right ones."""
    if key is None:
        return {"accuracy": len(cases.cases)}
    answers = [case.answers[key] for case in cases.answered(key)]
    if not answers:
        raise UsageError(f'no case has an answer "{key}"; answers there: {", ".join(cases.keys()) or "none"}')
    return {
        "accuracy": len(answers),
        "false_accept": sum(a.correct is False for a in answers),
        "false_escalate": sum(a.correct is True for a in answers),
    }


def _rows(sizes: dict[str, int], shares: tuple[float, ...], repeats: int) -> list[dict[str, Any]]:
    """The smallest change of each rate, for each share of flips."""
    from cascadewatch.drift.mde import smallest_change

    return [
        {
            "rate": name,
            "cases": n,
            "flips": share,
            "by_hand": smallest_change(n, share, repeats),
            "on_schedule": smallest_change(n, share, repeats, alpha=0.01),
        }
        for name, n in sizes.items()
        for share in shares
    ]


def _pair(text: str) -> tuple[str, str]:
    key, equals, column = text.partition("=")
    if not equals or not key or not column:
        raise UsageError(f"--map {shown(text)}: write KEY=COLUMN, such as prompt=question")
    return key, column


def _stated(found: dict[str, Any]) -> str:
    controls = found["controls"]
    planted = f"{controls['right']} right, {controls['wrong']} wrong"
    lines = [
        f"{shown(found['name'])}: {found['cases']:,} cases, version {found['hash']}",
        f"with a reference: {found['with_reference']:,}; planted controls: {planted}",
    ]
    lines += [
        f"answers {shown(key)}: {held['cases']:,}, {held['right']:,} right, {held['wrong']:,} wrong,"
        f" {held['scored']:,} with a score"
        for key, held in found["answers"].items()
    ]
    return "\n".join(lines)


def _seen(rows: list[dict[str, Any]]) -> str:
    def points(share: float | None) -> str:
        return "nothing" if share is None else f"{share * 100:.1f} points"

    cells = [
        [r["rate"], f"{r['cases']:,}", f"{r['flips']:.0%}", points(r["by_hand"]), points(r["on_schedule"])]
        for r in rows
    ]
    head = ["rate", "cases", "flips", "seen by hand", "seen on a schedule"]
    return table(head, cells, frozenset({1, 2, 3, 4}))
