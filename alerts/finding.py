"""What a rule says of one scope at one look: what the kinds of rules give, and the life cycle takes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from cascadewatch.metrics.window import Metric
from cascadewatch.settings import Rule

Outcome = Literal["ok", "breached", "undecided", "learning", "no_data", "error"]
Direction = Literal["up", "down", ""]


class Scope(NamedTuple):
    """What a rule looks at; route "" is the whole cascade, `__other__` its small routes together."""

    cascade: str
    route: str = ""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Since when (epoch ms), from what to what. `n` observations are worth `effective` independent ones."""

    since: int
    value: float
    baseline: float | None
    low: float | None
    high: float | None
    n: int
    effective: float | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """An episode that a rule would have had, found by walking over history. Times are epoch ms.

    `easing` is when it began to ease for the last time; `resolved` None: it was open at the end of the walk.
    """

    rule: str
    scope: Scope
    direction: Direction
    opened: int
    easing: int | None
    resolved: int | None
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule on one scope at one moment.

    `outcome` is for kinds that compare with a limit. A drift rule sets `phase` instead of leaving life and
    death to hysteresis: "alarm" (a new alarm at this look), "firing", "easing" or "resolved" (where its open
    episode stands by the recovery process), None (no episode). A stream that moved both ways gives a finding
    for each direction. `message` is one sentence; `detail` is JSON-ready and kept in the rule's state for
    the pages. `past` are episodes that began and ended before this look: found when history is walked for
    the first time, or after a time in which nobody looked.
    """

    rule: Rule
    scope: Scope
    outcome: Outcome
    metric: Metric
    message: str
    direction: Direction = ""
    phase: Literal["alarm", "firing", "easing", "resolved"] | None = None
    estimate: Estimate | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    past: tuple[Past, ...] = ()
