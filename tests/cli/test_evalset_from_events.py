"""`evalset from-events`: from labelled requests of users to a set that can be replayed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run

Build = Callable[..., dict[str, Any]]
STORED = '[cascade.support]\ntiers = ["small", "flagship"]\nstore_text = true\n'
VERIFIER = """[verifier.votes]
kind = "recorded"
threshold = 0.5
[replay.votes]
cascade = "support"
eval_set = "evals/support.jsonl"
answers = "cheap"
verifier = "votes"
"""


def label(attempt: int, correct: bool, sampling: str = "random") -> dict[str, Any]:
    return {"attempt": attempt, "correct": correct, "source": "human", "sampling": sampling}


def ingested(run: Run, event: Build, config: str) -> None:
    """Forty labelled requests, one that somebody complained about, and one without a label."""
    Path("cascadewatch.toml").write_text(config)
    verdict = {"outcome": "reject", "mechanism": "tests", "score": 0.2, "threshold": 0.5}
    attempts = [
        {"tier": "small", "cost_usd": 0.001, "verdict": verdict},
        {"tier": "flagship", "cost_usd": 0.02},
    ]

    def one(number: int, *labels: dict[str, Any]) -> dict[str, Any]:
        text = {"prompt": f"Question {number}?", "answers": [f"No {number}", f"Yes {number}"]}
        return event(number, attempts=attempts, labels=list(labels), text=text)

    lines = [one(n, label(0, n % 4 == 0), label(1, True)) for n in range(40)]
    lines += [one(40, label(0, False, "selected")), one(41)]
    Path("log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert run("ingest", "log.jsonl").code == 0


def test_it_makes_a_set_and_says_what_it_left_out_and_what_it_can_see(run: Run, event: Build) -> None:
    ingested(run, event, STORED + VERIFIER)
    made = run("evalset", "from-events", "support", "--n", 30, "--json")
    assert made.code == 0, made.err
    found = made.json
    assert (found["file"], found["events"]) == ("evals/support.jsonl", 42)
    assert found["left_out"] == {"no_label": 1, "selected": 1, "not_drawn": 10}
    assert found["eval_set"]["cases"] == found["eval_set"]["with_reference"] == 30
    assert set(found["eval_set"]["answers"]) == {"cheap", "flagship"}
    assert {row["rate"] for row in found["mde"]} == {"accuracy", "false_accept", "false_escalate"}
    assert Path("evals/support.jsonl").stat().st_mode & 0o077 == 0, "users' words are nobody else's"
    assert run("evalset", "check", "evals/support.jsonl").code == 0

    said = run("evalset", "from-events", "support", "--since", "7d").out
    assert "Left out of 42 live events:" in said
    assert "1 with selected labels alone" in said
    assert "seen by hand" in said

    played = run("verifier", "votes")
    assert played.code == 3, "there is no baseline yet"
    assert "At today's traffic, " in played.out
    assert "wasted on false escalations" in played.out
    listed = run("replay", "--list", "--json").json
    assert [(one["replay"], one["state"], one["report"]["verdict"]) for one in listed] == [
        ("votes", "by hand", "inconclusive")
    ]
    assert listed[0]["report"]["time"].endswith("Z")
    assert "verifier check" in run("replay", "--list").out


def test_a_cascade_that_stores_no_text_hears_the_way_out(run: Run, event: Build) -> None:
    ingested(run, event, "")
    result = run("evalset", "from-events", "support")
    assert result.code == 2
    assert "does not store texts" in result.err
    assert "`store_text = true` under [cascade.support]" in result.err
    assert "`cascadewatch evalset import`" in result.err
    assert not Path("evals").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("other",), "there are no events of a cascade 'other'; known here: support"),
        (("support", "--labels", "me"), "--labels me: known are human, executable, user, judge"),
        (("support", "--route", "x"), "no live events of 'support' in this range"),
        (("support", "--labels", "executable"), "41 labelled by nobody whose word is taken"),
        (("support", "--since", "1d", "--from", "2026-01-01"), "give --since, or --from and --until, not"),
        (("support", "--from", "2026-02-01", "--until", "2026-01-01"), "--from must be before --until"),
        (("support", "--until", "soon"), "--until is 'soon'"),
    ],
)
def test_what_cannot_work_is_named(run: Run, event: Build, arguments: tuple[str, ...], said: str) -> None:
    ingested(run, event, STORED)
    result = run("evalset", "from-events", *arguments)
    assert result.code == 2
    assert said in result.err


def test_replay_without_a_name_says_where_names_are(run: Run) -> None:
    result = run("replay")
    assert result.code == 2
    assert "`cascadewatch replay --list` shows them" in result.err
