"""Moments as people type them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadewatch.cli.times import moment, span, told
from cascadewatch.errors import UsageError
from cascadewatch.moments import epoch_ms

SECONDS = st.integers(0, 29_000_000_000)
MILLIS = st.integers(0, 999)


@given(SECONDS, MILLIS)
def test_rfc_3339_is_read_exactly_whatever_the_zone_of_the_settings(seconds: int, millis: int) -> None:
    at = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "")
    assert moment("--from", f"{at}.{millis:03d}Z", "America/St_Johns") == seconds * 1000 + millis


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


def test_a_date_where_a_length_belongs_is_pointed_to_its_option() -> None:
    with pytest.raises(UsageError, match=r'--since is "2026-11-01"; .* for a date use --from$'):
        span("2026-11-01", None, None, 1_795_262_400_000, "UTC")


def test_people_read_their_own_zone() -> None:
    assert told(1_795_262_400_000, "Europe/Berlin") == "2026-11-21 13:00 CET"
