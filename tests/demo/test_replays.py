"""The demo's replays: its eval sets are the recordings, and its nights lie around what was arranged."""

import json
import tomllib
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from cascadewatch.demo import replays, settings_toml
from cascadewatch.demo.scenario import calendar
from cascadewatch.moments import epoch_ms

if TYPE_CHECKING:
    from tests.demo.conftest import Month

SETTINGS = tomllib.loads(settings_toml())
DAY = 86_400_000


@pytest.fixture(scope="module")
def sets() -> dict[str, list[dict[str, object]]]:
    return {
        name: [json.loads(line) for line in lines.splitlines()] for name, lines in replays.eval_sets().items()
    }


def test_eval_sets_hold_every_recorded_question_once(sets: dict[str, list[dict[str, object]]]) -> None:
    assert {name: len(cases) for name, cases in sets.items()} == {"gsm8k.jsonl": 1319, "prime.jsonl": 1000}
    for cases in sets.values():
        assert len({case["id"] for case in cases}) == len(cases)
        assert all(case["prompt"] and case["reference"] for case in cases)


def test_every_replay_finds_its_parts_and_its_answers(sets: dict[str, list[dict[str, object]]]) -> None:
    for name, table in SETTINGS["replay"].items():
        assert table["cascade"] in SETTINGS["cascade"], name
        cases = sets[table["eval_set"].removeprefix(f"{replays.FOLDER}/")]
        key = table.get("answers") or SETTINGS["model"][table["target"]]["answer"]
        assert all(key in case["answers"] for case in cases)  # type: ignore[operator]
        assert "verifier" not in table or table["verifier"] in SETTINGS["verifier"]


def test_votes_make_weaker_verifiers(sets: dict[str, list[dict[str, object]]]) -> None:
    answer = sets["gsm8k.jsonl"][0]["answers"]["cheap"]  # type: ignore[index]
    assert set(answer["parts"]) == {"tora-code-34b", "tora-70b", "codex-pot-8shot", "codex-pot-0shot"}


def test_the_verifiers_thresholds_are_those_of_the_cascades_today(month: "Month") -> None:
    last = {e.cascade: e.attempts[0].verdict for e in month.events if e.attempts[0].verdict is not None}
    for name in ("support", "coding"):
        told = SETTINGS["verifier"][f"{name}-agreement"]["threshold"]
        used = {
            a.verdict.threshold
            for e in month.events[-8000:]
            if e.cascade == name
            for a in e.attempts
            if a.verdict is not None and a.verdict.threshold is not None
        }
        assert last[name] is not None
        assert used == {told}


@pytest.mark.parametrize("hour", [0, 2, 3, 4, 12, 23])
@pytest.mark.parametrize("day", range(16, 23))
def test_nights_lie_in_the_past_and_around_what_changed(day: int, hour: int) -> None:
    now, zone = epoch_ms(datetime(2026, 11, day, hour, 30, tzinfo=UTC)), ZoneInfo("Europe/Berlin")
    when = calendar(now, zone)
    nights = replays.nights(when, zone)
    assert all(when.start <= night.time_ms <= now for night in nights)
    assert [night.time_ms for night in nights] == sorted(night.time_ms for night in nights)
    for name in SETTINGS["replay"]:
        mine = [night for night in nights if night.name == name]
        assert [night.pin for night in mine] == [True] + [False] * (len(mine) - 1)
    for name, (old, _) in replays.MODELS.items():
        asked = [(night.target, night.time_ms < when.snapshot) for night in nights if night.name == name]
        assert asked == [(old, True), (old, True), (None, False), (None, False)]
    coding = [night for night in nights if night.name == "coding-verifier"]
    assert {(night.threshold, night.time_ms < when.loosened) for night in coding} == {
        (0.75, True),
        (None, False),
    }
