"""An event in quarantine takes the place of the one stored first; every sum moves by the difference."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cascadewatch.errors import NotFoundError, UsageError
from cascadewatch.model import Event, Label, Text, Usage
from cascadewatch.settings import Cascade
from cascadewatch.settings.secret import parse_secret
from cascadewatch.store import conflicts, horizons
from cascadewatch.store.audit import Actor, acts
from tests.model.events import NOON, accepted, attempt, escalated, event
from tests.store.conftest import Fresh, Open
from tests.store.opened import DAY, Opened

ADA = Actor("ada", "command")
TOKENS = Usage(input=1_000, output=100)
RIGHT, WRONG = Label(0, True, "human"), Label(1, False, "executable", "random")


def key() -> Any:
    """A setting that names a key of callers; typed as it is after reading."""
    return parse_secret("env:CALLER_KEY", Path(), {"CALLER_KEY": "k" * 40})


def accept(opened: Opened, number: int = 1) -> dict[str, Any]:
    return opened.writer.change(partial(conflicts.accept, number=number, by=ADA))


OTHERS = [accepted("y", caller="tenant-1"), escalated("z", at=NOON - DAY)]
SECONDS = {
    "another path": accepted("x", caller="tenant-2"),
    "another day, route and revision": escalated("x", at=NOON - 3 * DAY, route="faq", revision="r2"),
    "another cascade": escalated("x", cascade="billing"),
    "a tier nobody knew": event("x", attempt("small", "reject"), attempt("middle", usage=TOKENS)),
    "fewer attempts": event("x", attempt("flagship", usage=TOKENS)),
}


@pytest.mark.parametrize("second", SECONDS.values(), ids=SECONDS.keys())
def test_it_ends_where_a_store_that_never_saw_the_first_would_be(fresh: Fresh, second: Event) -> None:
    with fresh() as corrected, fresh() as always:
        corrected.send(escalated("x", caller="tenant-1"), *OTHERS)
        assert corrected.send(second).conflict == 1
        accept(corrected)
        always.send(second, *OTHERS)
        assert corrected.broken() == {}
        assert corrected.rollups() == always.rollups()
        for table in ("events", "attempts", "sources"):
            assert content(corrected, table) == content(always, table)


def content(opened: Opened, table: str) -> list[str]:
    return sorted(str({**row, "last_time": None}) for row in opened.rows(table))


def test_the_former_goes_to_quarantine_and_comes_back_when_accepted_again(opened: Opened) -> None:
    first, second = escalated("x", caller="tenant-1"), accepted("x", at=NOON - DAY)
    opened.send(first)
    held, sums = opened.rows("events"), opened.rollups()
    opened.send(second)
    accept(opened)
    (aside,) = opened.rows("quarantine")
    assert (aside["seq"], aside["id"], aside["reason"]) == (1, "x", "replaced")
    assert (opened.send(second).duplicate, opened.send(first).conflict) == (1, 1)
    accept(opened)
    assert (opened.rows("events"), opened.rollups()) == (held, sums)
    assert opened.broken() == {}
    assert opened.send(first).duplicate == 1


def test_of_two_conflicts_each_keeps_its_own_name(opened: Opened) -> None:
    a, b, c = escalated("x"), accepted("x"), accepted("x", at=NOON - DAY)
    opened.send(a)
    opened.send(b)
    opened.send(c)
    accept(opened, 1)
    accept(opened, 2)
    assert opened.send(c).duplicate == 1
    assert [opened.send(other).conflict for other in (a, b)] == [1, 1]
    assert len(opened.rows("quarantine")) == 2
    accept(opened, 2)  # undone: `b` again
    assert opened.send(b).duplicate == 1
    assert [opened.send(other).conflict for other in (a, c)] == [1, 1]
    assert len(opened.rows("quarantine")) == 2
    assert opened.broken() == {}


def test_labels_stay_with_the_answers_that_there_are(opened: Opened) -> None:
    opened.send(escalated("x", labels=[RIGHT, WRONG]))
    opened.send(accepted("x", labels=[Label(0, False, "user"), Label(0, False, "human")]))
    accept(opened)
    kept = [(x["attempt"], x["source"], x["correct"]) for x in opened.rows("labels")]
    assert sorted(kept) == [(0, "human", 1), (0, "user", 0)], "what a source said since is not undone"
    assert opened.broken() == {}
    accept(opened)
    kept = [(x["attempt"], x["source"], x["correct"]) for x in opened.rows("labels")]
    assert sorted(kept) == [(0, "human", 1), (0, "user", 0), (1, "executable", 0)]
    assert opened.broken() == {}


def test_the_text_is_that_of_the_event(opening: Open) -> None:
    opened = opening(cascade={"support": Cascade(store_text=True)})
    opened.send(escalated("x", text=Text("first", ["a", "b"])))
    opened.send(accepted("x", text=Text("second", ["c"])))
    accept(opened)
    assert [(row["prompt"], row["answers"]) for row in opened.rows("texts")] == [("second", '["c"]')]
    accept(opened)
    assert [row["prompt"] for row in opened.rows("texts")] == ["first"]


def test_callers_are_hashed_once(opening: Open) -> None:
    opened = opening(caller_ids="hmac", caller_key=key())
    opened.send(escalated("x", caller="tenant-1", session="s"))
    before = opened.rows("events")[0]
    opened.send(accepted("x", caller="tenant-1", session="s"))
    accept(opened)
    after = opened.rows("events")[0]
    assert (after["caller"], after["session"]) == (before["caller"], before["session"])


def test_one_row_tells_of_it(opened: Opened) -> None:
    opened.send(escalated("x"), source="shop")
    opened.send(accepted("x"), source="shop")
    made = accept(opened)
    with opened.store.reading() as connection:
        (act,) = acts(connection)
    assert (act.who, act.act, act.subject) == ("ada", "quarantine.accept", "shop/x")
    assert (act.before, act.after) == (made["before"], made["after"])
    assert (act.before["path"], act.after["path"]) == ("escalated", "accepted")
    assert (act.before["cost_usd"], act.after["cost_usd"]) == (2.1e-5, 1e-6)


def test_a_cost_that_nobody_knows_is_told_as_unknown(opened: Opened) -> None:
    opened.send(escalated("x"))
    opened.send(event("x", attempt("small", model="nobody's")))
    made = accept(opened)
    assert (made["before"]["cost_usd"], made["after"]["cost_usd"]) == (2.1e-5, None)


def test_what_is_not_there_or_too_old_is_refused(opening: Open) -> None:
    opened = opening()
    with pytest.raises(NotFoundError, match="quarantine list"):
        accept(opened, 7)
    opened.send(escalated("x", at=NOON - 3 * DAY))
    opened.send(accepted("x"))
    with opened.store.writing() as connection:
        horizons.store(connection, horizons.Horizons(raw=NOON - DAY))
    with pytest.raises(UsageError, match="too_old"):
        accept(opening())
    assert opened.number("audit") == 0
