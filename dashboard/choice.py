"""What the reader is looking at: cascade, route, range and zone, and how an address says so. Pure.

    ?cascade=support&route=faq&range=7d&zone=UTC        a range that ends now
    ?from=2026-11-17T11:00Z&to=2026-11-18T11:00Z        a fixed one

Addresses come from anywhere, so every part is taken by an enumeration or a pattern, and what does not
fit is left out.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from dashboard.formats import DAY, HOUR, MINUTE, local

RANGES = {"1h": HOUR, "24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY, "90d": 90 * DAY}
CUSTOM = "custom"
DEFAULT_RANGE = "7d"
LONGEST = 400 * DAY  # as long as sums are kept by default
KEYS = ("cascade", "route", "range", "from", "to", "zone")
_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)?)?", re.ASCII)
_NAME_LENGTH = 128


@dataclass(frozen=True, slots=True)
class Choice:
    """`cascade` and `route` None: all of them. `fixed` is a range (epoch ms) that does not end now."""

    cascade: str | None = None
    route: str | None = None
    range: str = DEFAULT_RANGE
    fixed: tuple[int, int] | None = None
    zone: str = "UTC"

    def span(self, now: int) -> tuple[int, int]:
        """Start and end in epoch ms, on whole minutes."""
        if self.fixed is not None:
            return self.fixed
        end = -(-now // MINUTE) * MINUTE
        return end - RANGES[self.range], end

    @property
    def refresh(self) -> int | None:
        """Seconds until the page asks again; None: a fixed range stays as it is."""
        if self.fixed is not None:
            return None
        return 10 if self.range == "1h" else 60

    def query(self, home_zone: str) -> dict[str, str]:
        """The address that leads back here; what is default is left out."""
        out = {"cascade": self.cascade, "route": self.route}
        if self.fixed is not None:
            out["from"], out["to"] = (_stamp(t) for t in self.fixed)
        elif self.range != DEFAULT_RANGE:
            out["range"] = self.range
        if self.zone != home_zone:
            out["zone"] = self.zone
        return {key: value for key, value in out.items() if value}


def parse(
    query: Mapping[str, str], cascades: Collection[str], zones: Collection[str], home_zone: str
) -> Choice:
    """The choice an address asks for; unknown or odd parts fall back to their default."""
    cascade = query.get("cascade")
    cascade = cascade if cascade in cascades else None
    route = query.get("route") if cascade is not None else None
    zone = query.get("zone", home_zone)
    zone = zone if zone in zones else home_zone
    wanted = query.get("range", DEFAULT_RANGE)
    return Choice(
        cascade=cascade,
        route=route if route and len(route) <= _NAME_LENGTH else None,
        range=wanted if wanted in RANGES else DEFAULT_RANGE,
        fixed=fixed_range(time_of(query.get("from"), zone), time_of(query.get("to"), zone)),
        zone=zone,
    )


def unknown(query: Mapping[str, str], cascades: Collection[str]) -> str | None:
    """The cascade an address asks for and nobody knows, no longer than a name may be; None where none is
    known at all."""
    wanted = query.get("cascade")
    return wanted[:_NAME_LENGTH] if wanted and cascades and wanted not in cascades else None


def fixed_range(start: int | None, end: int | None) -> tuple[int, int] | None:
    """A range on whole minutes, or None where it is none or longer than anything kept."""
    if start is None or end is None:
        return None
    start, end = start - start % MINUTE, -(-end // MINUTE) * MINUTE
    return (start, end) if 0 <= start < end <= start + LONGEST else None


def time_of(text: str | None, zone: str) -> int | None:
    """A day or moment (RFC 3339; without an offset: in `zone`) in epoch ms; None if it is neither.

    >>> time_of("1970-01-01T01:00", "Europe/Berlin"), time_of("soon", "UTC")
    (0, None)
    """
    if text is None or not _TIME.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
        return at(moment, zone)
    except (ValueError, OverflowError):
        return None


def at(moment: datetime, zone: str) -> int:
    """Epoch ms of a datetime; without an offset it is on the wall clock of `zone`."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=ZoneInfo(zone))
    return round(aware.timestamp() * 1000)


def _stamp(millis: int) -> str:
    return f"{datetime.fromtimestamp(millis / 1000, UTC):%Y-%m-%dT%H:%MZ}"


def wall_clock(span: tuple[int, int], zone: str) -> tuple[datetime, datetime]:
    """Both ends on the wall clock of a zone, for the inputs of a custom range."""
    return local(span[0], zone), local(span[1], zone)
