"""The bill in rows and words."""

from hypothesis import given

from cascadewatch.metrics import compute
from cascadewatch.metrics.coverage import is_priced
from cascadewatch.metrics.window import Metric, Window
from dashboard import bill, text
from tests.metrics.windows import tier, window, windows


@given(windows())
def test_the_parts_are_the_whole_bill(of: Window) -> None:
    *parts, total = (row[text.COST] for row in bill.parts(of))
    if is_priced(of):
        assert sum(round(float(str(part)) * 1e9) for part in parts) == round(float(str(total)) * 1e9)
    else:
        assert {*parts, total} == {None}


@given(windows())
def test_every_window_has_words_and_rows(of: Window) -> None:
    lines = [bill.sentence(compute(of, bill.SHOWN), "In this range"), *bill.break_even(of)]
    assert all(line.endswith(".") for line in lines)
    assert "None" not in " ".join(lines)
    bill.by_tier(of)
    bill.plan(of, 1.0)


def test_models_without_a_price_are_named_the_most_first() -> None:
    rows = bill.unpriced(
        window(
            {
                "tiers": (
                    tier("small", "a", attempts=9, priceable=9, priced=8),
                    tier("small", "b", attempts=9, priceable=9, priced=0),
                    tier("flagship", "c", attempts=9, priceable=9, priced=9),
                )
            }
        )
    )
    assert [(row[text.NAME], row[text.UNPRICED]) for row in rows] == [("b", 9), ("a", 1)]


def test_an_unknown_cost_is_not_nothing() -> None:
    rows = bill.by_tier(window({"tiers": (tier("small", "a", attempts=9, priceable=9, priced=0),)}))
    assert rows[0][text.COST] is None


def test_what_has_no_price_is_not_shown_as_nothing() -> None:
    of = window(events=9, priceable=18, priced=9)  # verdicts by a rule, which are free
    assert {row[text.COST] for row in bill.parts(of)} == {None}
    assert "unknown" in bill.sentence(compute(of, bill.SHOWN), "In this range")


def test_the_sentence_says_which_events_are_compared_where_not_all_are() -> None:
    found = compute(window(), bill.SHOWN) | {
        "cost_usd": Metric(217.0, 1000, 217.0, 217.0, "usd"),
        "flagship_only_cost_usd": Metric(464.0, 980, 450.0, 464.0, "usd"),
        "savings_usd": Metric(248.0, 980, 234.0, 248.0, "usd"),
    }
    said = bill.sentence(found, "In this range")
    assert "for the 980 of 1,000 events that can be compared, which cost $216: $248 saved" in said
