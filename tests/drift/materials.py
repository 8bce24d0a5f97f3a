"""Arranged material for a diagnosis: 10,000 judged requests before at 30 %, 1,000 after."""

from typing import Any

from cascadewatch.drift.diagnosis import Diagnosis, diagnose
from cascadewatch.drift.diagnosis.material import Callers, Change, Confusion, Group, Material, Share, Span

HOUR, DAY = 3_600_000, 86_400_000
SINCE = 1_795_262_400_000  # Saturday 2026-11-21 12:00 UTC
NOW = SINCE + 10 * HOUR
BEFORE, AFTER = 10_000, 1_000


def moved(rate: float, before: float = 0.30) -> Group:
    return Group("", Share(round(before * BEFORE), BEFORE), Share(round(rate * AFTER), AFTER))


def share(name: str, before: float, after: float) -> Group:
    """A share of all judged requests before and after."""
    return Group(name, Share(round(before * BEFORE), BEFORE), Share(round(after * AFTER), AFTER))


def material(rate: float = 0.30, **fields: Any) -> Material:
    """A move of the escalation rate from 30 % to `rate`."""
    whole = fields.pop("moved", moved(rate))
    fields.setdefault("escalated", whole if fields.get("metric") is None else moved(0.30))
    fields.setdefault("metric", "escalation_rate")
    return Material(
        cascade="support", route="", since=SINCE, before=Span(SINCE - 7 * DAY, SINCE), after=Span(SINCE, NOW),
        against="days before", near=2 * HOUR, moved=whole, cheap="small", **fields,
    )  # fmt: skip


def changed(what: Any, subject: str, before: str | None, after: str, share: float = 1.0) -> Change:
    """A change 12 minutes after the hour in which the move began."""
    return Change(what, subject, before, after, SINCE + 12 * 60_000, share)


def callers(rates: dict[str, tuple[float, int, float, int]], seen: int | None = None) -> Callers:
    """By caller: rate and judged requests before, rate and judged requests after."""
    groups = tuple(
        Group(name, Share(round(p0 * n0), n0), Share(round(p1 * n1), n1))
        for name, (p0, n0, p1, n1) in rates.items()
    )
    rest = Group("", Share(0, 0), Share(0, 0))
    return Callers(Span(SINCE, NOW), groups, rest, len(groups) if seen is None else seen)


def labelled(right: tuple[Share, Share], wrong: tuple[Share, Share]) -> Confusion:
    """Rejects of right and of wrong answers before and after, by labels of equal weight."""
    n = [int(r.n + w.n) for r, w in zip(right, wrong, strict=True)]
    answers = Group("answers", *(Share(r.n, both) for r, both in zip(right, n, strict=True)))
    return Confusion(answers, Group("right", *right), Group("wrong", *wrong), *n)


def told(given: Material) -> Diagnosis:
    return diagnose(given, NOW, "Europe/Berlin")


def keys(given: Material) -> list[str]:
    return [cause.key for cause in told(given).causes]
