"""Today's traffic of a cascade: what turns a verifier's rates into answers and dollars a day."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection

from cascadewatch.metrics.breakeven import economics
from cascadewatch.metrics.errors_a_day import DAY, days, errors_a_day
from cascadewatch.settings import Settings
from cascadewatch.store import spacing
from cascadewatch.store.cells import ALL
from cascadewatch.store.reads import Reader

LOOKED_BACK = 7  # days: a whole week, since weekends differ


@dataclass(frozen=True, slots=True)
class Traffic:
    """Judged answers a day since `start` (epoch ms), and what an escalation costs in US dollars, if known."""

    start: int
    judged_a_day: float
    escalation_usd: float | None


def today(connection: Connection, settings: Settings, cascade: str | None, now: int) -> Traffic | None:
    """The last seven days, or less if the cascade is younger; None where nothing was judged."""
    reader = Reader(connection, settings)
    first = None if cascade is None else spacing.first_event(connection, cascade, ALL)
    if cascade not in reader.known.cascades or cascade is None or first is None:
        return None
    start = max(now - LOOKED_BACK * DAY, first)
    window = reader.window(cascade, None, reader.cover(start, now))
    judged, terms = window.counts["judged"], economics(window)
    if not judged:
        return None
    return Traffic(start, judged / days(start, now), None if terms is None else terms.E)


def daily(rates: Mapping[str, Mapping[str, Any]], traffic: Traffic | None) -> dict[str, Any] | None:
    """What the errors of a report do in a day, JSON-ready; None where it is not known."""
    if traffic is None:
        return None
    found = errors_a_day(rates, traffic.judged_a_day, traffic.escalation_usd)
    if found.shipped is None:
        return None
    return {
        "since": traffic.start,
        "judged": traffic.judged_a_day,
        "shipped": asdict(found.shipped),
        "wasted_usd": None if found.wasted is None else asdict(found.wasted),
    }
