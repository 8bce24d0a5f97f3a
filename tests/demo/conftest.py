"""One demo month, made once: a Saturday noon in Berlin, so that the incidents' days had to be moved."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from cascadewatch.demo import Annotation, build
from cascadewatch.demo.scenario import Calendar, calendar
from cascadewatch.model import Event, Facts, TierOrder, derive
from cascadewatch.moments import epoch_ms

ORDER = TierOrder(("small", "flagship"), cheap="small", flagship="flagship")


@dataclass(frozen=True)
class Month:
    """A demo read to its end, with the facts of each event beside it."""

    now: int
    timezone: str
    count: int
    events: list[Event]
    facts: list[Facts]
    annotations: list[Annotation]
    when: Calendar

    def rate(self, cascade: str, start: int, end: int, route: str | None = None) -> float:
        """Escalated / judged of the events in [start, end)."""
        facts = [
            f
            for e, f in zip(self.events, self.facts, strict=True)
            if e.cascade == cascade and route in (None, e.route) and start <= e.millis < end
        ]
        return sum(f.escalated for f in facts) / sum(f.judged for f in facts)


@pytest.fixture(scope="session")
def month() -> Month:
    now, timezone = epoch_ms(datetime(2026, 11, 21, 11, 7, 3, tzinfo=UTC)), "Europe/Berlin"
    demo = build(now, timezone)
    events = list(demo.events)
    facts = [derive(e, ORDER) for e in events]
    when = calendar(now, ZoneInfo(timezone))
    return Month(now, timezone, demo.count, events, facts, demo.annotations, when)
