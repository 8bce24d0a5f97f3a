"""Episodes as rows: opened, changed by compare-and-set, told apart by what they are about."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Episode:
    """One continuous breach of a rule for one scope. Times are epoch ms.

    `opened` is when the rule fired, `since` when the change began as estimated. `parent` is the episode that
    speaks for this one in messages. `detail` is JSON: `estimate` (value, baseline, low, high, n, effective,
    since), `peak` (value, time), `message`, `diagnosis` (docs/alerts.md has all keys). `version` rises by one
    with every change.
    """

    id: int
    rule: str
    kind: str
    metric: str | None
    cascade: str
    route: str
    direction: str
    severity: str
    state: str
    opened: int
    since: int
    easing: int | None
    resolved: int | None
    parent: int | None
    acknowledged: int | None
    acknowledged_by: str | None
    updated: int
    version: int
    detail: Mapping[str, Any]

    @property
    def is_open(self) -> bool:
        """Whether it goes on."""
        return self.state != "resolved"
