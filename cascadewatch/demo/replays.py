"""The demo's eval sets, made of what was recorded, and the nights on which they are played.

Nothing here is a result: `cascadewatch demo` really plays each of these runs, with the clock set back.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from cascadewatch.demo import recorded, scenario
from cascadewatch.demo.recorded import Answer
from cascadewatch.demo.scenario import Calendar

FOLDER = "demo-evals"  # beside the settings
HOUR = 3  # of the night, local time
NIGHTS = 8  # for each verifier; the first one is pinned
VERIFIERS = {"support-verifier": "support-agreement", "coding-verifier": "coding-agreement"}
MODELS = {
    "documents-small": ("small-0301", "small-0613"),
    "documents-flagship": ("flagship-0314", "flagship-0613"),
}
ANSWERS = {
    "small-0301": "cheap_before", "small-0613": "cheap_after",
    "flagship-0314": "flagship_before", "flagship-0613": "flagship_after",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Night:
    """One run of [replay.`name`] at `time_ms` (epoch ms).

    `target` is the [model.NAME] that answered then and `threshold` the verifier's then, None: as the
    settings say. `pin`: later runs are compared with this one.
    """

    time_ms: int
    name: str
    pin: bool = False
    target: str | None = None
    threshold: float | None = None


def eval_sets() -> dict[str, bytes]:
    """The eval sets as JSONL, by file name."""
    return {"gsm8k.jsonl": _jsonl(_gsm8k_cases()), "prime.jsonl": _jsonl(_prime_cases())}


def nights(when: Calendar, zone: ZoneInfo) -> list[Night]:
    """Every run, oldest first.

    The verifiers are checked in each of the last eight nights, the models in the last two nights before
    their change, in the first one after it, and in the last.
    """
    all_nights = _local_nights(when, zone)
    before = [night for night in all_nights if night < when.snapshot][-2:]
    after = [night for night in all_nights if night >= when.snapshot]
    found = [
        Night(night, name, index == 0, None, _threshold(name, when, night))
        for name in VERIFIERS
        for index, night in enumerate(all_nights[-NIGHTS:])
    ]
    for name, (old, _) in MODELS.items():
        found += [Night(night, name, index == 0, old) for index, night in enumerate(before)]
        found += [Night(night, name) for night in (after[0], after[-1])]
    return sorted(found, key=lambda night: (night.time_ms, night.name))


def settings_toml() -> str:
    """The [model.*], [verifier.*] and [replay.*] tables."""
    thresholds = {cascade.name: cascade.threshold for cascade in scenario.CASCADES}
    thresholds["coding"] = scenario.LOOSE_THRESHOLD
    models = [f'[model.{name}]\nkind = "recorded"\nanswer = "{key}"\n' for name, key in ANSWERS.items()]
    verifiers = [
        f'[verifier.{verifier}]\nkind = "recorded"\nthreshold = {thresholds[name.partition("-")[0]]}\n'
        for name, verifier in VERIFIERS.items()
    ]
    checks = [
        f'[replay.{name}]\ncascade = "{name.partition("-")[0]}"\neval_set = "{FOLDER}/gsm8k.jsonl"\n'
        f'answers = "cheap"\nverifier = "{verifier}"\nschedule = "0 {HOUR} * * *"\n'
        for name, verifier in VERIFIERS.items()
    ]
    replays = [
        f'[replay.{name}]\ncascade = "documents"\neval_set = "{FOLDER}/prime.jsonl"\n'
        f'target = "{new}"\nschedule = "0 {HOUR} * * *"\n'
        for name, (_, new) in MODELS.items()
    ]
    return "\n".join((*models, *verifiers, *checks, *replays))


def _threshold(name: str, when: Calendar, night: int) -> float | None:
    """The coding verifier's threshold before somebody lowered it."""
    if name != "coding-verifier" or night >= when.loosened:
        return None
    return next(cascade.threshold for cascade in scenario.CASCADES if cascade.name == "coding")


def _local_nights(when: Calendar, zone: ZoneInfo) -> list[int]:
    """Three o'clock of every night of the month."""
    day, found = datetime.fromtimestamp(when.start / 1000, zone).date(), []
    while (
        moment := int(datetime(day.year, day.month, day.day, HOUR, tzinfo=zone).timestamp()) * 1000
    ) <= when.end:
        found.append(moment)
        day += timedelta(days=1)
    return [night for night in found if night >= when.start]


def _jsonl(cases: Iterator[dict[str, Any]]) -> bytes:
    return b"".join(msgspec.json.encode(case) + b"\n" for case in cases)


def _gsm8k_cases() -> Iterator[dict[str, Any]]:
    """Each vote of the agreement is a further score under its solver's name."""
    for item in recorded.gsm8k_items():
        votes = {solver: None if vote is None else float(vote) for solver, vote in item.votes.items()}
        cheap = _answer(item.cheap) | {"score": item.score, "parts": votes}
        answers = {"cheap": cheap, "flagship": _answer(item.flagship)}
        yield {"id": item.id, "prompt": item.prompt, "reference": item.reference, "answers": answers}


def _prime_cases() -> Iterator[dict[str, Any]]:
    """Both snapshots of both models under one question."""
    for old, new in zip(recorded.prime_items("before"), recorded.prime_items("after"), strict=True):
        answers = {
            "cheap_before": _answer(old.cheap), "flagship_before": _answer(old.flagship),
            "cheap_after": _answer(new.cheap), "flagship_after": _answer(new.flagship),
        }  # fmt: skip
        id_ = old.id.removesuffix("-before")
        assert new.id == f"{id_}-after"
        yield {"id": id_, "prompt": old.prompt, "reference": old.reference, "answers": answers}


def _answer(answer: Answer) -> dict[str, Any]:
    fields = {
        "text": answer.text, "correct": answer.correct, "usage": answer.usage, "cost_usd": answer.cost_usd,
        "latency_ms": answer.latency_ms, "model": answer.model,
    }  # fmt: skip
    return {name: value for name, value in fields.items() if value is not None}
