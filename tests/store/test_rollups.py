"""The sums are exact at every commit, in every tier, and `verify` would tell if they were not."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cascadewatch.metrics.counterfactual import flagship_only_cost
from cascadewatch.model import Event, Verdict
from cascadewatch.store.reads import Reader
from cascadewatch.store.receipt import LabelRequest
from cascadewatch.store.state import OTHER
from tests.model.events import NOON, accepted, attempt, escalated, event, labels, lists_of_events
from tests.store.aging import night, old
from tests.store.conftest import Fresh, Open
from tests.store.opened import DAY, Opened

TIMES = (NOON, NOON - 2 * DAY, NOON - 20 * DAY)  # the last one is older than minutes are kept
FEW = settings(
    max_examples=8,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@st.composite
def histories(draw: st.DrawFn) -> list[Any]:
    """Lists of events, repeats among them, and label requests in between."""
    events = draw(lists_of_events(most=10, times=TIMES))
    steps: list[Any] = []
    while events:
        size = draw(st.integers(1, len(events)))
        batch, events = events[:size], events[size:]
        steps.append(batch + draw(st.lists(st.sampled_from(batch), max_size=2)))
        for one in draw(st.lists(st.sampled_from(batch), max_size=2)):
            said = draw(labels(of=one))
            steps.append(
                LabelRequest(one.id, said.attempt, said.correct, said.source, None, said.sampling,
                             said.probability)
            )  # fmt: skip
    return steps


@FEW
@given(histories())
def test_whatever_comes_in_the_sums_equal_the_rows(fresh: Fresh, history: list[Any]) -> None:
    with fresh() as opened:
        for step in history:
            if isinstance(step, LabelRequest):
                opened.label(step)
            else:
                opened.send(*step)
        assert opened.broken() == {}
        before = opened.rollups()
        assert opened.rebuild() == opened.number("events")
        assert opened.rollups() == before


@FEW
@given(lists_of_events(most=10, times=TIMES, tiers=("small", "flagship", "cache")), st.randoms())
def test_the_sums_do_not_depend_on_the_order_of_arrival(
    fresh: Fresh, events: list[Event], chance: Any
) -> None:
    shuffled = list(events)
    chance.shuffle(shuffled)
    tiers = ("small", "flagship")
    with fresh(tiers=tiers) as one, fresh(tiers=tiers) as other:
        one.send(*events)
        for i in range(0, len(shuffled), 3):
            other.send(*shuffled[i : i + 3])
        assert one.rollups() == other.rollups()


@pytest.mark.parametrize(("verdict_ms", "waits"), [(20.0, 1), (None, 0)])
def test_a_wait_of_which_a_part_is_unknown_is_not_counted(
    opened: Opened, verdict_ms: float | None, waits: int
) -> None:
    rejected = Verdict("reject", latency_ms=verdict_ms)
    opened.send(event("a", attempt("small", verdict=rejected, latency_ms=100.0), attempt("flagship")))
    bins = opened.rollups()["rollup_bins_day"]
    assert sum(n for key, (n,) in bins.items() if key[2] == "" and key[4] == "penalty") == waits
    assert opened.broken() == {}


def filled(opened: Opened) -> Opened:
    opened.send(*(accepted(f"a{i}", at=NOON - i * 60_000, caller="tenant-1") for i in range(3)))
    opened.send(*(escalated(f"e{i}", at=NOON - i * DAY, revision="r1") for i in range(3)))
    assert opened.broken() == {}
    return opened


DAMAGE = {
    "a sum of a minute": ("UPDATE rollup_events_minute SET escalated = escalated + 1", "I2"),
    "a sum of a day": ("UPDATE rollup_events_day SET cost_cheap = cost_cheap - 1", "I2"),
    "a row of sums lost": ("DELETE FROM rollup_attempts_quarter WHERE tier = 'flagship'", "I2"),
    "a row of sums too many": (
        "INSERT INTO rollup_bins_day VALUES ('support', 'live', '', 0, 'reason', 'x', 0, 1)", "I2",
    ),
    "a caller's sum": ("UPDATE rollup_callers_hour SET events = 0", "I2"),
    "the cost of an attempt": ("UPDATE attempts SET cost = cost + 1 WHERE tier = 'flagship'", "I2"),
    "the verdict of an attempt": ("UPDATE attempts SET outcome = 'accept' WHERE outcome = 'reject'", "I2"),
    "a fact": ("UPDATE events SET path = 'unverified' WHERE path = 'escalated'", "I2"),
    "an event lost": ("DELETE FROM events WHERE id = 'e1'", "I1"),
    "the attempts of an event lost": ("DELETE FROM attempts WHERE event = 1", "I1"),
    "an identity lost": ("DELETE FROM event_keys WHERE seq = 1", "I1"),
    "a counter": ("UPDATE ingest_counters SET n = n + 1", "I3"),
    "a quarantined event nobody counted": (
        "INSERT INTO quarantine VALUES (99, 'local', 'x', 'conflict', 0, NULL, NULL, '{}')", "I3",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("statement", "check"), DAMAGE.values(), ids=DAMAGE)
def test_verify_notices(opened: Opened, statement: str, check: str) -> None:
    filled(opened)
    opened.tamper(statement)
    broken = opened.broken()
    assert check in broken
    assert broken[check]["examples"]


@pytest.mark.parametrize(
    "table", ["rollup_events_minute", "rollup_attempts_day", "rollup_bins_quarter", "rollup_callers_utc_day"]
)
def test_rebuild_mends_the_sums(opened: Opened, table: str) -> None:
    filled(opened)
    before = opened.rollups()
    opened.tamper(f"DELETE FROM {table}")
    assert set(opened.broken()) == {"I2"}
    assert opened.rebuild() == 6
    assert opened.broken() == {}
    assert opened.rollups() == before


def test_the_writer_goes_on_after_a_rebuild(opened: Opened) -> None:
    filled(opened)
    opened.rebuild()
    opened.send(escalated("new", route="faq", revision="r9"))
    assert opened.broken() == {}


def test_a_route_whose_events_are_gone_is_still_known_after_a_rebuild(opening: Open) -> None:
    opened = opening(limits={"routes": 1})
    opened.send(*(old(f"gone-{n}", 60, route="checkout") for n in range(31)))
    night(opened)
    opened.send(accepted("now", route="faq"), accepted("past-the-cap", route="new"))
    opened.send(escalated("again", at=NOON - 90 * DAY, route="billing"))
    night(opened)

    def told() -> Any:
        with opened.store.reading() as connection:
            reader = Reader(connection, opened.settings)
            span = reader.cover(NOON - 100 * DAY, NOON + DAY)
            found = reader.routes("support", span)
            flagship_only = flagship_only_cost(reader.window("support", None, span))
            return {route: sums["events"] for route, sums in found.items()}, flagship_only

    before = told()
    assert before[0] == {"checkout": 31, OTHER: 3}
    opened.rebuild()
    opened.rebuild()
    assert told()[0] == {"checkout": 31, OTHER: 2, "faq": 1}, "it takes no room under the cap"
    assert told()[1] == before[1]
    assert opened.broken() == {}
    opened.send(accepted("later", route="checkout"))
    assert opened.broken() == {}


def test_minutes_are_kept_from_a_fortnight_ago_only(opened: Opened) -> None:
    opened.send(accepted("old", at=NOON - 20 * DAY), accepted("new", at=NOON - DAY))
    rows = {name: len(table) for name, table in opened.rollups().items() if name.startswith("rollup_events")}
    assert rows == {"rollup_events_minute": 2, "rollup_events_quarter": 4, "rollup_events_day": 4}
    assert opened.broken() == {}
