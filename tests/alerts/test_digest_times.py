"""When a digest is due: once a period, also where the clocks change and where the clock jumps."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import digest_times
from alerts.digest_times import DAY_MS, Period
from cascadewatch.settings import Alerts

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland")
DAILY = Alerts(digest="daily", digest_at="02:30")


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def local(millis: int, zone: str) -> datetime:
    return datetime.fromtimestamp(millis / 1000, ZoneInfo(zone))


@pytest.mark.parametrize(
    ("now", "start", "end"),
    [
        ("2026-11-21T12:00", "2026-11-20T07:00", "2026-11-21T07:00"),
        ("2026-11-21T07:00", "2026-11-20T07:00", "2026-11-21T07:00"),
        ("2026-11-21T06:59", "2026-11-19T07:00", "2026-11-20T07:00"),
    ],
)
def test_a_daily_one_is_about_the_day_up_to_its_time(now: str, start: str, end: str) -> None:
    alerts = Alerts(digest="daily", digest_at="08:00")
    assert digest_times.latest(alerts, "Europe/Berlin", ms(now)) == (ms(start), ms(end))


def test_a_weekly_one_is_about_the_week_up_to_monday() -> None:
    alerts = Alerts(digest="weekly", digest_at="08:00")
    saturday, monday = ms("2026-11-21T12:00"), ms("2026-11-16T08:00")
    assert digest_times.latest(alerts, "UTC", saturday) == (monday - 7 * DAY_MS, monday)


@pytest.mark.parametrize(
    ("day", "hours"),
    [("2026-03-29", 24), ("2026-03-30", 23), ("2026-10-25", 24), ("2026-10-26", 25)],
)
def test_days_on_which_the_clocks_change_have_one_digest_each(day: str, hours: int) -> None:
    # 02:30 does not come on 29 March, and comes twice on 25 October.
    noon = ms(f"{day}T12:00")
    found = digest_times.latest(DAILY, "Europe/Berlin", noon)
    assert local(found.end, "Europe/Berlin").date().isoformat() == day
    assert abs((found.end - found.start) / 3_600_000 - hours) <= 1


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("digest", ["daily", "weekly"])
def test_every_day_of_two_years_is_in_exactly_one_digest(zone: str, digest: str) -> None:
    alerts = Alerts.model_validate({"digest": digest, "digest_at": "02:30"})
    moments = [ms("2026-01-01T00:07") + hour * 3_600_000 for hour in range(0, 2 * 366 * 24, 3)]
    found = sorted({digest_times.latest(alerts, zone, now) for now in moments})
    for one, following in pairwise(found):
        assert one.end == following.start
        assert digest_times.latest(alerts, zone, following.start) == one, "the one before"
        assert local(following.end, zone).date() - local(one.end, zone).date() == timedelta(
            days=1 if digest == "daily" else 7
        )


@settings(max_examples=300)
@given(
    jumps=st.lists(
        st.sampled_from(
            [300_000, 3_600_000, DAY_MS, -3_600_000, -DAY_MS, -300_000, 3650 * DAY_MS, -3650 * DAY_MS]
        ),
        max_size=30,
    ),
    zone=st.sampled_from(ZONES),
    digest=st.sampled_from(["daily", "weekly"]),
)
def test_none_is_sent_twice_and_one_is_caught_up_at_the_most(
    jumps: list[int], zone: str, digest: str
) -> None:
    alerts = Alerts.model_validate({"digest": digest, "digest_at": "02:30"})
    now, sent = ms("2026-03-28T12:00"), list[int]()
    for jump in jumps:
        now = max(ms("1990-01-01T00:00"), now + jump)
        period = digest_times.latest(alerts, zone, now)
        assert 0 < period.end - period.start <= 8 * DAY_MS
        assert period.end <= now
        already = any(period.end <= end <= now + DAY_MS for end in sent)
        if digest_times.decide(alerts, period, already, now) == "due":
            assert now - period.end <= digest_times.CATCH_UP_MS[digest]
            sent.append(period.end)
    assert len(sent) == len(set(sent))


def test_switched_off_none_is_due() -> None:
    assert digest_times.decide(Alerts(), Period(0, 1), False, 2) == "off"
