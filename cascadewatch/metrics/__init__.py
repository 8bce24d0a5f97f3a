"""Every metric there is: one table, one pure function each, the same for charts, alerts and reports."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from cascadewatch.errors import UsageError
from cascadewatch.metrics import (
    breakeven,
    calibration,
    cost,
    counterfactual,
    escalation,
    latency,
    quality,
    slo,
    tiers,
    verifier,
)
from cascadewatch.metrics.spec import MetricSpec
from cascadewatch.metrics.window import Metric, Window

__all__ = ["METRICS", "MetricSpec", "compute", "find"]

FAMILIES = (escalation, tiers, cost, counterfactual, breakeven, verifier, latency, quality, calibration, slo)
METRICS: dict[str, MetricSpec] = {spec.key: spec for family in FAMILIES for spec in family.SPECS}


def find(key: str) -> tuple[MetricSpec, str | None]:
    """The metric of a key and, for a key such as `tier_hits[small]`, the name of the part.

    >>> spec, part = find("tier_hits[small]")
    >>> spec.title, part
    ('Tier hits', 'small')

    Raises UsageError for an unknown key, naming the nearest one.
    """
    name, bracket, rest = key.partition("[")
    spec, part = METRICS.get(name), rest[:-1] if rest.endswith("]") else None
    if spec is None:
        near = get_close_matches(name, METRICS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "docs/metrics.md lists them all"
        raise UsageError(f"unknown metric {key!r}: {hint}")
    if bracket and (spec.parts is None or not part):
        raise UsageError(f"metric {key!r} has no such part: write {name!r}")
    return spec, part


def compute(window: Window, keys: Iterable[str] | None = None) -> dict[str, Metric]:
    """The metrics of a window by key, in the order asked for; all of them if `keys` is None.

    A metric with parts is expanded to one key per part, unless the key names one.
    """
    return {
        f"{spec.key}[{part}]" if part is not None else spec.key: spec.compute(window, part)
        for key in (METRICS if keys is None else keys)
        for spec, part in _expanded(window, key)
    }


def _expanded(window: Window, key: str) -> Iterator[tuple[MetricSpec, str | None]]:
    spec, part = find(key)
    if spec.parts is None or part is not None:
        yield spec, part
    else:
        for name in spec.parts(window):
            yield spec, name
