"""Names past a cap are counted together; totals stay exact and somebody is told."""

import pytest
from sqlalchemy.event import listen

from cascadewatch.model import Event, Verdict
from cascadewatch.store.reads import Reader, over_the_caps
from tests.model.events import NOON, accepted, attempt, escalated, event
from tests.store.conftest import Open
from tests.store.opened import DAY, Opened

OTHER = "__other__"


def routes(opened: Opened) -> dict[str, int]:
    with opened.store.reading() as connection:
        reader = Reader(connection, opened.settings)
        found = reader.routes("support", reader.cover(NOON - DAY, NOON + DAY))
    return {route: counts["events"] for route, counts in found.items()}


def over(opened: Opened) -> set[tuple[str, str]]:
    with opened.store.reading() as connection:
        return set(over_the_caps(connection))


def on_routes(*names: str, prefix: str = "e") -> list[Event]:
    return [escalated(f"{prefix}-{i}-{name}", route=name) for i, name in enumerate(names)]


def test_routes_past_the_cap_share_one_name_and_the_total_is_exact(opening: Open) -> None:
    opened = opening(limits={"routes": 2})
    opened.send(*on_routes("a", "b", "c", "d", "a", "c"))
    assert routes(opened) == {"a": 2, "b": 1, OTHER: 3}
    assert opened.counts()["events"] == 6
    assert over(opened) == {("support", "route")}
    assert opened.broken() == {}


def test_nobody_is_told_of_a_cap_while_there_is_room(opening: Open) -> None:
    opened = opening(limits={"routes": 2})
    opened.send(*on_routes("a", "b"))
    assert over(opened) == set()


def test_each_cascade_has_its_own_room(opening: Open) -> None:
    opened = opening(limits={"routes": 1})
    opened.send(accepted("a", route="x"), accepted("b", route="y", cascade="other"))
    assert over(opened) == set()


def test_every_kind_of_name_has_its_cap(opening: Open) -> None:
    limits = dict.fromkeys(("callers", "models", "revisions", "verifiers", "reasons"), 2)
    opened = opening(limits=limits)
    for i in range(4):
        verdict = Verdict("accept", verifier=f"v{i}", mechanism="rule", reason=f"why{i}")
        said = attempt("small", model=f"m{i}", verdict=verdict)
        opened.send(event(f"e{i}", said, revision=f"r{i}", caller=f"tenant-{i}"))
    assert {kind for _, kind in over(opened)} == {"caller", "model", "revision", "verifier", "reason"}
    assert opened.counts()["events"] == 4
    assert opened.broken() == {}


def revisions(opened: Opened) -> dict[tuple[str, str], int]:
    """Events by route and revision, as the sums name them."""
    rows = opened.rollups()["rollup_events_day"]
    return {(key[2], key[4]): values[0] for key, values in rows.items() if key[2]}


def test_combinations_have_a_cap_of_their_own_past_which_the_revision_goes(opening: Open) -> None:
    opened = opening(limits={"series": 3})
    opened.send(*(accepted(f"{r}{v}", route=r, revision=f"r{v}") for r in "abc" for v in "12"))
    opened.send(accepted("unnamed", route="c"), accepted("first", route="a", revision="r1"))
    within = {("a", "r1"): 2, ("a", "r2"): 1, ("b", "r1"): 1}
    assert revisions(opened) == within | {("b", OTHER): 1, ("c", OTHER): 2, ("c", ""): 1}
    assert opened.counts()["events"] == 8
    assert over(opened) == {("support", "series")}
    assert opened.broken() == {}


def test_routes_stay_apart_however_many_revisions_are_deployed(opening: Open) -> None:
    opened, names = opening(limits={"series": 20}), [f"route-{n}" for n in range(6)]
    for deploy in range(5):
        opened.send(*(accepted(f"{deploy}{r}", route=r, revision=f"v{deploy}") for r in names))
    opened.send(*(accepted(f"new-{r}", route=r) for r in (*names, "later")))
    assert routes(opened) == {**dict.fromkeys(names, 6), "later": 1}
    assert opened.broken() == {}
    before = opened.rollups()
    opened.rebuild()
    assert opened.rollups() == before
    assert opened.broken() == {}


def test_a_route_that_is_called_like_the_shared_name_fills_no_cap(opening: Open) -> None:
    opened = opening(limits={"routes": 2})
    opened.send(*on_routes(OTHER, "a", "b"))
    assert routes(opened) == {OTHER: 1, "a": 1, "b": 1}
    assert over(opened) == set()
    assert opened.broken() == {}


def test_a_second_process_knows_the_names_of_the_first(opening: Open) -> None:
    first, second = opening(limits={"routes": 2}), opening(limits={"routes": 2})
    first.send(*on_routes("a", "b"))
    second.send(*on_routes("c", "a", prefix="f"))
    assert routes(second) == {"a": 2, "b": 1, OTHER: 1}
    assert second.broken() == {}


def test_a_raised_cap_takes_hold_with_a_rebuild(opening: Open) -> None:
    opening(limits={"routes": 1}).send(*on_routes("a", "b"))
    raised = opening(limits={"routes": 3})
    raised.send(*on_routes("b", "c", prefix="f"))
    assert routes(raised) == {"a": 1, OTHER: 3}
    assert raised.broken() == {}
    raised.rebuild()
    assert routes(raised) == {"a": 1, "b": 2, "c": 1}
    assert over(raised) == set()
    raised.send(*on_routes("c", prefix="g"))
    assert raised.broken() == {}


def test_two_writers_taking_turns_stay_exact(opening: Open) -> None:
    writers = [opening(limits={"routes": 4, "callers": 3}) for _ in range(2)]
    for i in range(12):
        name = f"route-{i * 5 % 7}"
        writers[i % 2].send(*on_routes(name, prefix=f"e{i}"), accepted(f"x{i}", caller=f"tenant-{i % 5}"))
    assert writers[0].counts()["events"] == 24
    assert len(routes(writers[1])) == 5
    assert writers[0].broken() == {}


def test_names_of_another_process_are_read_as_they_come_in(opening: Open) -> None:
    """Only the new ones, and no sums with them. The last one meets the cap of both together."""
    first, second = opening(limits={"callers": 42}), opening(limits={"callers": 42})
    first.send(*(accepted(f"old-{n}", caller=f"old-{n}") for n in range(30)))
    second.send(accepted("theirs", caller="theirs"))
    asked: list[str] = []
    listen(second.store.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    for turn in range(6):
        first.send(accepted(f"a{turn}", caller=f"a{turn}"))
        second.send(accepted(f"b{turn}", caller=f"b{turn}"))
    assert not [one for one in asked if "rollup_events_day" in one and one.startswith("SELECT")]
    assert len([one for one in asked if "FROM names" in one]) == 6
    assert not [one for one in asked if "FROM tier_pairs" in one], "nobody has to begin anew"
    assert over(first) == {("support", "caller")}
    assert first.broken() == {}


def test_a_name_of_a_transaction_that_failed_takes_no_room(opening: Open) -> None:
    opened = opening(limits={"routes": 1})
    poison = event("x", attempt("small"), route="lost", revision="\ud800")
    with pytest.raises(UnicodeEncodeError):
        opened.send(poison)
    opened.send(*on_routes("kept"))
    assert routes(opened) == {"kept": 1}
    assert opened.broken() == {}
