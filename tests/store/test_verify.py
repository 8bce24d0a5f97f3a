"""`verify` finds any cell of any sum that is not what the rows say, and takes events a stretch at a time."""

import math
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, Text, select

from cascadewatch.metrics.measures import latency_bin, score_bin
from cascadewatch.model import Label, Verdict
from cascadewatch.store import tables, verify
from cascadewatch.store.rollup_tables import ROLLUPS
from cascadewatch.store.rowtypes import EventRow
from cascadewatch.store.state import State
from cascadewatch.store.verification import facts, steps
from cascadewatch.store.verification.check import Check
from tests.model.events import NOON, accepted, attempt, escalated, event
from tests.store.aging import night, of_every_age
from tests.store.opened import DAY, Opened

TABLES = [(family, table) for family, rollup in ROLLUPS.items() for table in rollup.tiers.values()]
HOUR = 3_600_000


@pytest.fixture
def filled(opened: Opened) -> Opened:
    """Something in every table: two routes, days and callers, reasons, scores, labels, and a long way up."""
    said = Verdict("reject", verifier="judge", mechanism="judge", score=0.58, reason="format", latency_ms=7)
    steps = [attempt(t, verdict=said, latency_ms=333.1, cost_usd=1e-6) for t in ("small", "middle")]
    opened.send(
        *(accepted(f"a{i}", at=NOON - i * HOUR, caller="tenant-1", latency_ms=300 * i) for i in range(3)),
        *(escalated(f"e{i}", at=NOON - i * DAY, revision="r1", caller="tenant-2") for i in range(3)),
        event("up", *steps, attempt("flagship", latency_ms=0.1), route="faq", latency_ms=999.9999,
              labels=[Label(0, False, "human", "random", 0.3), Label(0, True, "judge", "random")]),
    )  # fmt: skip
    assert opened.broken() == {}
    return opened


def rows(opened: Opened, table: Table) -> list[tuple[Any, ...]]:
    with opened.store.reading() as connection:
        return [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]


def put(opened: Opened, table: Table, old: tuple[Any, ...] | None, new: tuple[Any, ...] | None) -> None:
    """A row of sums in the place of another, behind the program's back."""
    with opened.store.writing() as connection:
        if old is not None:
            same = [column == value for column, value in zip(table.primary_key, old, strict=False)]
            assert connection.execute(table.delete().where(*same)).rowcount == 1
        if new is not None:
            connection.execute(table.insert().values(new))


@st.composite
def damages(draw: st.DrawFn) -> tuple[int, str, int, int, int]:
    """Which table, what is done to it, to which of its rows and columns, and by how much."""
    by = draw(st.one_of(st.integers(-3, -1), st.integers(1, 3), st.just(2**40)))
    done = draw(st.sampled_from(["changed", "changed", "lost", "invented"]))
    return draw(st.integers(0, len(TABLES) - 1)), done, draw(st.integers(0)), draw(st.integers(0)), by


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damages())
@example((TABLES.index(("bins", ROLLUPS["bins"].tiers["quarter"])), "changed", 0, 0, 1))
@example((TABLES.index(("labels", ROLLUPS["labels"].tiers["day"])), "invented", 0, 0, 1))
def test_any_cell_that_is_wrong_is_found(filled: Opened, damage: tuple[int, str, int, int, int]) -> None:
    number, done, row, column, by = damage
    family, table = TABLES[number]
    keys, held = len(ROLLUPS[family].dimensions), rows(filled, table)
    old = held[row % len(held)]
    new = list(old)
    if done == "changed":
        new[keys + column % (len(old) - keys)] += by
    elif done == "invented":
        place = column % keys
        new[place] = new[place] + 7 if isinstance(new[place], int) else "unheard-of"
    before, after = (None if done == "invented" else old), (None if done == "lost" else tuple(new))
    put(filled, table, before, after)
    broken = filled.broken()
    put(filled, table, after, before)
    assert set(broken) == {"I2"}
    assert any(table.name in told for told in broken["I2"]["examples"])
    assert filled.broken() == {}


def of_facts(opened: Opened) -> Check:
    """Derived columns alone, compared with attempts."""
    check = Check("derived columns")
    with opened.store.reading() as connection:
        facts.compare(connection, State(connection, opened.settings), check, lambda: None)
    return check


DERIVED = EventRow._fields[EventRow._fields.index("path") : EventRow._fields.index("counterfactual_input")]
OTHER = {None: 0, 0: 1, 1: 0}
SAID = {"completed"}  # by the sender, perhaps


def test_any_derived_column_that_is_wrong_is_found(filled: Opened) -> None:
    events = tables.events
    unseen = set()
    for row in filled.rows("events"):
        mine = events.update().where(events.c.seq == row["seq"])
        for name in DERIVED:
            was = row[name]
            wrong = f"{was}-" if isinstance(events.c[name].type, Text) else OTHER.get(was, 7)
            with filled.store.writing() as connection:
                connection.execute(mine.values({name: wrong}))
            found = of_facts(filled)
            if not found.broken or not found.examples[0].startswith(f"event {row['id']!r}: "):
                unseen.add(name)
            with filled.store.writing() as connection:
                connection.execute(mine.values({name: was}))
    assert unseen == SAID
    assert of_facts(filled).broken == 0


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("cost_escalated = cost_escalated - 1, cost_cheap = cost_cheap + 1", "cost_cheap"),
        ("cost_escalated = cost_escalated - 1, cost_other = cost_other + 1", "cost_escalated"),
        ("flagship_index = 0", "facts"),
        ("comparable = 0", "facts"),
    ],
)
def test_a_rebuild_does_not_hide_what_is_wrong_with_an_event(filled: Opened, change: str, named: str) -> None:
    filled.tamper(f"UPDATE events SET {change} WHERE id = 'e1'")
    filled.rebuild()
    found = filled.broken()
    assert list(found) == ["I2"]
    assert found["I2"]["examples"][0].startswith(f"event 'e1': {named} ")


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
@pytest.mark.parametrize("table", ["rollup_events_minute", "rollup_events_day", "rollup_attempts_quarter"])
def test_a_sum_that_grew_into_a_float_is_found(filled: Opened, table: str) -> None:
    filled.tamper(f"UPDATE {table} SET {'cost' if 'attempts' in table else 'cost_cheap'} = 9.3e18")
    assert set(filled.broken()) == {"I2"}


def test_it_goes_a_few_events_at_a_time(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "TOGETHER", 3)
    monkeypatch.setattr(facts, "TOGETHER", 2)
    opened.send(*of_every_age())
    night(opened)
    told: list[tuple[int, int]] = []
    said = verify.verify(opened.store, opened.settings, lambda done, of: told.append((done, of)))
    assert said["ok"]
    assert len(told) > 4
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (opened.number("events"), opened.number("events"))
    opened.tamper("UPDATE rollup_attempts_quarter SET cost = cost + 1 WHERE tier = 'flagship'")
    opened.tamper("UPDATE rollup_callers_utc_day SET events = events + 1")
    opened.tamper("UPDATE events SET escalations = 3 WHERE id = 'old-29'")
    examples = " ".join(opened.broken()["I2"]["examples"])
    assert "rollup_attempts_quarter" in examples
    assert opened.broken()["I2"]["broken"] > len(rows(opened, ROLLUPS["callers"].tiers["utc_day"])) / 2


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_who_ends_it_does_not_wait_for_the_rest(opened: Opened) -> None:
    def ended(_done: int, _of: int) -> None:
        raise KeyboardInterrupt

    opened.send(accepted("a"))
    with pytest.raises(KeyboardInterrupt):
        verify.verify(opened.store, opened.settings, ended)
    assert opened.broken() == {}


@given(st.floats(0, 1e10))
@example(1000.0)
@example(math.nextafter(1000.0, 0))
@example(333.1 + 666.9)
def test_bins_have_the_edges_of_latencies(milliseconds: float) -> None:
    assert steps.place("latency_place", milliseconds) == latency_bin(milliseconds)


@given(st.one_of(st.floats(0, 1), st.integers(0, 50).map(lambda n: n / 50)))
def test_bins_have_the_edges_of_scores(score: float) -> None:
    assert steps.place("score_place", score) == score_bin(score)
