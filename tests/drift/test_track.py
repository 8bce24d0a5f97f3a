"""Evidence with the hours it rests on: late requests, corrections, and going on from a row."""

import json
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cascadewatch.drift.hours import HOUR_MS, Hour
from cascadewatch.drift.hypotheses import detector
from cascadewatch.drift.track import KEPT_HOURS, Track
from tests.drift.streams import WEEK_HOURS, always, hour, hours, pinned, stepping

Piece = tuple[int, int, int]  # hour, escalated, judged


def tracked(given_hours: list[Hour]) -> Track:
    """One that was told every hour at once, in order."""
    track = Track.start(detector(pinned()))
    for one in given_hours:
        track.take(*one)
    return track


def pieces(random: Random, whole: list[Hour]) -> list[Piece]:
    """Every hour in up to three parts."""
    found = []
    for start, escalated, judged in whole:
        cuts = sorted(random.randint(0, judged) for _ in range(2))
        for low, high in zip((0, *cuts), (*cuts, judged), strict=True):
            found.append((start, max(0, min(high, escalated) - min(low, escalated)), high - low))
    return [piece for piece in found if piece[2]]


DAY = hours(stepping(0.30, 0.45, 12), 24, per_hour=40)


@settings(max_examples=40)
@given(st.integers(0, 2**32))
def test_any_order_of_arrival_within_a_day_gives_the_same_state(seed: int) -> None:
    random = Random(seed)
    track = Track.start(detector(pinned()))
    totals: dict[int, Hour] = {}
    arriving = pieces(random, DAY)
    random.shuffle(arriving)
    for start, escalated, judged in arriving:
        held = totals.get(start, Hour(start, 0, 0))
        totals[start] = Hour(start, held.escalated + escalated, held.judged + judged)
        if not track.hours or start >= track.hours[-1].start:
            track.take(start, escalated, judged)
        else:
            track.amend(sorted(totals.values()))
    assert track.state == tracked(DAY).state
    assert track.hours == DAY


def test_the_totals_as_they_were_change_nothing() -> None:
    track = tracked(DAY)
    before = track.to_dict()
    assert track.amend(DAY) is False
    assert track.to_dict() == before


def test_a_correction_of_the_running_hour_is_taken() -> None:
    track = tracked(DAY)
    corrected = [*DAY[:-1], DAY[-1]._replace(escalated=DAY[-1].escalated + 2)]
    assert track.amend(corrected) is True
    assert track.state == tracked(corrected).state


def test_an_hour_that_was_missing_is_put_in_its_place() -> None:
    missing = [*DAY[:5], *DAY[6:]]
    track = tracked(missing)
    assert track.amend(DAY) is True
    assert track.state == tracked(DAY).state != tracked(missing).state


def test_yesterday_can_be_told_this_morning() -> None:
    today = hours(always(0.30), 2, first=24)
    track = tracked(today)
    assert track.amend([*DAY, *today]) is True
    assert track.state == tracked([*DAY, *today]).state


def test_what_is_older_than_a_day_and_two_hours_is_settled() -> None:
    long = hours(always(0.30), 60)
    track = tracked(long)
    assert track.floor == long[-1].start - KEPT_HOURS * HOUR_MS
    changed = [long[0]._replace(escalated=long[0].judged), *long[1:]]
    assert track.amend(changed) is False
    assert track.state == tracked(long).state


def test_hours_before_those_that_were_read_stay_as_they_are() -> None:
    track = tracked(DAY)
    assert track.amend(DAY[10:], start=DAY[10].start) is False
    assert track.amend([], start=DAY[-1].start + 1) is False


def test_after_a_restart_only_the_running_hour_can_change() -> None:
    track = tracked(DAY)
    track.restart()
    assert track.amend([DAY[3]._replace(escalated=40), *DAY[4:]]) is False
    assert track.hours == DAY[-1:]
    late = DAY[-1]._replace(escalated=DAY[-1].escalated + 5, judged=DAY[-1].judged + 5)
    track.amend([late])
    assert track.state.requests == 5


@pytest.mark.parametrize("restart", [None, 3, 20])
def test_a_row_goes_on_where_it_was_written(restart: int | None) -> None:
    whole = hours(stepping(0.30, 0.40, 50), WEEK_HOURS, per_hour=30)
    one, other = Track.start(detector(pinned())), Track.start(detector(pinned()))
    for number, this in enumerate(whole):
        one.take(*this)
        other = Track.from_dict(detector(pinned()), json.loads(json.dumps(other.to_dict())))
        other.take(*this)
        if number == restart:
            one.restart()
            other.restart()
    assert other.to_dict() == one.to_dict()


def test_hours_without_evidence_are_kept_but_say_nothing() -> None:
    weekdays_only = detector(pinned(weekend_band=None))
    track = Track.start(weekdays_only)
    for this in hours(always(0.30), 140):
        track.take(*this)
    assert track.state.hour == hour(119)
    assert track.hours[-1].start == hour(139)
