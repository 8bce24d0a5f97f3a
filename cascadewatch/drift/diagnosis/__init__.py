"""Why did a rate move? What the counts before and after say, as named causes with numbers.

    material = evidence.gather(connection, settings, "support", "", since, now)
    diagnosis = diagnose(material, now, "Europe/Berlin")
    diagnosis.causes[0].summary    "small: judge-v3 in place of judge-v2, from Tue 13:52; ..."

Several causes may be listed, ranked by how much of the move each explains; none is given without what it
rests on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cascadewatch.drift.diagnosis import checks
from cascadewatch.drift.diagnosis.cause import KEYS, TITLES, Cause, Fact, Key, sentence
from cascadewatch.drift.diagnosis.material import CheckKind, Group, Material
from cascadewatch.drift.diagnosis.models import (
    BY_MONEY,
    answers_differ,
    cheap_model_changed,
    cheap_tier_failing,
    price_change,
)
from cascadewatch.drift.diagnosis.spoken import part_of, shown
from cascadewatch.drift.diagnosis.thresholds import threshold_changed
from cascadewatch.drift.diagnosis.traffic import probing, traffic_mix
from cascadewatch.drift.diagnosis.unknown import unknown
from cascadewatch.drift.diagnosis.verdicts import (
    judge_outage,
    judges_differently,
    verifier_broken,
    verifier_changed,
)
from cascadewatch.drift.diagnosis.view import BESIDE, View

__all__ = ["KEYS", "TITLES", "Cause", "Diagnosis", "Fact", "Key", "Material", "diagnose"]

CAUSES = (
    verifier_broken,
    threshold_changed,
    judge_outage,
    traffic_mix,
    probing,
    verifier_changed,
    cheap_model_changed,
    cheap_tier_failing,
    price_change,
)
# What labels alone can tell, asked where nothing above explains the move.
UNNAMED = (judges_differently, answers_differ)
# A name that changed at the same time takes all that moved with it; what was counted comes first.
COINCIDES = {"verifier_changed": 0.95, "cheap_model_changed": 0.95}
BY_REPORT: dict[Key, CheckKind] = {"verifier_changed": "verifier check", "cheap_model_changed": "replay"}
ENOUGH = 0.5  # of the move, explained by one cause, for it to count as known
MOST = 6


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Causes, the likeliest first, and the counts they rest on.

    `title` replaces the plain "went up" where the traffic changed rather than the cascade.
    """

    causes: tuple[Cause, ...]
    view: View

    @property
    def title(self) -> str | None:
        """ "traffic mix changed" where mix explains 70 % of the move or more."""
        mixed = self.causes and self.causes[0].key == "traffic_mix"
        split = next((s for s in (self.view.routes, self.view.callers) if s is not None and s.is_mix), None)
        return "traffic mix changed" if mixed and split is not None else None

    @property
    def likeliest(self) -> str:
        """The first cause in a sentence, with what else speaks for it."""
        first = self.causes[0]
        parts = [first.summary]
        if first.key in COINCIDES and (reason := leading_reason(self.view)) is not None:
            parts.append(reason)
        others = [c for c in self.causes[1:] if c.explained(self.view.shift) >= ENOUGH]
        if others:
            parts.append(f"also {TITLES[others[0].key]}: {others[0].summary}")
        return sentence("; ".join(parts))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: what docs/alerts.md describes under `diagnosis`."""
        view = self.view
        held = view.material
        return {
            "metric": held.metric, "title": self.title, "likeliest": self.likeliest,
            "next": self.causes[0].next, "points": view.shift, "against": held.against,
            "before": {**held.before._asdict(), "rate": held.moved.before.rate, "n": held.moved.before.n},
            "after": {**held.after._asdict(), "rate": held.moved.after.rate, "n": held.moved.after.n},
            "causes": [cause.to_dict(view.shift) for cause in self.causes[:MOST]],
            "mix": {
                "routes": view.routes.to_dict() if view.routes else None,
                "callers": view.callers.to_dict() if view.callers else None,
            },
            "callers": view.concentration.to_dict() if view.concentration else None,
            "changes": [change._asdict() for change in held.changes],
            "reasons": [_row(g) for g in _by_growth(held.reasons)[:8]],
            "fallbacks": [_row(g) for g in _by_growth(held.fallbacks)],
            "judge_failures": _row(held.failures),
            "checks": [checks.to_dict(check, view) for check in held.checks],
            "quality_checked": held.last_label,
        }  # fmt: skip


def diagnose(material: Material, now: int, zone: str = "UTC") -> Diagnosis:
    """The causes of a move. `now` (epoch ms) and `zone` are for the times in its sentences."""
    view = View.of(material, now, zone)
    found = [cause for find in CAUSES for cause in find(view)]
    if not _known(found, view):
        found += [cause for find in UNNAMED for cause in find(view)]
    found += checks.checked(view, found)
    found.sort(key=lambda cause: (-_weight(cause, view), KEYS.index(cause.key)))
    if not _known(found, view):
        found.insert(0, unknown(view, leading_reason(view)))
    return Diagnosis(tuple(checks.with_checks(cause, view) for cause in found), view)


def _known(found: Sequence[Cause], view: View) -> bool:
    return any(_weight(cause, view) >= ENOUGH for cause in found)


def _weight(cause: Cause, view: View) -> float:
    """How far it explains the move, rounded so that a hair's breadth decides nothing."""
    if cause.key == "price_change":
        still = view.is_small or view.material.metric in BESIDE
        return 0.9 if still and view.material.metric in BY_MONEY else 0.3
    if cause.points is None and cause.key in COINCIDES:  # a report alone says so, not how much of it that is
        return ENOUGH
    coincides = 1.0 if _is_confirmed(cause, view) else COINCIDES.get(cause.key, 1.0)
    return round(cause.explained(view.shift) * coincides * checks.favour(cause.key, view), 2)


def _is_confirmed(cause: Cause, view: View) -> bool:
    """Whether a report says the same, so that it is no mere coincidence."""
    kind = BY_REPORT.get(cause.key)
    return kind is not None and checks.speaks(view, kind) == "regressed"


def leading_reason(view: View) -> str | None:
    """The reject reason that grew (or shrank) most with the move, in words."""
    moved = list(_moved_with(view))
    if not moved:
        return None
    top = max(moved, key=lambda g: (abs(g.growth), g.name))
    verb = "explain" if view.rose else "became fewer and explain"
    return f"`{shown(top.name)}` rejects {verb} {part_of(top.growth * view.scale, view.shift)}"


def _moved_with(view: View) -> Iterator[Group]:
    for group in view.material.reasons:
        if view.counts(group.growth * view.scale):
            yield group


def _by_growth(groups: tuple[Group, ...]) -> list[Group]:
    return sorted(groups, key=lambda g: (-abs(g.growth), g.name))


def _row(group: Group) -> dict[str, Any]:
    return {
        "name": group.name, "points": group.growth, "rate_before": group.before.rate,
        "rate_after": group.after.rate, "k_before": group.before.k, "n_before": group.before.n,
        "k_after": group.after.k, "n_after": group.after.n,
    }  # fmt: skip
