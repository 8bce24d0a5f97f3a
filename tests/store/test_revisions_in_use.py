"""When a revision was in use is found from days and a few quarter-hours, as by reading all of them."""

from collections import defaultdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from cascadewatch.store.cells import QUARTER
from cascadewatch.store.reads.revisions import revisions, span_of
from cascadewatch.store.rollup_tables import ROLLUPS
from tests.model.events import NOON, accepted
from tests.store.conftest import Fresh, Open
from tests.store.opened import DAY, Opened
from tests.store.test_seeks import plans

QUARTERS = 4 * 24 * 5
SENT = st.lists(
    st.tuples(st.integers(0, QUARTERS), st.sampled_from(["r1", "r2", "r3"]), st.sampled_from("ab")),
    min_size=1,
    max_size=8,
)


def agree_with_a_plain_scan(opened: Opened, cascade: str = "support") -> None:
    buckets = defaultdict(list)
    for row in opened.rows(ROLLUPS["events"].tiers["quarter"].name):
        if (row["cascade"], row["origin"]) == (cascade, "live") and row["route"] and row["revision"]:
            buckets[row["revision"]].append(row["bucket"])
    latest = sorted(buckets, key=lambda name: (-max(buckets[name]), name))
    with opened.store.reading() as connection:
        for most in (1, 10):
            assert revisions(connection, cascade, most) == latest[:most]
        for name in ("r1", "r2", "r3"):
            held = buckets[name]
            assert span_of(connection, cascade, name) == ((min(held), max(held) + QUARTER) if held else None)


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=SENT)
def test_it_is_found_as_by_reading_everything(fresh: Fresh, sent: list[tuple[int, str, str]]) -> None:
    with fresh(timezone="Asia/Kathmandu") as opened:
        opened.send(
            *(
                accepted(f"e{n}", at=NOON - 6 * DAY + at * QUARTER, revision=name, route=route)
                for n, (at, name, route) in enumerate(sent)
            )
        )
        agree_with_a_plain_scan(opened)


def test_a_day_whose_quarter_hours_are_partly_gone_is_passed_over(opening: Open) -> None:
    opened = opening(timezone="Europe/Berlin")
    opened.send(
        *(
            accepted(f"{name}{n}", at=NOON - days * DAY, revision=name)
            for name, ages in (("r1", (9, 5, 3)), ("r2", (9,)), ("r3", (4, 3)))
            for n, days in enumerate(ages)
        )
    )
    quarter = ROLLUPS["events"].tiers["quarter"]
    with opened.store.writing() as connection:
        connection.execute(delete(quarter).where(quarter.c.bucket < NOON - 8 * DAY))
    agree_with_a_plain_scan(opened)


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_only_days_are_read_from_end_to_end(opened: Opened) -> None:
    opened.send(*(accepted(f"e{n}", at=NOON - n * DAY, revision=f"r{n % 3}") for n in range(20)))
    read = plans(opened, lambda connection, _: span_of(connection, "support", "r1"))
    read += plans(opened, lambda connection, _: revisions(connection, "support", 10))
    assert [step for step in read if "quarter" in step and "bucket>? AND bucket<?" not in step] == []
    assert any("quarter" in step for step in read)
