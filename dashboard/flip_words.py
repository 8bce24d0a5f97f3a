"""Cases whose outcome changed, and both answers to each, side by side. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cascadewatch.store.replays import Result
from dashboard import text_replays as text
from dashboard.sweep_words import threshold


@dataclass(frozen=True, slots=True)
class Flips:
    """One direction of one rate: which cases, of `n` in all."""

    label: str
    cases: tuple[str, ...]
    n: int


def groups(body: Mapping[str, Any]) -> list[Flips]:
    """Every direction of every rate in which a case changed: what made a rate regress, then the largest."""
    found = []
    for rate, flips in (body.get("flips") or {}).items():
        regressed = body["rates"].get(rate, {}).get("verdict") == "regressed"
        for way, words in (("rose", text.WENT_UP), ("fell", text.WENT_DOWN)):
            if flips[way]:
                n, worse = flips[f"n_{way}"], regressed and (way == "fell") == (rate == "accuracy")
                group = Flips(words[rate].format(n=f"{n:,}"), tuple(flips[way]), n)
                found.append((not worse, -n, group))
    return [group for *_, group in sorted(found, key=lambda one: one[:2])]


def answer(result: Result | None) -> str | None:
    """What was answered; None where nothing is kept."""
    told = ((result.detail if result else None) or {}).get("answer") or {}
    return told.get("text")


def verdict(result: Result | None) -> str:
    """How an answer was graded and judged: "wrong · accepted, score 0.33, threshold 0.25"."""
    if result is None:
        return text.NO_ANSWER
    graded = {True: text.IS_RIGHT, False: text.IS_WRONG, None: text.NOT_GRADED}[result.correct]
    return " · ".join(part for part in (graded, _judged(result)) if part)


def _judged(result: Result) -> str:
    if result.verdict is None:
        return ""
    words = {"accept": text.ACCEPTED, "reject": text.REJECTED}.get(result.verdict, result.verdict)
    told = (result.detail or {}).get("verdict") or {}
    if result.score is not None:
        words += ", " + text.AT_SCORE.format(score=threshold(result.score))
        if told.get("threshold") is not None:
            words += text.AT_THRESHOLD.format(threshold=threshold(told["threshold"]))
    return words
