"""Repricing: the present prices, on events that are held, exactly and in pieces."""

from typing import Any

import pytest

from cascadewatch.errors import UsageError
from cascadewatch.model import Event, Label, Usage, Verdict
from cascadewatch.settings import Price
from cascadewatch.store import horizons, repricing, rollup
from cascadewatch.store.audit import Actor, acts
from cascadewatch.store.reads import annotations
from cascadewatch.store.repricing import Plan, Scope
from tests.model.events import NOON, attempt, event
from tests.store.conftest import Fresh, Open
from tests.store.opened import DAY, Opened

TOKENS = Usage(input=1_000, output=100)
ADA = Actor("ada", "command")


def prices(**said: tuple[float, float]) -> tuple[Price, ...]:
    return tuple(
        Price.model_validate(
            {"model": model.replace("_", "-"), "input_usd_per_1m": into, "output_usd_per_1m": out}
        )
        for model, (into, out) in said.items()
    )


OLD = prices(small_1=(1, 2), judge_1=(3, 3))  # the flagship has no price
NEW = prices(small_1=(2, 4), flagship_1=(10, 30))  # the judge lost its own
JUDGED = Verdict("reject", verifier="judge", mechanism="judge", model="judge-1", usage=TOKENS)


def traffic() -> list[Event]:
    """An hour of three days: escalated and accepted, labelled, with a cost that was reported."""
    cheap = attempt("small", "accept", usage=TOKENS)
    return [
        *(event(f"a{i}", cheap, at=NOON - i * DAY, caller="tenant-1", revision="r1") for i in range(3)),
        event("b", attempt("small", verdict=JUDGED, usage=TOKENS), attempt("flagship", usage=TOKENS),
              labels=[Label(0, True, "executable", "random", 0.5)], caller="tenant-2"),
        event("c", attempt("small", "reject", cost_usd=0.5, usage=TOKENS), attempt("flagship", usage=TOKENS),
              at=NOON - DAY, route="faq"),
        event("d", cheap, cascade="other"),
    ]  # fmt: skip


def plan(opened: Opened, **scope: Any) -> Plan:
    return repricing.plan(opened.store, opened.writer.around, Scope(**scope))


def reprice(opened: Opened, **scope: Any) -> int:
    which = Scope(**scope)
    found = repricing.plan(opened.store, opened.writer.around, which)
    return repricing.carry_out(opened.writer, which, found, ADA)


def notes(opened: Opened) -> tuple[int, int]:
    """Rows of the audit, and marks on the time line."""
    with opened.store.reading() as connection:
        marks = [m for m in annotations(connection, 0, NOON + DAY) if m.kind == "reprice"]
        return len(acts(connection)), len(marks)


def costs(opened: Opened) -> dict[tuple[int, int], tuple[Any, ...]]:
    columns = ("cost", "price_source", "verify_cost", "verify_price_source")
    return {(a["event"], a["position"]): tuple(a[c] for c in columns) for a in opened.rows("attempts")}


def test_it_ends_where_a_store_with_these_prices_would_be(fresh: Fresh) -> None:
    with fresh(price=OLD) as before, fresh(price=NEW) as always:
        before.send(*traffic())
        always.send(*traffic())
        before.writer.around.book = always.writer.around.book
        assert reprice(before) == 6
        assert before.rows("events") == always.rows("events")
        assert before.rows("attempts") == always.rows("attempts")
        assert before.rollups() == always.rollups()
        assert before.broken() == {}
        assert reprice(before) == 0


def test_the_plan_says_what_changes_and_changes_nothing(opening: Open) -> None:
    opening(price=OLD).send(*traffic())
    opened = opening(price=NEW)
    held, found = opened.rows("attempts"), plan(opened)
    small = found.parts["support", "answer", "small-1"]
    assert (small.attempts, small.changed, small.priced, small.unpriced) == (5, 4, 0, 0)
    assert (small.before, small.after) == (500_000_000 + 4 * 1_200_000, 500_000_000 + 4 * 2_400_000)
    flagship = found.parts["support", "answer", "flagship-1"]
    assert (flagship.priced, flagship.before, flagship.after) == (2, 0, 2 * 13_000_000)
    judge = found.parts["support", "verdict", "judge-1"]
    assert (judge.unpriced, judge.before, judge.after) == (1, 3_300_000, 0)
    assert (found.events, found.to_change, found.flagship_only) == (6, 6, 3)
    assert found.whole().attempts == sum(part.attempts for part in found.parts.values())
    assert opened.rows("attempts") == held
    assert notes(opened) == (0, 0)


def test_a_reported_cost_stays(opening: Open) -> None:
    opening(price=OLD).send(*traffic())
    opened = opening(price=NEW)
    reprice(opened)
    said = [a for a in opened.rows("attempts") if a["price_source"] == "reported"]
    assert [a["cost"] for a in said] == [500_000_000]


def test_one_row_and_one_mark_tell_of_it(opening: Open) -> None:
    opening(price=OLD).send(*traffic())
    opened = opening(price=NEW)
    reprice(opened)
    assert notes(opened) == (1, 1)
    with opened.store.reading() as connection:
        (act,) = acts(connection)
    assert (act.who, act.act, act.subject) == ("ada", "reprice", "all cascades")
    assert act.before["cost_usd"] < act.after["cost_usd"]
    assert act.after["events"] == 6
    reprice(opened)
    assert notes(opened) == (1, 1), "where nothing changes there is nothing to tell"


@pytest.mark.parametrize(
    ("scope", "changed"),
    [
        ({"cascade": "other"}, {"d"}),
        ({"start": NOON - DAY, "end": NOON}, {"a1", "c"}),
        ({"model": "flagship-1"}, {"a0", "a1", "a2", "b", "c"}),  # with what flagship-only rests on
        ({"model": "judge-1"}, {"b"}),
        ({"model": "unheard-of"}, set()),
    ],
)
def test_it_can_be_narrowed(opening: Open, scope: dict[str, Any], changed: set[str]) -> None:
    opening(price=OLD).send(*traffic())
    opened = opening(price=NEW)
    held = {row["id"]: row for row in opened.rows("events")}
    sources = costs(opened)
    assert reprice(opened, **scope) == len(changed)
    touched = {row["id"] for row in opened.rows("events") if row != held[row["id"]]}
    assert touched <= changed
    seqs = {row["seq"] for row in held.values() if row["id"] in changed}
    moved = {key for key, cost in costs(opened).items() if cost != sources[key]}
    assert {seq for seq, _ in moved} <= seqs
    assert opened.broken() == {}


def test_what_a_former_flagship_cost_still_stands(opening: Open) -> None:
    both = prices(small_1=(1, 2), old=(10, 30), new=(20, 60))
    opened = opening(price=both)
    opened.send(event("x", attempt("small", "reject", usage=TOKENS), attempt("flagship", model="old"),
                      at=NOON - DAY), *traffic()[:1])  # fmt: skip
    opened.send(event("y", attempt("small", "reject", usage=TOKENS), attempt("flagship", model="new")))
    assert plan(opened).to_change == 0


def test_before_the_horizon_it_is_too_late(opening: Open) -> None:
    opened = opening(price=OLD)
    opened.send(*traffic())
    with opened.store.writing() as connection:
        horizons.store(connection, horizons.Horizons(raw=NOON - DAY))
    again = opening(price=NEW)
    with pytest.raises(UsageError, match="too_old"):
        plan(again, start=NOON - 2 * DAY)
    assert plan(again).events == 5


class Interrupted(BaseException):
    """Stands for whatever ends a process."""


def test_interrupted_after_any_piece_it_is_run_again(opening: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repricing, "PAGE", 2)
    opening(price=OLD).send(*traffic())
    opened = opening(price=NEW)

    def stop(_: int) -> None:
        raise Interrupted

    found = plan(opened)
    with pytest.raises(Interrupted):
        repricing.carry_out(opened.writer, Scope(), found, ADA, stop)
    assert opened.broken() == {}
    assert notes(opened) == (1, 1), "what was done is told, whatever comes after"
    assert plan(opened).to_change == 4
    assert reprice(opened) == 4
    assert plan(opened).to_change == 0
    assert opened.broken() == {}


def test_a_step_that_fails_leaves_its_events_as_they_were(
    opening: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening(price=OLD).send(*traffic())
    opened = opening(price=NEW)
    held, sums, failing = opened.rows("events"), opened.rollups(), iter(range(3))
    applied = rollup.apply

    def fail(*given: Any, **named: Any) -> None:
        if next(failing) == 2:
            raise Interrupted
        applied(*given, **named)

    with monkeypatch.context() as broken:
        broken.setattr(rollup, "apply", fail)
        with pytest.raises(Interrupted):
            reprice(opened)
    assert (opened.rows("events"), opened.rollups(), notes(opened)) == (held, sums, (0, 0))
    assert reprice(opened) == 6
    assert opened.broken() == {}
