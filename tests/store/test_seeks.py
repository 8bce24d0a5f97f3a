"""What pages ask of the sums is a seek to the range in every table: the history before it is not read.

SQLite is asked for its plan, as it makes one without statistics: nobody ever gathers any there.
"""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from cascadewatch.store import evidence, reads
from cascadewatch.store.bounds import Room
from tests.model.events import NOON, escalated
from tests.store.opened import DAY, Opened

pytestmark = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)


def plans(opened: Opened, ask: Callable[[Any, Opened], object]) -> list[str]:
    """How every table of sums is read for what is asked."""
    asked: list[tuple[str, Any]] = []

    def hear(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    event.listen(opened.store.reader, "before_cursor_execute", hear)
    with opened.store.reading() as connection:
        ask(connection, opened)
    event.remove(opened.store.reader, "before_cursor_execute", hear)
    found = []
    with opened.store.reading() as connection:
        for statement, parameters in asked:
            steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            found += [str(step[-1]) for step in steps if " rollup_" in str(step[-1])]
    return found


def pages(connection: Any, opened: Opened) -> None:
    """All that a page may ask."""
    reader = reads.Reader(connection, opened.settings)
    for length in (DAY // 24, DAY + 60_000, 30 * DAY):
        span = reader.cover(NOON - length, NOON)
        reader.window("support", None, span)
        reader.window("support", "faq", span)
        reader.routes("support", span)
        reader.revisions("support", span)
        reader.series("support", None, span)
        reader.tier_series("support", "faq", span)
        reader.label_series("support", None, span)
        reads.callers(connection, "support", NOON - length, NOON)
        reads.caller_count(connection, "support", NOON - length, NOON)
        for sought in ({"path": "fallback"}, {"route": "faq"}, {"caller": "tenant-1"}):
            reads.page(connection, reads.Filter("support", start=NOON - length, end=NOON, **sought))
    evidence.gather(connection, opened.settings, "support", "", NOON - DAY, NOON)


def test_every_table_of_sums_is_sought_by_its_buckets(opened: Opened) -> None:
    opened.send(
        *(escalated(f"e{n}", at=NOON - n * DAY // 5, route="faq", caller="tenant-1") for n in range(20))
    )
    read = plans(opened, pages)
    assert len(read) > 50
    whole = [step for step in read if "bucket>?" not in step and "bucket=?" not in step]
    # Where a cascade began is the first row of its key.
    assert [step for step in whole if "rollup_events_quarter" not in step] == []
    assert len(whole) <= 1, whole


def test_the_room_for_sums_is_read_without_those_of_single_routes(opened: Opened) -> None:
    read = plans(opened, lambda connection, _: Room("support").take(connection, {}))
    assert len(read) == 3
    assert [step for step in read if "route=?" not in step] == []


def test_a_report_asks_nothing_twice_however_many_routes_there_are(opened: Opened) -> None:
    opened.send(*(escalated(f"e{n}", route=f"route-{n}") for n in range(6)))
    asked: list[str] = []
    with opened.store.reading() as connection:
        event.listen(connection, "before_cursor_execute", lambda *said: asked.append(f"{said[2]} {said[3]}"))
        found = reads.report(connection, opened.settings, NOON - DAY, NOON + DAY)
    assert len(found["cascades"]) == 7
    sums = [statement for statement in asked if "FROM rollup_events" in statement]
    assert len(sums) == len({*sums}) > 6
