"""`evalset import` and `evalset from-events`: eval sets made of files and of production."""

import json
import re
from collections.abc import Collection, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cascadewatch.cli.clock import clock
from cascadewatch.cli.evalset_words import FLIPS, rows_of, seen, sizes, stated
from cascadewatch.cli.opening import opened
from cascadewatch.cli.options import Config, Db, Json
from cascadewatch.cli.output import answer, say, shown
from cascadewatch.errors import NotFoundError, UsageError
from cascadewatch.private import for_owner

if TYPE_CHECKING:
    from cascadewatch.replay.evalset import EvalSet
    from cascadewatch.replay.production import Collected, Wanted
    from cascadewatch.settings import Settings

FOLDER = Path("evals")
LONGEST = 200  # bytes of a file's name: most systems take 255
USUAL = FLIPS[2]  # share of cases that flip between identical runs, until it has been measured

Maps = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="KEY=PLACE", help="Which column, or path in JSON, holds a key (repeat)."),
]
To = Annotated[
    Path | None, typer.Option("--to", metavar="FILE", help="The eval set to write; else one in sets_dir.")
]
Since = Annotated[
    str | None, typer.Option("--since", metavar="LENGTH", help="From now back; left out: all that is held.")
]
Start = Annotated[
    str | None, typer.Option("--from", metavar="TIME", help="A date in the settings' zone, or RFC 3339.")
]
End = Annotated[
    str | None, typer.Option("--until", metavar="TIME", help="The same; left out: now. Not included.")
]
Most = Annotated[int, typer.Option("--n", min=1, max=100_000, help="Most cases; they are drawn.")]
Sources = Annotated[
    list[str] | None,
    typer.Option("--labels", metavar="SOURCE", help="Whose: human, executable (both), user, judge (repeat)."),
]
Selected = Annotated[
    bool, typer.Option("--selected", help="Take labels that are no random sample too, such as complaints.")
]


def bring_in(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV with a head line, or JSONL.")],
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="The eval set to write.")],
    places: Maps = None,
    config: Config = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Make an eval set of a CSV or JSONL file.

    Keys: id, prompt, messages (JSONL), reference, control, and answers.KEY.text, .correct, .score, .model,
    .cost_usd, .latency_ms. Columns of these names need no --map. In JSONL a place is a path into objects and
    lists, such as output.0.text.

    \b
    Examples:
      cascadewatch evalset import faq.csv --to evals/faq.jsonl --map prompt=question --map reference=answer
      cascadewatch evalset import log.jsonl --to evals/log.jsonl --map prompt=request.input
    """
    from cascadewatch.replay.evalset import load
    from cascadewatch.replay.importing import from_file

    from_file(file, to, dict(_pair(text) for text in places or []))
    found = load(to).statement()
    answer(found, as_json, lambda: f"{shown(str(to))}\n{stated(found)}")


def from_events(  # noqa: PLR0913 - one for each option
    cascade: Annotated[str, typer.Argument(metavar="CASCADE", help="Whose events.")],
    to: To = None,
    *,
    since: Since = None,
    start: Start = None,
    end: End = None,
    route: Annotated[str | None, typer.Option("--route", help="Only this route.")] = None,
    n: Most = 500,
    seed: Annotated[int, typer.Option("--seed", help="Another number draws other cases.")] = 0,
    sources: Sources = None,
    selected: Selected = False,
    config: Config = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Make an eval set of labelled live events.

    Of those whose texts are stored, which needs `store_text = true` for the cascade; the file then holds
    prompts and answers of your users. Says what was left out and why, and what the set can see.

    \b
    Examples:
      cascadewatch evalset from-events support --since 30d
      cascadewatch evalset from-events support --route faq --n 300 --to evals/faq.jsonl
    """
    from cascadewatch.replay.production import SOURCES, Wanted

    wanted = Wanted(n, seed, _sources(sources) or SOURCES, selected)
    with opened(config, db) as (settings, store):
        span = _span(since, start, end, settings)
        with store.reading() as connection:
            found = _collected(connection, settings, (cascade, route), span, wanted)
        to = to or _place(settings, cascade)
    _write(to, found.cases)
    document = _document(to, found, seed)
    answer(document, as_json, lambda: _told(document, found))
    if found.is_uneven:
        say("Its labels were drawn with different probabilities: it is not the mix of your traffic.")


def _collected(
    connection: Any, settings: "Settings", of: tuple[str, str | None], span: tuple[int, int],
    wanted: "Wanted",
) -> "Collected":  # fmt: skip
    """The cases. UsageError, with the way out, where there are none."""
    from cascadewatch.replay.production import collected
    from cascadewatch.store.reads import known
    from cascadewatch.store.reads.labelled import Where

    cascade, route = of
    cascades = known(connection, settings).cascades
    if cascade not in cascades:
        names = ", ".join(map(shown, cascades)) or "none so far"
        raise NotFoundError(f"there are no events of a cascade {shown(cascade)!r}; known here: {names}")
    found = collected(connection, Where(cascade, *span, route), cascades[cascade].order, wanted)
    if not found.cases:
        raise UsageError(_nothing(found, cascade, settings))
    return found


def _nothing(found: "Collected", cascade: str, settings: "Settings") -> str:
    """Why there is not a single case, and what to do."""
    table = settings.cascade.get(cascade)
    if not found.with_text and (table is None or not table.store_text):
        return (
            f"the cascade {cascade!r} does not store texts, so its events cannot become cases; say"
            f" `store_text = true` under [cascade.{cascade}] and let some come in, or export prompts and"
            " answers from your own logs and use `cascadewatch evalset import`"
        )
    if not found.events:
        return f"there are no live events of {cascade!r} in this range; look further back with --since"
    return f"none of {found.events:,} events can become a case:\n{_left_out(found)}"


def _left_out(found: "Collected") -> str:
    from cascadewatch.replay.production import LEFT_OUT

    return "\n".join(f"  {n:>9,} {LEFT_OUT[why]}" for why, n in found.left_out.items())


def _document(to: Path, found: "Collected", seed: int) -> dict[str, Any]:
    from cascadewatch.replay.evalset import load

    cases = load(to)
    return {
        "file": str(to),
        "eval_set": cases.statement(),
        "events": found.events,
        "left_out": dict(found.left_out),
        "probabilities": found.probabilities,
        "seed": seed,
        "mde": rows_of(sizes(cases, _judged(cases)), FLIPS),
    }


def _told(document: dict[str, Any], found: "Collected") -> str:
    rows = [row for row in document["mde"] if row["flips"] == USUAL]
    left = f"\n\nLeft out of {found.events:,} live events:\n{_left_out(found)}" if found.left_out else ""
    return f"{shown(document['file'])}\n{stated(document['eval_set'])}{left}\n\n{seen(rows)}"


def _judged(cases: "EvalSet") -> str | None:
    """The answers that a verifier check would look at."""
    from cascadewatch.replay.production import CHEAP

    return CHEAP if cases.answered(CHEAP) else None


def _span(since: str | None, start: str | None, end: str | None, settings: "Settings") -> tuple[int, int]:
    from cascadewatch.cli.times import moment, span

    last = clock() if end is None else moment("--until", end, settings.timezone)
    if since is None and start is None:
        return 0, last
    return span(since, start, None, last, settings.timezone, to="--until")


def _sources(given: Sequence[str] | None) -> Collection[str]:
    from cascadewatch.model import LABEL_PRECEDENCE

    for source in given or ():
        if source not in LABEL_PRECEDENCE:
            raise UsageError(f"--labels {shown(source)}: known are {', '.join(LABEL_PRECEDENCE)}")
    return tuple(given or ())


def _place(settings: "Settings", cascade: str) -> Path:
    """A file in the folder of eval sets, named after the cascade. What no file can be called is replaced, and
    then a few digits of the real name's hash keep a/b and a-b apart."""
    name = re.sub(r"[^\w-]+", "-", cascade).encode()[:LONGEST].decode(errors="ignore")
    if name != cascade:
        name += f"-{sha256(cascade.encode()).hexdigest()[:8]}"
    return (settings.replays.sets_dir or FOLDER) / f"{name}.jsonl"


def _write(to: Path, cases: Sequence[dict[str, Any]]) -> None:
    """For its owner's eyes alone: there are users' words in it."""
    lines = "".join(json.dumps(case, ensure_ascii=False) + "\n" for case in cases)
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        with open(to, "w", encoding="utf-8", opener=for_owner) as file:
            file.write(lines)
    except OSError as error:
        raise UsageError(f"{to} cannot be written: {error.strerror}; name another file with --to") from None


def _pair(text: str) -> tuple[str, str]:
    key, equals, place = text.partition("=")
    if not equals or not key or not place:
        raise UsageError(f"--map {shown(text)}: write KEY=PLACE, such as prompt=question")
    return key, place
