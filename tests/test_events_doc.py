"""docs/events.md: every field is there, and its examples are what the code does."""

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from cascadewatch.model import (
    CAUSES,
    Attempt,
    Event,
    Fingerprints,
    Kind,
    Label,
    LabelSource,
    Mechanism,
    Outcome,
    Status,
    Text,
    TierOrder,
    Usage,
    Verdict,
    derive,
)
from collectors.decode import decode_event

DOC = (Path(__file__).parents[1] / "docs" / "events.md").read_text()
NOW = 1_795_262_400_000
ORDER = TierOrder(("small", "flagship"), "small", "flagship")


def section(title: str) -> str:
    (found,) = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", DOC, re.DOTALL | re.MULTILINE)
    return str(found)


@pytest.mark.parametrize(
    ("title", "struct", "prefix"),
    [
        ("Event", Event, ""),
        ("Attempt", Attempt, ""),
        ("Usage", Usage, ""),
        ("Verdict", Verdict, ""),
        ("Label", Label, ""),
        ("Text and fingerprints", Text, "text."),
        ("Text and fingerprints", Fingerprints, "fingerprints."),
    ],
)
def test_every_field_has_a_row(title: str, struct: type[msgspec.Struct], prefix: str) -> None:
    rows = [line.split("|")[1] for line in section(title).splitlines() if line.startswith("|")]
    documented = set(re.findall(r"`([^`]+)`", " ".join(rows)))
    assert {prefix + name for name in struct.__struct_fields__} <= documented


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Attempt", get_args(Kind) + get_args(Status)),
        ("Verdict", get_args(Outcome) + get_args(Mechanism)),
        ("Label", get_args(LabelSource)),
        ("What an event means", CAUSES),
    ],
)
def test_every_word_a_field_may_have_is_named(title: str, words: tuple[str, ...]) -> None:
    assert [word for word in words if f"`{word}`" not in section(title)] == []


def test_the_example_is_taken() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", DOC, re.DOTALL)
    assert isinstance(decode_event(example.encode(), 0, NOW, 0), Event)


def examples() -> list[tuple[str, str, str, str]]:
    table = section("What an event means").split("| attempts | path |")[1]
    rows = [[c.strip() for c in line.strip("|").split("|")] for line in table.splitlines() if "`" in line[:4]]
    return [(r[0], r[1].strip("`"), r[2], r[3]) for r in rows]


def attempt(words: str) -> Attempt:
    tier, *rest = words.replace("(kind `cache`)", "").replace("`", "").replace("no verdict", "").split()
    status, *outcome = rest
    verdict = Verdict(outcome=outcome[0]) if outcome else None  # type: ignore[arg-type]
    kind: Kind = "cache" if tier == "cache" else "model"
    return Attempt(tier=tier, kind=kind, status=status, verdict=verdict)  # type: ignore[arg-type]


@pytest.mark.parametrize(("words", "path", "judged", "also"), examples())
def test_the_examples_mean_what_they_say(words: str, path: str, judged: str, also: str) -> None:
    attempts = [attempt(part) for part in words.split(",") if part.strip() != "no verdict"]
    event = msgspec.convert(
        {"id": "e", "time": "2026-11-20T12:00:00Z", "cascade": "c", "attempts": []}
        | {"attempts": [msgspec.to_builtins(a) for a in attempts]},
        Event,
    )
    facts = derive(event, ORDER)
    assert (facts.path, facts.judged) == (path, judged == "yes")
    assert facts.cause == (also.removeprefix("cause `").rstrip("`") if also.startswith("cause") else None)
    assert facts.exhausted == also.startswith("exhausted")
    assert facts.retries == int(also == "retries 1")
    assert facts.escalations == int(also == "escalations 1")


def test_the_table_of_examples_was_found() -> None:
    assert len(examples()) == 9
