"""Moments as people type them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadewatch.cli.times import moment, span, told
from cascadewatch.errors import UsageError
from cascadewatch.model import epoch_ms

MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2900, 1, 1), timezones=st.just(UTC))


@given(MOMENTS)
def test_rfc_3339_is_read_exactly_whatever_the_zone_of_the_settings(at: datetime) -> None:
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)
    assert moment("--from", at.isoformat(), "America/St_Johns") == epoch_ms(at)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-29", "2026-03-28T23:00:00+00:00"),  # the day the clocks go forward
        ("2026-03-30", "2026-03-29T22:00:00+00:00"),
        ("2026-03-29T12:00", "2026-03-29T10:00:00+00:00"),
        ("2026-03-29T12:00Z", "2026-03-29T12:00:00+00:00"),
    ],
)
def test_without_a_zone_the_settings_zone_is_meant(text: str, expected: str) -> None:
    assert moment("--from", text, "Europe/Berlin") == epoch_ms(datetime.fromisoformat(expected))


@given(st.text(max_size=30))
def test_anything_else_is_a_usage_error_naming_the_option(text: str) -> None:
    try:
        assert moment("--to", text, "UTC") >= 0
    except UsageError as error:
        assert str(error).startswith("--to is ")  # noqa: PT017 - either outcome is right


def test_a_week_back_is_the_default() -> None:
    now = 1_795_262_400_000
    assert span(None, None, None, now, "UTC") == (now - int(timedelta(days=7).total_seconds()) * 1000, now)


def test_people_read_their_own_zone() -> None:
    assert told(1_795_262_400_000, "Europe/Berlin") == "2026-11-21 13:00 CET"
