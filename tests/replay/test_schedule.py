"""When a replay is due, and what is said of slots that passed."""

from datetime import datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadewatch.errors import ConfigError
from cascadewatch.replay.schedule import Due, between, decide, next_after, previous
from cascadewatch.settings import load
from cascadewatch.settings.cron import parse_schedule

BERLIN = "Europe/Berlin"
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


def at(text: str, zone: str = BERLIN, fold: int = 0) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp() * 1000)


def slots(schedule: str, start: str, count: int, zone: str = BERLIN) -> list[str]:
    found, now = [], at(start, zone)
    for _ in range(count):
        slot = next_after(schedule, zone, now)
        assert slot is not None
        found.append(datetime.fromtimestamp(slot / 1000, ZoneInfo(zone)).strftime("%m-%d %H:%M %z"))
        now = slot
    return found


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("0 3 * * *", ["11-22 03:00 +0100", "11-23 03:00 +0100"]),
        ("*/20 9-10 * * mon-fri", ["11-23 09:00 +0100", "11-23 09:20 +0100"]),
        ("0 0 * * 0", ["11-22 00:00 +0100", "11-29 00:00 +0100"]),  # Sunday is 0, as cron has it …
        ("0 0 * * 7", ["11-22 00:00 +0100", "11-29 00:00 +0100"]),  # … and 7
        ("0 0 * * 1-5", ["11-23 00:00 +0100", "11-24 00:00 +0100"]),
        ("0 0 13 * fri", ["11-27 00:00 +0100", "12-04 00:00 +0100"]),  # either of the two is enough
        ("0 0 31 * *", ["12-31 00:00 +0100", "01-31 00:00 +0100"]),
        ("6h", ["11-21 13:00 +0100", "11-21 19:00 +0100"]),
    ],
)
def test_slots_of_a_schedule(schedule: str, expected: list[str]) -> None:
    assert slots(schedule, "2026-11-21T12:00", 2) == expected  # a Saturday


def test_a_time_that_the_clock_skips_is_due_an_hour_later_once() -> None:
    assert slots("30 2 * * *", "2027-03-27T12:00", 2) == ["03-28 03:30 +0200", "03-29 02:30 +0200"]


def test_a_time_that_the_clock_shows_twice_is_due_once() -> None:
    assert slots("30 2 * * *", "2027-10-30T12:00", 2) == ["10-31 02:30 +0200", "11-01 02:30 +0100"]


def test_lengths_do_not_care_for_the_clock() -> None:
    found = [next_after("12h", BERLIN, at("2027-10-30T20:00") + n * 12 * HOUR) for n in range(3)]
    assert [b - a for a, b in pairwise(found)] == [12 * HOUR, 12 * HOUR]  # type: ignore[operator]


def test_a_leap_day_is_found_from_both_sides() -> None:
    assert next_after("0 0 29 2 *", "UTC", at("2096-03-01T00:00", "UTC")) == at("2104-02-29T00:00", "UTC")
    assert previous("0 0 29 2 *", "UTC", at("2104-02-28T00:00", "UTC")) == at("2096-02-29T00:00", "UTC")


SCHEDULES = [
    "0 3 * * *",
    "30 2 * * *",
    "*/15 * * * *",
    "0 */6 * * *",
    "5 1 1 * *",
    "0 2 * * sun",
    "12h",
    "45m",
]
ZONES = [BERLIN, "UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]


@given(
    st.sampled_from(SCHEDULES),
    st.sampled_from(ZONES),
    st.integers(at("2026-01-01T00:00"), at("2030-01-01T00:00")),
)
def test_previous_and_next_are_neighbours(schedule: str, zone: str, now: int) -> None:
    before, after = previous(schedule, zone, now), next_after(schedule, zone, now)
    assert before is not None
    assert after is not None
    assert before <= now < after
    assert next_after(schedule, zone, before) == after
    assert previous(schedule, zone, after - 1) == before
    assert previous(schedule, zone, after) == after
    assert between(schedule, zone, before, after) == 0


DAILY = "0 3 * * *"
TODAY = at("2026-11-21T03:00")


def decided(now: int, last: int | None, busy: tuple[int, int | None] | None = None) -> Due:
    return decide(DAILY, BERLIN, now, last, busy)


def test_a_new_schedule_counts_from_its_first_look_on() -> None:
    found = decided(TODAY + 9 * HOUR, None)
    assert (found.reason, found.slot, found.is_to_run) == ("new", TODAY, False)


def test_it_waits_for_its_next_slot() -> None:
    assert decided(TODAY + 9 * HOUR, TODAY) == Due("waiting", None, TODAY + DAY)


def test_it_is_due_at_its_slot_and_late_after_five_minutes() -> None:
    assert decided(TODAY, TODAY - DAY) == Due("due", TODAY, TODAY + DAY)
    assert decided(TODAY + 5 * MINUTE, TODAY - DAY).reason == "due"
    assert decided(TODAY + 5 * MINUTE + 1, TODAY - DAY).reason == "late"


def test_one_run_makes_up_for_all_slots_that_passed() -> None:
    found = decided(TODAY + 9 * HOUR, TODAY - 5 * DAY)
    assert (found.reason, found.slot, found.missed) == ("late", TODAY, 4)
    assert decided(TODAY + 9 * HOUR, found.slot).reason == "waiting"


def test_years_of_missed_slots_are_not_counted_one_by_one() -> None:
    assert decide("* * * * *", BERLIN, TODAY, TODAY - 365 * DAY).missed == 100
    assert decide("1m", BERLIN, TODAY, TODAY - 365 * DAY).missed == 100


@pytest.mark.parametrize(
    ("busy", "reason"),
    [
        ((TODAY - HOUR, None), "overlapping"),
        ((TODAY - HOUR, TODAY + 1), "overlapping"),
        ((TODAY - HOUR, TODAY - 1), "due"),
        ((TODAY + 1, None), "due"),
    ],
)
def test_a_slot_in_the_time_of_another_run_is_left_out(busy: tuple[int, int | None], reason: str) -> None:
    assert decided(TODAY + 2, TODAY - DAY, busy).reason == reason


def test_a_clock_set_back_runs_nothing_twice() -> None:
    assert decided(TODAY - DAY, TODAY).reason == "waiting"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("61 3 * * *", 'its minute is "61", but may be 0 to 59'),
        ("0 3 * *", "which has 4 fields"),
        ("daily", "which is no schedule"),
        ("0 0 31 2 *", "a day that never comes"),
        ("0 3 * * funday", 'its weekday is "funday"'),
        ("*/0 * * * *", 'its minute is "*/0"'),
        ("5-1 * * * *", 'its minute is "5-1"'),
        ("30s", "the shortest is a minute"),
    ],
)
def test_what_is_no_schedule_is_refused_with_a_sentence(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=r"^is ") as refused:
        parse_schedule(text)
    assert said in str(refused.value)


def test_a_settings_file_with_a_bad_schedule_names_its_line(tmp_path: Path) -> None:
    file = tmp_path / "cascadewatch.toml"
    file.write_text('[replay.x]\neval_set = "a"\ntarget = "b"\nschedule = "0 25 * * *"\n')
    with pytest.raises(
        ConfigError, match=r'line 4: `replay\.x\.schedule` is "0 25 \* \* \*"; its hour is "25"'
    ):
        load(file, env={})


@given(st.text(alphabet="0123456789*/,- mondhw", max_size=20))
def test_whatever_is_written_is_read_or_refused_in_words(text: str) -> None:
    try:
        parse_schedule(text)
    except ValueError as error:
        said = str(error)
    else:
        said = "is fine" if previous(text, BERLIN, TODAY) is not None else "never was"
    assert said.startswith("is ")
