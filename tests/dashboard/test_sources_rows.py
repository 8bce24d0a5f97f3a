"""Is everything arriving: the rows of the Sources page, from counts alone."""

from collections import Counter

import pytest

from cascadewatch.metrics.measures import ATTEMPT_MEASURES, EVENT_MEASURES
from cascadewatch.metrics.window import TierCounts, Window
from cascadewatch.model import TierOrder
from cascadewatch.store.reads import Arrivals, Source
from dashboard import arriving

HOUR = 3_600_000


def arrived(
    source: str, outcome: str, n: int, reason: str = "", lag_ms: int = 0, last: int = HOUR
) -> Arrivals:
    return Arrivals(last - last % HOUR, source, outcome, reason, n, lag_ms, last)


def test_a_sender_is_one_row_with_all_its_cascades() -> None:
    sources = [
        Source("api", "shop", 10, 0, 5 * HOUR, 4 * HOUR),
        Source("api", "help", 90, 0, 2 * HOUR, HOUR),
    ]
    (row,) = arriving.sender_rows(sources, [])
    assert (row["last"], row["newest"], row["accepted"]) == (5 * HOUR, 4 * HOUR, 0)
    assert arriving.cascades_in_words(row["cascades"]) == "help 90, shop 10"


def test_a_sender_whose_every_record_was_refused_is_listed_too() -> None:
    (row,) = arriving.sender_rows([], [arrived("lost", "rejected", 4, "id is missing")])
    assert (row["source"], row["rejected"], row["lag"]) == ("lost", 4, None)


def test_lag_is_the_mean_over_accepted_events() -> None:
    came = [arrived("api", "accepted", 3, lag_ms=900), arrived("api", "accepted", 1, lag_ms=100),
            arrived("api", "duplicate", 50)]  # fmt: skip
    assert arriving.sender_rows([], came)[0]["lag"] == 250


def test_the_latest_sender_stands_first() -> None:
    came = [arrived("old", "accepted", 1, last=HOUR), arrived("new", "accepted", 1, last=9 * HOUR)]
    assert [row["source"] for row in arriving.sender_rows([], came)] == ["new", "old"]


def test_refusals_of_one_kind_are_one_row() -> None:
    came = [arrived("api", "rejected", 2, "id"), arrived("api", "rejected", 3, "id", last=2 * HOUR),
            arrived("api", "rejected", 1, "time", last=5 * HOUR), arrived("api", "accepted", 8)]  # fmt: skip
    rows = [(row["reason"], row["n"], row["last"]) for row in arriving.refusal_rows(came)]
    assert rows == [
        ("time", 1, 5 * HOUR),
        ("id", 5, 2 * HOUR),
    ]


@pytest.mark.parametrize("days", [1 / 24, 1, 7, 30, 90, 400])
def test_the_chart_has_at_most_120_bars_of_whole_hours(days: float) -> None:
    end = round(days * 24 * HOUR)
    width = arriving.bar_width(0, end)
    assert width % HOUR == 0
    assert end / width <= 120


def test_bars_keep_every_record() -> None:
    came = [arrived("a", "accepted", i, last=i * HOUR) for i in range(50)] + [arrived("b", "rejected", 7)]
    bars = arriving.per_bar(came, 3 * HOUR)
    assert sum(bars["accepted"].values()) == sum(range(50))
    assert bars["rejected"] == {0: 7}


def test_the_answer_names_what_was_not_taken() -> None:
    totals = {"accepted": 10, "duplicate": 3, "conflict": 1, "rejected": 2}
    assert arriving.answer(0, totals, 2 * HOUR).replace("\u00a0", " ") == (
        "The last event arrived 2 h ago. 10 accepted in this range, 2 refused, 1 put aside, 3 sent twice."
    )


def test_silence_is_said() -> None:
    nothing = dict.fromkeys(arriving.OUTCOMES, 0)
    assert arriving.answer(0, nothing, 26 * HOUR).replace("\u00a0", " ") == (
        "The last event arrived 26 h ago. Nothing arrived in this range."
    )
    assert arriving.answer(None, nothing, 0).startswith("Nothing has been stored yet.")


def tier(model: str, **given: int) -> TierCounts:
    return TierCounts("small", model, "judge", Counter(dict.fromkeys(ATTEMPT_MEASURES, 0) | given))


def test_models_never_priced_are_told_from_those_at_times_without_tokens() -> None:
    tiers = (
        tier("known", priceable=10, priced=8, verify_priceable=5, verify_priced=5),
        tier("strange", priceable=4),
    )
    counts = dict.fromkeys(EVENT_MEASURES, 0) | {"events": 14, "priceable": 19, "priced": 13}
    window = Window(0, 1, counts, TierOrder(("small",), "small", None), tiers=tiers)
    assert arriving.unpriced(window) == (["strange (4)"], ["known (2)"])
    (row,) = arriving.coverage_rows({"shop": window})
    assert row["share"] == pytest.approx(100 * 13 / 19)
