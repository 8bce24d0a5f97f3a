"""Figures of a report that follow from its results alone."""

from typing import Any

import pytest

from cascadewatch.replay.report import _latency as latency
from cascadewatch.store.replays import DONE, Result


def after(times: list[float]) -> dict[str, Any]:
    return latency(
        [
            Result(str(n), 0, DONE, detail={"answer": {"spent": {"latency_ms": time}}})
            for n, time in enumerate(times)
        ]
    )


@pytest.mark.parametrize(
    ("times", "p50", "p95"),
    [
        ([7.0], 7.0, 7.0),
        ([9.0, 1.0], 5.0, 9.0),
        ([float(n) for n in range(1, 21)], 10.5, 19.0),
        ([float(n) for n in range(1, 101)], 50.5, 95.0),
    ],
)
def test_the_median_lies_in_the_middle_and_95_of_100_at_or_below_the_95th_percentile(
    times: list[float], p50: float, p95: float
) -> None:
    assert after(times) == {"n": len(times), "p50": p50, "p95": p95}


def test_without_a_time_there_is_none() -> None:
    assert after([]) == {"n": 0, "p50": None, "p95": None}
