"""Requests arrive on the recorded rhythm, in order, never in the future."""

from datetime import UTC, datetime
from itertools import pairwise
from random import Random
from statistics import mean, pstdev
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cascadewatch.demo import recorded
from cascadewatch.demo.rhythm import DAY_MS, DAYS, HOUR_MS, arrivals, workday
from cascadewatch.moments import epoch_ms

ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati"])
MOMENTS = st.integers(
    min_value=epoch_ms(datetime(2024, 1, 1, tzinfo=UTC)),
    max_value=epoch_ms(datetime(2030, 1, 1, tzinfo=UTC)),
)


@settings(max_examples=20)
@given(now=MOMENTS, zone=ZONES, seed=st.integers(0, 1000))
def test_any_month_has_over_60000_arrivals_in_order_and_ends_within_the_last_minute(
    now: int, zone: str, seed: int
) -> None:
    times = arrivals(now, ZoneInfo(zone), recorded.arrival_gaps(), Random(seed))
    assert len(times) >= 60_000
    assert times == sorted(times)
    assert times[0] >= now - DAYS * DAY_MS
    assert now - 60_000 <= times[-1] <= now


def test_gaps_keep_the_burstiness_of_the_trace() -> None:
    zone, now = ZoneInfo("UTC"), epoch_ms(datetime(2026, 11, 20, 12, tzinfo=UTC))
    times = arrivals(now, zone, recorded.arrival_gaps(), Random(1))
    last_hour = [t for t in times if t >= now - HOUR_MS]
    gaps = [b - a for a, b in pairwise(times)]
    assert len(last_hour) > 100
    assert pstdev(gaps) / mean(gaps) > 3  # independent arrivals on this profile would give about 1.6


def test_a_weekend_day_has_less_than_half_of_a_weekday() -> None:
    zone, now = ZoneInfo("Europe/Berlin"), epoch_ms(datetime(2026, 11, 20, 12, tzinfo=UTC))
    times = arrivals(now, zone, recorded.arrival_gaps(), Random(1))
    days = [datetime.fromtimestamp(t / 1000, zone).date() for t in times]
    whole = sorted(set(days))[1:-1]
    weekend = mean(days.count(d) for d in whole if d.weekday() >= 5)
    weekday = mean(days.count(d) for d in whole if d.weekday() < 5)
    assert weekend < 0.5 * weekday


@pytest.mark.parametrize(
    ("today", "expected"),
    [("2026-11-20", "2026-11-11"), ("2026-11-23", "2026-11-13"), ("2026-11-24", "2026-11-16")],
    ids=["a weekday stays", "a Saturday moves to Friday", "a Sunday moves to Monday"],
)
def test_incidents_fall_on_weekdays(today: str, expected: str) -> None:
    zone = ZoneInfo("Europe/Berlin")
    now = epoch_ms(datetime.fromisoformat(f"{today}T20:00").replace(tzinfo=zone))
    found = datetime.fromtimestamp(workday(now, zone, days_ago=9, hour=13) / 1000, zone)
    assert found.isoformat() == f"{expected}T13:00:00+01:00"
