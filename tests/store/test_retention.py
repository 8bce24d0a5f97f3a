"""What goes at night and what stays; the sums of what is gone are as they were."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from cascadewatch.settings.retention import Retention
from cascadewatch.store import horizons, tables
from cascadewatch.store.horizons import Horizons
from cascadewatch.store.ingest import identity
from cascadewatch.store.receipt import LabelRequest
from cascadewatch.store.retention import preview
from cascadewatch.store.rollup_tables import ROLLUPS
from tests.model.events import NOON, accepted, escalated, lists_of_events
from tests.store.aging import AGES, KEEPS_TEXT, night, of_every_age, old
from tests.store.conftest import Fresh, Open
from tests.store.opened import DAY, Opened

MIDNIGHT = NOON - NOON % DAY
SQLITE = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)  # where the engine does not matter


@pytest.fixture
def aged(opening: Open) -> Opened:
    """Events of every age, in a zone whose days are not those of UTC."""
    opened = opening(timezone="Europe/Berlin", **KEEPS_TEXT)
    opened.send(*of_every_age())
    return opened


def ages(opened: Opened, table: str, column: str = "time") -> set[int]:
    """Days, rounded down, since what a table holds."""
    return {(NOON - int(row[column])) // DAY for row in opened.rows(table)}


def test_single_events_go_after_thirty_days_with_all_that_hangs_on_them(aged: Opened) -> None:
    night(aged)
    assert ages(aged, "events") == {age for age in AGES if age <= 30}
    seqs = {row["seq"] for row in aged.rows("events")}
    assert {row["event"] for row in aged.rows("attempts")} == seqs
    assert {row["event"] for row in aged.rows("labels")} < seqs
    assert aged.broken() == {}


@SQLITE
def test_texts_go_after_seven_days(aged: Opened) -> None:
    night(aged)
    times = {row["seq"]: row["time"] for row in aged.rows("events")}
    assert {(NOON - times[row["event"]]) // DAY for row in aged.rows("texts")} == {0, 2, 6}


def test_identities_stay_as_long_as_the_sums(aged: Opened) -> None:
    night(aged)
    assert ages(aged, "event_keys") == set(AGES)
    assert aged.send(*of_every_age()).duplicate == len(of_every_age()), "an old file counts nothing twice"
    assert aged.broken() == {}


@SQLITE
def test_the_finest_sums_go_first(aged: Opened) -> None:
    night(aged)
    assert max(ages(aged, "rollup_events_minute", "bucket")) == 13
    assert max(ages(aged, "rollup_attempts_minute", "bucket")) == 13
    assert max(ages(aged, "rollup_callers_hour", "bucket")) == 34
    for table in (
        "rollup_events_quarter",
        "rollup_labels_quarter",
        "rollup_events_day",
        "rollup_callers_utc_day",
    ):
        assert max(ages(aged, table, "bucket")) >= 399, table


def test_quarter_hours_of_a_routes_distributions_go_after_thirty_five_days(aged: Opened) -> None:
    night(aged)
    found: dict[bool, int] = {}
    for row in aged.rows("rollup_bins_quarter"):
        of_a_route = row["route"] != ""
        found[of_a_route] = max(found.get(of_a_route, 0), (NOON - row["bucket"]) // DAY)
    assert found == {True: 34, False: 399}
    assert {row["route"] for row in aged.rows("rollup_bins_day") if NOON - row["bucket"] > 390 * DAY} == {
        "",
        "faq",
    }


@SQLITE
def test_what_is_counted_stays_what_it_was(aged: Opened) -> None:
    before = aged.counts()
    night(aged)
    assert aged.counts() == before
    assert aged.counts()["events"] == len(of_every_age())


def test_everything_goes_after_four_hundred_days(aged: Opened) -> None:
    later = NOON + 401 * DAY
    done = night(aged, later)
    assert done.rows["event_keys"] == len(of_every_age())
    assert done.rows["ingest_counters"] >= 1
    for table in ("events", "attempts", "labels", "texts", "event_keys", "ingest_counters"):
        assert aged.number(table) == 0, table
    # A local day that the horizon cuts goes with its last hour.
    assert {t.name: aged.number(t.name) for r in ROLLUPS.values() for t in r.tiers.values()} == {
        t.name: 0 for r in ROLLUPS.values() for t in r.tiers.values()
    }
    assert aged.broken() == {}, "what was forgotten on purpose is not missing"


@SQLITE
def test_a_second_night_finds_nothing(aged: Opened) -> None:
    assert sum(night(aged).rows.values()) > 0
    assert sum(night(aged).rows.values()) == 0


def test_a_preview_tells_exactly_what_goes_and_deletes_nothing(aged: Opened) -> None:
    held = {table.name: aged.number(table.name) for table in tables.metadata.sorted_tables}
    told = preview(aged.store, aged.settings, aged.now)
    assert {name: aged.number(name) for name in held} == held
    done = night(aged)
    assert told.rows == done.rows
    assert told.horizons == done.horizons


@SQLITE
def test_progress_adds_up_to_what_went(aged: Opened) -> None:
    heard: dict[str, int] = {}

    def hear(gone: dict[str, int]) -> None:
        for name, n in gone.items():
            if n:
                heard[name] = heard.get(name, 0) + n

    assert night(aged, told=hear).rows == heard


@SQLITE
def test_one_that_is_stopped_goes_on_the_next_time(aged: Opened) -> None:
    answers = iter([False, False, True])
    first = night(aged, stopped=lambda: next(answers))
    assert not first.whole
    assert aged.broken() == {}
    second = night(aged)
    assert second.whole
    assert max(ages(aged, "events")) <= 30


# --- what comes in afterwards


@SQLITE
def test_a_label_of_an_event_that_is_gone_is_refused_with_the_reason(aged: Opened) -> None:
    night(aged)
    receipt = aged.label(LabelRequest("old-60", 0, True, "human"), LabelRequest("old-2", 0, True, "human"))
    assert (receipt.accepted, receipt.rejected) == (1, 1)
    assert receipt.errors[0].reason.startswith("too_old")
    assert aged.broken() == {}


def test_history_may_still_come_in_and_goes_the_next_night(aged: Opened) -> None:
    night(aged)
    before = aged.counts()["events"]
    assert aged.send(old("found-later", 90)).accepted == 1
    assert aged.counts()["events"] == before + 1
    assert aged.number("texts") == 3, "a text that would be deleted is not kept at all"
    assert aged.broken() == {}
    assert night(aged).rows == {"events": 1, "attempts": 2, "labels": 1}
    assert aged.counts()["events"] == before + 1
    assert aged.send(old("found-later", 90)).duplicate == 1


@SQLITE
def test_no_sum_is_made_that_is_no_longer_kept(aged: Opened) -> None:
    night(aged)
    aged.send(old("found-later", 90, caller="tenant-2", route="late"))
    assert not [row for row in aged.rows("rollup_callers_hour") if row["caller"] == "tenant-2"]
    assert not [row for row in aged.rows("rollup_bins_quarter") if row["route"] == "late"]
    assert [row for row in aged.rows("rollup_bins_day") if row["route"] == "late"]
    assert [row for row in aged.rows("rollup_callers_utc_day") if row["caller"] == "tenant-2"]


@SQLITE
def test_a_later_label_moves_sums_exactly_where_finer_ones_are_gone(opening: Open) -> None:
    opened = opening(retention=Retention(raw_days=90))
    opened.send(old("a", 60), accepted("b", at=NOON - 60 * DAY))
    night(opened)
    opened.label(LabelRequest("a", 0, True, "human"), LabelRequest("b", 0, True, "human"))
    assert opened.broken() == {}


@SQLITE
def test_horizons_never_go_back(aged: Opened) -> None:
    night(aged)
    night(aged, settings=aged.settings.model_copy(update={"retention": Retention(raw_days=300)}))
    with aged.store.reading() as connection:
        assert horizons.stored(connection).raw == MIDNIGHT - 30 * DAY
    assert aged.broken() == {}


# --- checking and repairing


def test_sums_of_events_that_are_gone_survive_a_rebuild(aged: Opened) -> None:
    night(aged)
    before, counted = aged.rollups(), aged.counts()
    assert aged.rebuild() == aged.number("events")
    assert aged.rollups() == before
    assert aged.counts() == counted
    assert aged.broken() == {}


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
def test_a_series_that_ended_goes_to_its_last_quarter_hour(opening: Open, zone: str) -> None:
    opened = opening(timezone=zone)
    opened.send(*(old(f"{hour}", hour / 24, route=f"ended-{hour}") for hour in (0, 5, 11, 15)))
    for nights in (400, 401, 402):
        night(opened, NOON + nights * DAY)
    left = {t.name: opened.number(t.name) for r in ROLLUPS.values() for t in r.tiers.values()}
    assert left == dict.fromkeys(left, 0)


@SQLITE
def test_a_rebuild_mends_what_can_be_mended(aged: Opened) -> None:
    night(aged)
    before = aged.rollups()
    aged.tamper(f"UPDATE rollup_events_quarter SET events = events + 7 WHERE bucket > {NOON - 29 * DAY}")
    assert set(aged.broken()) == {"I2"}
    aged.rebuild()
    assert aged.rollups() == before


@SQLITE
def test_a_loss_that_nobody_intended_is_still_found(aged: Opened) -> None:
    night(aged)
    aged.tamper(f"DELETE FROM events WHERE time > {NOON - 3 * DAY} AND time < {NOON - DAY}")
    assert {"I1", "I2"} <= set(aged.broken())
    aged.tamper(f"DELETE FROM event_keys WHERE time < {NOON - 300 * DAY}")
    assert "I3" in aged.broken()


@SQLITE
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata"])
def test_another_zone_loses_nothing_of_what_is_kept_by_day_alone(
    opening: Open, aged: Opened, zone: str
) -> None:
    night(aged)
    before = distributions(aged)
    moved = opening(timezone=zone, **KEEPS_TEXT)
    assert distributions(moved) == before
    assert moved.counts()["events"] == len(of_every_age())
    assert moved.broken() == {}


def distributions(opened: Opened) -> dict[tuple[Any, ...], int]:
    """What the days of all routes add up to."""
    found: dict[tuple[Any, ...], int] = {}
    for row in opened.rows("rollup_bins_day"):
        key = (row["route"], row["family"], row["label"], row["bin"])
        found[key] = found.get(key, 0) + row["n"]
    return found


# --- windows


TIMES = tuple(NOON - days * DAY - 1_800_000 for days in (0, 3, 10, 16, 25, 33, 50, 120, 380))


@SQLITE
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=lists_of_events(most=10, times=TIMES), data=st.data())
def test_windows_add_up_to_the_same_before_and_after(
    fresh: Fresh, events: list[Any], data: st.DataObject
) -> None:
    zone = data.draw(st.sampled_from(["UTC", "Asia/Kolkata", "America/New_York"]))
    spans = data.draw(st.lists(st.tuples(*[st.sampled_from(edges())] * 2), min_size=1, max_size=4))
    later = NOON + data.draw(st.sampled_from([0, 5 * DAY, 17 * DAY]))
    with fresh(timezone=zone) as opened:
        opened.send(accepted("one"), *events)
        wide = [(min(span), max(span) + 900_000) for span in spans]
        before = [opened.counts(*span) for span in wide]
        night(opened, later)
        assert [opened.counts(*span) for span in wide] == before
        assert opened.broken() == {}


def edges() -> list[int]:
    """Quarter-hours about the events, and the horizons themselves."""
    near = [t + shift * 900_000 for t in TIMES for shift in (-8, 0, 4, 9)]
    return [t - t % 900_000 for t in near] + [MIDNIGHT - days * DAY for days in (14, 30, 35)]


@SQLITE
def test_distributions_of_a_route_are_read_by_whole_days_where_no_quarter_hours_are_left(
    aged: Opened,
) -> None:
    from cascadewatch.store.reads import Reader

    def latencies(route: str | None) -> int:
        with aged.store.reading() as connection:
            reader = Reader(connection, aged.settings)
            span = reader.cover(NOON - 60 * DAY - 900_000, NOON - 60 * DAY + 900_000)
            found = reader.window("support", route, span).bins
        return sum(n for key, bins in found.items() if key[0] == "latency" for n in bins.values())

    assert (latencies("faq"), latencies(None)) == (1, 1)
    night(aged)
    assert (latencies("faq"), latencies(None)) == (1, 1)


@SQLITE
def test_callers_of_long_ago_are_read_by_day(aged: Opened) -> None:
    from cascadewatch.store.reads import callers

    night(aged)
    with aged.store.reading() as connection:
        at = NOON - 60 * DAY
        assert [c.caller for c in callers(connection, "support", at, at + 3_600_000).rows] == ["tenant-1"]


# --- pure


def test_an_event_is_never_deleted_before_its_time() -> None:
    for hour in (0, 7, 23):
        now = MIDNIGHT + hour * 3_600_000
        found = horizons.wanted(Retention(), now)
        kept = (30, 7, 14, 35, 35, 400)
        assert all(h <= now - days * DAY for h, days in zip(found, kept, strict=True))
        assert all(h > now - (days + 1) * DAY for h, days in zip(found, kept, strict=True))


def test_distributions_stay_at_least_as_long_as_the_events_they_can_be_checked_with() -> None:
    assert horizons.wanted(Retention(raw_days=90), NOON).distribution == MIDNIGHT - 90 * DAY


def test_a_time_before_1970_is_no_horizon() -> None:
    assert horizons.wanted(Retention(), 3 * DAY) == Horizons()


@SQLITE
def test_conflicts_in_quarantine_go_like_single_events(opening: Open) -> None:
    opened = opening()
    opened.send(accepted("a"), received=NOON - 40 * DAY)
    opened.send(escalated("a"), received=NOON - 40 * DAY)
    opened.send(escalated("a", completed=False))
    assert opened.number("quarantine") == 2
    assert night(opened).rows["quarantine"] == 1
    assert opened.broken() == {}


@SQLITE
def test_labels_stop_waiting_after_seven_days(opened: Opened) -> None:
    opened.label(LabelRequest("never", 0, True, "human"), received=NOON - 8 * DAY)
    opened.label(LabelRequest("soon", 0, True, "human"))
    assert night(opened).rows["waiting_labels"] == 1
    assert opened.number("waiting_labels") == 1


def test_a_night_may_have_more_to_do_than_goes_into_one_part(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cascadewatch.store import deletions

    for name in ("EVENTS", "ROWS", "SERIES"):
        monkeypatch.setattr(deletions, name, 2)
    opened.send(*of_every_age())
    parts: list[dict[str, int]] = []
    night(opened, told=parts.append)
    assert max(part.get("events", 0) for part in parts) == 2
    assert sum(part.get("events", 0) for part in parts) == 2 * sum(age > 30 for age in AGES)
    assert opened.broken() == {}


@SQLITE
def test_identity_and_key_are_of_one_event(aged: Opened) -> None:
    night(aged)
    with aged.store.reading() as connection:
        key = tables.event_keys.c.key == identity("local", "old-399")
        assert connection.execute(select(tables.event_keys.c.time).where(key)).scalar() == NOON - 399 * DAY
