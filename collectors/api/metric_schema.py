"""Every metric in the description of the API, with the one sentence that says what it is."""

from typing import Any

from cascadewatch.metrics import METRICS

METRIC: dict[str, Any] = {"$ref": "#/components/schemas/Metric"}


def by_key() -> dict[str, Any]:
    """A schema for each key; those with parts have one for each part, such as `tier_hits[small]`, too."""
    return {spec.key: METRIC | {"description": spec.definition} for spec in METRICS.values()}
