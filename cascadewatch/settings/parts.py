"""What the tables of replays name has to be there: tables of its own, and files."""

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple, Protocol

from cascadewatch.settings.replaying import GRADER_KEYS, GRADER_NEEDS, Grader, Model, Replay, Verifier

FILES = {"eval_set", "file", "prompt_file"}
READY = GRADER_KEYS.keys() - GRADER_NEEDS.keys()  # graders that a replay may name without a table


class Parts(Protocol):
    """The tables of the settings that name one another."""

    @property
    def replay(self) -> Mapping[str, Replay]: ...
    @property
    def model(self) -> Mapping[str, Model]: ...
    @property
    def verifier(self) -> Mapping[str, Verifier]: ...
    @property
    def grader(self) -> Mapping[str, Grader]: ...


class Missing(NamedTuple):
    """A name of nothing: where it stands in the settings, and what to say of it."""

    place: tuple[str, str, str]
    said: str


def missing_parts(parts: Parts) -> Iterator[Missing]:
    """Each target, verifier, grader and model that is named and is not there."""
    for name, replay in parts.replay.items():
        yield from _missing(("replay", name, "target"), replay.target, "model", parts.model)
        yield from _missing(("replay", name, "verifier"), replay.verifier, "verifier", parts.verifier)
        if replay.grader not in READY:
            yield from _missing(("replay", name, "grader"), replay.grader, "grader", parts.grader)
    for name, verifier in parts.verifier.items():
        yield from _missing(("verifier", name, "model"), verifier.model, "model", parts.model)
    for name, grader in parts.grader.items():
        yield from _missing(("grader", name, "model"), grader.model, "model", parts.model)


def missing_files(parts: Parts) -> Iterator[Missing]:
    """Each file of a replay, verifier or grader that is not there now. It may come before the first slot, so
    this is a warning and no mistake."""
    for kind, tables in (
        ("replay", parts.replay),
        ("verifier", parts.verifier),
        ("grader", parts.grader),
    ):
        for name, table in tables.items():
            for key in FILES & type(table).model_fields.keys():
                file = getattr(table, key)
                if file is not None and not Path(file).is_file():
                    yield Missing((kind, name, key), f"{file} is not there")


def _missing(
    place: tuple[str, str, str], named: str | None, table: str, known: Collection[str]
) -> Iterator[Missing]:
    if named is None or named in known:
        return
    nearest = get_close_matches(named, known, n=1)
    hint = f"did you mean {nearest[0]}?" if nearest else f"known here: {', '.join(known) or 'none so far'}"
    yield Missing(place, f"names {named}, but there is no [{table}.{named}]; {hint}")
