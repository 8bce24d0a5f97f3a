"""What an address may choose, and the address of a choice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.choice import RANGES, Choice, parse, time_of, unknown

CASCADES, ZONES = ["support", "a b&c=d"], ["Europe/Berlin", "UTC"]
MINUTE = 60_000


def parsed(query: dict[str, str]) -> Choice:
    return parse(query, CASCADES, ZONES, ZONES[0])


moments = st.integers(0, 4_000_000).map(lambda minutes: minutes * MINUTE)
spans = st.tuples(moments, st.integers(1, 500_000)).map(lambda s: (s[0], s[0] + s[1] * MINUTE))


@st.composite
def choices(draw: st.DrawFn) -> Choice:
    cascade = draw(st.none() | st.sampled_from(CASCADES))
    fixed = draw(st.none() | spans)
    return Choice(
        cascade,
        draw(st.none() | st.text(min_size=1, max_size=128)) if cascade else None,
        "7d" if fixed else draw(st.sampled_from(list(RANGES))),
        fixed,
        draw(st.sampled_from(ZONES)),
    )


@given(choices())
def test_an_address_leads_back_to_its_choice(choice: Choice) -> None:
    assert parsed(choice.query(ZONES[0])) == choice


@given(
    st.dictionaries(
        st.sampled_from(["cascade", "route", "range", "from", "to", "zone"]), st.text(max_size=200)
    )
)
def test_no_address_can_break_it(query: dict[str, str]) -> None:
    choice = parsed(query)
    assert choice.cascade in (None, *CASCADES)
    assert choice.zone in ZONES
    start, end = choice.span(10**12)
    assert start < end


def test_a_cascade_that_nobody_knows_is_named_and_no_longer_than_a_name() -> None:
    assert unknown({"cascade": "nope"}, CASCADES) == "nope"
    assert unknown({"cascade": "x" * 5000}, CASCADES) == "x" * 128
    assert unknown({"cascade": "support"}, CASCADES) is None
    assert unknown({}, CASCADES) is None
    assert unknown({"cascade": "nope"}, []) is None  # nothing has arrived: the page says so


def test_a_route_without_its_cascade_is_nothing() -> None:
    assert parsed({"route": "faq"}).route is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-02", 23 * 3_600_000),
        ("1970-01-01T01:00", 0),
        ("1970-01-01T00:00Z", 0),
        ("1970-01-01T00:00:01.5Z", 1500),
        ("1970-01-01T02:00+02:00", 0),
        ("1970-13-01", None),
        ("٢٠٢٦-١١-٢٠", None),
        ("now", None),
        ("", None),
        (None, None),
    ],
)
def test_times_in_an_address(text: str | None, expected: int | None) -> None:
    assert time_of(text, "Europe/Berlin") == expected


def test_a_range_that_ends_now_ends_with_the_minute() -> None:
    assert Choice(range="1h").span(3_600_001) == (MINUTE, 3_660_000)


@pytest.mark.parametrize(
    ("choice", "seconds"), [(Choice(range="1h"), 10), (Choice(), 60), (Choice(fixed=(0, 1)), None)]
)
def test_only_ranges_that_end_now_are_drawn_again(choice: Choice, seconds: int | None) -> None:
    assert choice.refresh == seconds
