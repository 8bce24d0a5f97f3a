"""Lengths of time as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadewatch.settings import parse_duration


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [("90s", 90_000), ("90m", 5_400_000), ("24h", 86_400_000), ("7d", 604_800_000), ("2w", 1_209_600_000)],
)
def test_a_number_and_a_unit(text: str, milliseconds: int) -> None:
    assert parse_duration(text) == milliseconds


@given(st.integers(1, 36_500))
def test_a_day_has_24_hours(days: int) -> None:
    assert parse_duration(f"{days}d") == parse_duration(f"{24 * days}h")


@pytest.mark.parametrize("text", ["", "7", "d", "7 d", "-7d", "1.5h", "7D", "7d12h", "٧d", "1y"])
def test_anything_else_is_refused_with_the_way_to_write_it(text: str) -> None:
    with pytest.raises(ValueError, match='write a number and s, m, h, d or w, such as "7d"'):
        parse_duration(text)


@pytest.mark.parametrize("text", ["0d", "36601d", "999999999w"])
def test_nothing_and_more_than_a_century_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="more than nothing and at most 100 years"):
        parse_duration(text)
