"""The threshold sweep of a report as a reader meets it: what each threshold costs a day, and how good it is.

Pure. `Sweep.of(body, judged_a_day)`; costs are US dollars a day at the traffic of a range, per 1,000 requests
where there is none, and the escalation rate stands for them where a price is missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Unit = Literal["day", "thousand", "escalation"]


@dataclass(frozen=True, slots=True)
class Spot:
    """One threshold; None escalates everything. `x` is in the sweep's unit.

    `more` is what it costs more than the present one in that unit, `better` its quality less the present
    one's, with its 95 % interval `better_low`–`better_high`; None where that is not known.
    """

    threshold: float | None
    x: float
    quality: float
    low: float
    high: float
    escalation: float
    more: float | None = None
    better: float | None = None
    better_low: float | None = None
    better_high: float | None = None
    on_front: bool = False


@dataclass(frozen=True, slots=True)
class Sweep:
    """Every threshold of a verifier over `n` cases, cheapest first.

    `cheap_only` and `flagship_only` are (x, quality). `held_out` is the recommended threshold's quality on
    the half that did not choose it, with its interval and whether it holds there.
    """

    unit: Unit
    n: int
    spots: tuple[Spot, ...]
    present: Spot | None
    recommended: Spot | None
    bar: float | None
    cheap_only: tuple[float, float]
    flagship_only: tuple[float, float]
    held_out: tuple[float, float, float, int] | None
    holds: bool

    @property
    def is_best(self) -> bool:
        """Whether the present threshold is the recommended one, or does just the same."""
        if self.present is None or self.recommended is None:
            return False
        return (self.present.x, self.present.quality) == (self.recommended.x, self.recommended.quality)

    @property
    def front(self) -> tuple[Spot, ...]:
        """Those no other threshold beats in cost without losing quality."""
        return tuple(spot for spot in self.spots if spot.on_front)


def of(found: Mapping[str, Any], judged_a_day: float | None) -> Sweep:
    """The sweep of a report's body."""
    unit: Unit = "escalation" if not found["priced"] else "day" if judged_a_day else "thousand"
    scale = {"day": judged_a_day or 0.0, "thousand": 1000.0, "escalation": 1.0}[unit]
    present = found["present"]
    start = None if present is None else _x(present, unit, scale)
    front = set(found["front"])
    spots = tuple(sorted((_spot(p, unit, scale, start, front) for p in found["points"]), key=lambda s: s.x))
    chosen = found["recommended"]
    half = None if chosen is None else chosen["held_out"]
    dear = found["flagship_only"]
    alone = 1.0 if unit == "escalation" else (dear["cost_usd"] or 0.0) * scale
    return Sweep(
        unit=unit,
        n=found["n"],
        spots=spots,
        present=None if present is None else _spot(present, unit, scale, start, front),
        recommended=None if chosen is None else _spot(chosen, unit, scale, start, front),
        bar=found["bar"],
        cheap_only=(_x(found["cheap_only"], unit, scale), found["cheap_only"]["quality"]),
        flagship_only=(alone, dear["quality"]),
        held_out=None if half is None else (half["quality"], half["low"], half["high"], half["n"]),
        holds=bool(chosen and chosen["holds"]),
    )


def _x(point: Mapping[str, Any], unit: Unit, scale: float) -> float:
    return float(point["escalation_rate"] if unit == "escalation" else point["cost_usd"] * scale)


def _spot(
    point: Mapping[str, Any], unit: Unit, scale: float, start: float | None, front: set[float | None]
) -> Spot:
    x, change = _x(point, unit, scale), point.get("change") or {}
    return Spot(
        threshold=point["threshold"],
        x=x,
        quality=point["quality"],
        low=point["low"],
        high=point["high"],
        escalation=point["escalation_rate"],
        more=None if start is None else x - start,
        better=change.get("quality"),
        better_low=change.get("low"),
        better_high=change.get("high"),
        on_front=point["threshold"] in front,
    )
