"""Days are those of the configured zone, whole and exact, on days when clocks change as well."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.event import listen

from cascadewatch.model import Event
from cascadewatch.pricing import PriceBook
from cascadewatch.store.opening import open_store
from cascadewatch.store.reads import Reader
from cascadewatch.store.verify import verify
from cascadewatch.store.writes import Writer
from cascadewatch.store.zone import local_days, next_day
from tests.model.events import NOON, accepted, escalated
from tests.store.conftest import Fresh, Open
from tests.store.opened import DAY, Opened, settings_for

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata")
CHANGES = {  # local days on which clocks change, and the day before
    "Europe/Berlin": ("2026-03-28", "2026-03-29", "2026-10-24", "2026-10-25"),
    "America/New_York": ("2026-03-07", "2026-03-08", "2026-10-31", "2026-11-01"),
    "Asia/Kolkata": ("2026-03-29", "2026-10-25"),
}


def midnight(day: str, zone: str) -> int:
    return round(datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def around_midnights(zone: str) -> list[Event]:
    """Before, at and after each midnight; one event an hour through the days themselves."""
    shifts = (-60_000, -1, 0, 1, 60_000, *range(3_600_000, 25 * 3_600_000, 3_600_000))
    return [
        accepted(f"{day}{shift:+}", at=midnight(day, zone) + shift)
        for day in CHANGES[zone]
        for shift in shifts
    ]


def per_day(opened: Opened) -> dict[int, int]:
    """Events by the start of their day, as kept."""
    rows = opened.rollups()["rollup_events_day"]
    return {key[3]: values[0] for key, values in rows.items() if key[2] == ""}


@pytest.mark.parametrize("zone", ZONES)
def test_every_event_is_counted_in_the_local_day_it_belongs_to(opening: Open, zone: str) -> None:
    opened, events = opening(timezone=zone), around_midnights(zone)
    opened.send(*events)
    expected: dict[int, int] = {}
    for e in events:
        local = datetime.fromtimestamp(e.millis / 1000, ZoneInfo(zone)).date().isoformat()
        start = midnight(local, zone)
        expected[start] = expected.get(start, 0) + 1
    assert per_day(opened) == expected
    assert sum(per_day(opened).values()) == len(events)


@pytest.mark.parametrize("zone", ZONES)
def test_the_local_days_add_up_to_the_range(opening: Open, zone: str) -> None:
    opened, local_day = opening(timezone=zone), local_days(zone)
    opened.send(*around_midnights(zone))
    day = first = local_day(midnight(CHANGES[zone][-2], zone))
    total = 0
    with opened.store.reading() as connection:
        reader = Reader(connection, opened.settings)
        for _ in range(5):
            span = reader.cover(day, next_day(day, local_day))
            assert (span.start, span.end) == (day, next_day(day, local_day))
            total += reader.window("support", None, span).counts["events"]
            day = next_day(day, local_day)
    assert total == opened.counts(first, day)["events"] > 20


def test_events_that_arrive_late_go_into_their_own_day(opening: Open) -> None:
    opened = opening(timezone="Europe/Berlin")
    opened.send(escalated("now"))
    opened.send(escalated("yesterday", at=NOON - DAY), escalated("long-ago", at=NOON - 300 * DAY))
    local_day = local_days("Europe/Berlin")
    assert per_day(opened) == {local_day(NOON - n * DAY): 1 for n in (0, 1, 300)}
    assert opened.counts(NOON - 301 * DAY, NOON - 299 * DAY)["escalated"] == 1
    assert opened.broken() == {}


def mixed() -> list[Event]:
    return [
        (escalated if hour % 3 else accepted)(f"e{hour}", at=NOON - hour * 3_600_000 - hour * 1_000)
        for hour in range(60)
    ]


def test_another_zone_makes_the_days_anew(fresh: Fresh) -> None:
    with fresh(timezone="Europe/Berlin") as first, fresh(timezone="Asia/Kolkata") as made_there:
        first.send(*mixed())
        made_there.send(*mixed())
        moved = Opened(settings_for(first.settings.database_url, timezone="Asia/Kolkata"), NOON)
        assert moved.rollups() == made_there.rollups()
        assert moved.broken() == {}
        moved.close()


def test_another_zone_is_right_for_readers_before_anything_is_written(opening: Open) -> None:
    opening(timezone="Europe/Berlin").send(*mixed())
    start = midnight("2026-11-20", "Asia/Kolkata")
    expected = sum(start <= e.millis < start + DAY for e in mixed())
    assert opening(timezone="Asia/Kolkata").counts(start, start + DAY)["events"] == expected


def test_a_reader_left_in_the_old_zone_still_adds_up(opening: Open) -> None:
    left = opening(timezone="Europe/Berlin")
    left.send(*mixed())
    opening(timezone="Asia/Kolkata").send(accepted("new"))
    start = midnight("2026-11-20", "Europe/Berlin")
    assert left.counts(start, start + DAY)["events"] == sum(start <= e.millis < start + DAY for e in mixed())
    assert left.broken() == {}


def test_only_a_process_that_serves_makes_the_days_anew(opening: Open) -> None:
    serving = opening(timezone="Europe/Berlin")
    serving.send(*mixed())
    before, kept = per_day(serving), serving.rows("meta")
    elsewhere = settings_for(serving.settings.database_url, timezone="Asia/Kolkata")
    store = open_store(elsewhere, NOON)  # as by a command that asks
    assert verify(store, elsewhere)["ok"]
    writer = Writer(store, elsewhere, PriceBook((), bundled=False), lambda: NOON)  # as by one that writes
    writer.write([serving.batch([accepted("theirs")])])
    writer.close()
    store.close()
    assert per_day(serving) == {**before, max(before): before[max(before)] + 1}
    assert serving.broken() == {}
    assert serving.rows("meta") == kept


def test_settings_that_name_no_zone_leave_the_days_as_they_are(opening: Open) -> None:
    opening(timezone="Asia/Kolkata").send(*mixed())
    nameless = opening()
    nameless.send(accepted("new", at=NOON - 7 * 3_600_000))
    local_day = local_days("Asia/Kolkata")
    assert set(per_day(nameless)) == {local_day(e.millis) for e in mixed()}
    nameless.rebuild()
    assert set(per_day(nameless)) == {local_day(e.millis) for e in mixed()}
    assert nameless.broken() == {}


def test_the_zone_of_two_servers_is_that_of_the_one_started_last(opening: Open) -> None:
    berlin, kolkata = opening(timezone="Europe/Berlin"), opening(timezone="Asia/Kolkata")
    made: list[str] = []
    for server in (berlin, kolkata):
        listen(server.store.engine, "before_cursor_execute", lambda *said: made.append(said[2]))
    for number, server in enumerate((berlin, kolkata) * 3):
        server.send(accepted(f"e{number}", caller=f"tenant-{number}"))
    assert not [one for one in made if "zone_days" in one]
    assert set(per_day(berlin)) == {local_days("Asia/Kolkata")(NOON)}
    assert berlin.broken() == {}


def test_writers_in_two_zones_leave_whole_days(opening: Open) -> None:
    berlin, kolkata = opening(timezone="Europe/Berlin"), opening(timezone="Asia/Kolkata")
    for number, writer in enumerate((berlin, kolkata, berlin, kolkata)):
        writer.send(accepted(f"e{number}", at=NOON - number * 3_600_000 * 7))
    assert sum(per_day(kolkata).values()) == 4
    assert kolkata.broken() == {}


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_windows_over_adjacent_ranges_add_up(filled: Opened, data: st.DataObject) -> None:
    cuts = st.integers(NOON - 70 * 3_600_000, NOON + 3_600_000).map(lambda t: t - t % 60_000)
    start, middle, end = sorted(data.draw(st.lists(cuts, min_size=3, max_size=3)))
    whole, left, right = (filled.counts(*span) for span in ((start, end), (start, middle), (middle, end)))
    assert {k: left[k] + right[k] for k in whole} == dict(whole)
    assert whole["events"] == sum(start <= e.millis < end for e in mixed())


@pytest.fixture
def filled(opening: Open) -> Opened:
    opened = opening(timezone="America/New_York")
    opened.send(*mixed())
    return opened
