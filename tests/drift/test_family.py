"""One budget of false alarms over all streams."""

from math import exp, inf, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadewatch.drift.family import Stream, alarming, log_thresholds

A = 2160.0
streams = st.lists(st.builds(Stream, st.floats(-50, 50), st.booleans()), min_size=1, max_size=30)


def pooled(*evidence: float) -> list[Stream]:
    return [Stream(log(m), True) for m in evidence]


def test_one_stream_alone_alarms_at_the_budget() -> None:
    assert alarming(pooled(A * 0.999), A) == [False]
    assert alarming(pooled(A * 1.001), A) == [True]


def test_among_ten_one_needs_ten_times_as_much() -> None:
    assert alarming(pooled(A * 9.9, *[1.0] * 9), A) == [False] * 10
    assert alarming(pooled(A * 10.1, *[1.0] * 9), A) == [True, *[False] * 9]


def test_several_at_once_need_less_each() -> None:
    assert alarming(pooled(A * 5.1, A * 5.1, *[1.0] * 8), A) == [True, True, *[False] * 8]


def test_half_of_the_weight_lies_on_the_cascades() -> None:
    one = [Stream(0.0, True), *[Stream(0.0, False)] * 3]
    assert [exp(t) / A for t in log_thresholds(one, A)] == pytest.approx([2, 6, 6, 6])


def test_a_stream_without_evidence_never_alarms() -> None:
    assert alarming([Stream(-inf, True), Stream(100.0, False)], A) == [False, True]


def test_no_streams_no_alarms() -> None:
    assert alarming([], A) == []


@given(streams)
def test_the_count_of_alarms_is_the_largest_that_their_evidence_carries(given_streams: list[Stream]) -> None:
    fired = alarming(given_streams, A)
    m, all_pooled = len(given_streams), sum(s.pooled for s in given_streams)

    def weight(stream: Stream) -> float:
        if all_pooled in (0, m):
            return 1.0
        return m / (2 * (all_pooled if stream.pooled else m - all_pooled))

    ranked = sorted((log(weight(s)) + s.log_mean for s in given_streams), reverse=True)
    largest = max((k for k in range(1, m + 1) if ranked[k - 1] >= log(A * m / k) - 1e-9), default=0)
    assert sum(fired) == pytest.approx(largest)


@given(streams, st.integers(0, 29), st.floats(0, 20))
def test_more_evidence_never_silences_anything(given_streams: list[Stream], which: int, more: float) -> None:
    place = which % len(given_streams)
    raised = list(given_streams)
    raised[place] = raised[place]._replace(log_mean=raised[place].log_mean + more)
    before, after = alarming(given_streams, A), alarming(raised, A)
    assert all(late for early, late in zip(before, after, strict=True) if early)
