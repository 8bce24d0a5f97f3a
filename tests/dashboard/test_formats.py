"""Numbers as people read them."""

import re
from string import punctuation

import pytest

from dashboard import formats
from tests.dashboard.hostile import EVERY


def plain(text: str | None) -> str | None:
    return None if text is None else text.replace("\xa0", " ")


@pytest.mark.parametrize(
    ("usd", "expected"),
    [
        (None, "–"), (0, "$0"), (0.00031, "$0.00031"), (0.0081, "$0.0081"), (0.5, "$0.5"), (4.484, "$4.48"),
        (37.77, "$37.80"), (628.4, "$628"), (999.6, "$1,000"), (1_234_567, "$1,230,000"), (-12.3, "−$12.30"),
    ],
)  # fmt: skip
def test_money_in_prose_has_three_digits_that_count(usd: float | None, expected: str) -> None:
    assert formats.dollars(usd) == expected


@pytest.mark.parametrize(
    ("low", "high", "expected"), [(480, 690, "$480–690"), (-5, 5, "−$5.00 to $5.00"), (None, 1, None)]
)
def test_ranges_of_money(low: float | None, high: float | None, expected: str | None) -> None:
    assert formats.dollar_span(low, high) == expected


@pytest.mark.parametrize(
    ("share", "expected"), [(0.3014, "30.1 %"), (-0.00004, "0.0 %"), (1, "100.0 %"), (None, "–")]
)
def test_shares(share: float | None, expected: str) -> None:
    assert plain(formats.percent(share)) == expected


@pytest.mark.parametrize(
    ("difference", "expected"), [(0.061, "+6.1 pts"), (-0.1, "−10.0 pts"), (-0.0001, "0.0 pts"), (None, "–")]
)
def test_differences_carry_their_sign(difference: float | None, expected: str) -> None:
    assert plain(formats.points(difference)) == expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0.281, 0.323, "28–32 %"), (0.300, 0.306, "30.0–30.6 %"), (None, None, None)],
)
def test_narrow_intervals_keep_a_decimal(low: float | None, high: float | None, expected: str | None) -> None:
    assert plain(formats.span(low, high)) == expected


def test_our_own_words_keep_their_dollar_signs_in_markdown() -> None:
    assert formats.escaped("$4–5 *a* day") == r"\$4–5 \*a\* day"


@pytest.mark.parametrize("name", ["support", "support-v2", "Claims 2026", "a_b"])
def test_plain_names(name: str) -> None:
    assert formats.is_plain(name)


@pytest.mark.parametrize(
    "name", ["", " a", "a ", "-a", "a--b", "_a_", "1. a", "a\n- b", "www.x.org", "a:b", "ä", "`a`"]
)
def test_names_in_which_syntax_could_hide(name: str) -> None:
    assert not formats.is_plain(name)


def test_none_of_the_names_that_attack_is_plain_and_escaped_each_is_letters_alone() -> None:
    """Where a page shows a name is tested with a few of them; what a page asks of a name, with all."""
    assert [name for name in EVERY if formats.is_plain(name)] == []
    for name in EVERY:
        left = re.sub(r"\\[!-/:-@\[-`{-~]", "", formats.escaped(name))
        assert set(left).isdisjoint(punctuation), name
