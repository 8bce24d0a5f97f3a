"""A named cause of a move, with what speaks for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from cascadewatch.drift.diagnosis.material import CheckKind

Key = Literal[
    "verifier_changed",
    "verifier_broken",
    "judge_outage",
    "cheap_model_changed",
    "cheap_tier_failing",
    "traffic_mix",
    "threshold_changed",
    "probing",
    "price_change",
    "unknown",
]
KEYS: tuple[Key, ...] = get_args(Key)
TITLES: Mapping[Key, str] = {
    "verifier_changed": "the verifier changed",
    "verifier_broken": "the verifier is broken",
    "judge_outage": "the judge is failing",
    "cheap_model_changed": "the cheap model changed",
    "cheap_tier_failing": "the cheap tier is failing",
    "traffic_mix": "the traffic mix changed",
    "threshold_changed": "the threshold changed",
    "probing": "few callers escalate almost everything",
    "price_change": "prices changed",
    "unknown": "not known yet",
}


def sentence(words: str) -> str:
    """With a capital and a full stop.

    >>> sentence("the verifier changed")
    'The verifier changed.'
    """
    return f"{words[:1].upper()}{words[1:]}."


@dataclass(frozen=True, slots=True)
class Fact:
    """One piece of evidence: what it is about, in words, and its numbers (JSON-ready)."""

    label: str
    value: str
    numbers: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"label": self.label, "value": self.value, "numbers": dict(self.numbers)}


@dataclass(frozen=True, slots=True)
class Cause:
    """`points` is how much of the move it explains, as a share with the move's own sign; None where it
    cannot be told. It rests on `n` requests or verdicts. Points of several causes overlap: they need not
    add up. `summary` has neither capital nor full stop yet. `asks` is the kind of report that the `next` step
    asks for; None: it asks for something else."""

    key: Key
    points: float | None
    n: int
    summary: str
    evidence: tuple[Fact, ...]
    next: str
    asks: CheckKind | None = None

    def explained(self, shift: float) -> float:
        """Which part of the move it explains, from 0 to 1."""
        if self.points is None or not shift:
            return 0.0
        return min(1.0, max(0.0, self.points / shift))

    def to_dict(self, shift: float) -> dict[str, Any]:
        """JSON-ready; no more points than the move has."""
        return {
            "key": self.key, "title": TITLES[self.key],
            "points": None if self.points is None else self.explained(shift) * shift,
            "explained": self.explained(shift), "n": self.n,
            "summary": sentence(self.summary),
            "evidence": [fact.to_dict() for fact in self.evidence],
            "next": self.next,
            "asks": self.asks,
        }  # fmt: skip
