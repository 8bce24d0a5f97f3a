"""Episodes, their transitions and silences as rows."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from cascadewatch.errors import BusyError, NotFoundError, UsageError
from cascadewatch.store import episodes, rule_states, silences
from cascadewatch.store.engine import Store
from cascadewatch.store.episodes import Episode
from cascadewatch.store.rule_states import RuleState
from cascadewatch.store.silences import Silence, covers

HOUR = 3_600_000


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = Store(store_url)
    yield opened
    opened.close()


@pytest.fixture
def connection(store: Store) -> Iterator[Connection]:
    with store.writing() as writing:
        yield writing


def opens(connection: Connection, at: int, **said: Any) -> Episode:
    usual: dict[str, Any] = {
        "rule": "escalation-drift", "kind": "drift", "metric": "escalation_rate", "cascade": "support",
        "route": "", "direction": "up", "severity": "ticket", "state": "firing", "opened": at, "since": at,
        "updated": at, "detail": {"message": "moved", "estimate": {"value": 0.4}},
    }  # fmt: skip
    return episodes.add(connection, {**usual, **said})


def closes(connection: Connection, episode: Episode, at: int) -> Episode:
    return episodes.change(connection, episode, at, state="resolved", resolved=at)


def test_an_episode_is_read_as_it_was_written(connection: Connection, now: int) -> None:
    made = opens(connection, now)
    assert episodes.episode(connection, made.id) == made
    assert (made.version, made.is_open, made.parent) == (1, True, None)
    assert made.detail == {"message": "moved", "estimate": {"value": 0.4}}
    assert episodes.episode(connection, made.id + 1) is None


def test_of_one_thing_one_episode_is_open_at_a_time(store: Store, now: int) -> None:
    with store.writing() as connection:
        first = opens(connection, now)
        opens(connection, now, direction="down")
        opens(connection, now, route="faq")
    with pytest.raises(IntegrityError), store.writing() as connection:
        opens(connection, now)
    with store.writing() as connection:
        closes(connection, first, now + HOUR)
        opens(connection, now + HOUR)


def test_a_change_gives_the_episode_as_it_is_then(connection: Connection, now: int) -> None:
    made = opens(connection, now)
    after = episodes.change(connection, made, now + 1, state="easing", easing=now + 1, detail={"a": None})
    assert episodes.episode(connection, made.id) == after
    assert (after.version, after.updated, after.detail) == (2, now + 1, {"a": None})


def test_who_has_not_seen_the_last_change_changes_nothing(connection: Connection, now: int) -> None:
    made = opens(connection, now)
    episodes.change(connection, made, now + 1, severity="page")
    with pytest.raises(BusyError, match=f"episode {made.id} was changed by another"):
        episodes.change(connection, made, now + 2, state="resolved")
    kept = episodes.episode(connection, made.id)
    assert kept is not None
    assert (kept.severity, kept.state) == ("page", "firing")


def test_pages_go_from_the_latest_to_the_first(connection: Connection, now: int) -> None:
    made = [opens(connection, now + (place % 3) * HOUR, route=f"r{place}") for place in range(7)]
    order = sorted(made, key=lambda e: (e.opened, e.id), reverse=True)
    found: list[Episode] = []
    while page := episodes.page(connection, limit=2, before=found[-1].id if found else None):
        found += page
    assert found == order


def test_a_page_is_of_a_range_a_cascade_or_what_is_open(connection: Connection, now: int) -> None:
    over = closes(connection, opens(connection, now - 5 * HOUR), now - 3 * HOUR)
    on = opens(connection, now - 2 * HOUR, cascade="billing", since=now - 4 * HOUR)
    assert episodes.page(connection) == [on, over]
    assert episodes.page(connection, open_only=True) == [on]
    assert episodes.page(connection, cascade="support") == [over]
    assert episodes.page(connection, start=now - HOUR) == [on]
    assert episodes.page(connection, end=now - 4 * HOUR) == [over]
    assert episodes.page(connection, start=now - 4 * HOUR, end=now - 3 * HOUR) == [on, over]


def test_what_is_open_or_began_lately_is_at_hand(connection: Connection, now: int) -> None:
    old = opens(connection, now - 9 * HOUR)
    closes(connection, opens(connection, now - 8 * HOUR, route="a"), now - 7 * HOUR)
    lately = closes(connection, opens(connection, now - HOUR, route="b"), now)
    assert episodes.opened_or_open(connection, now - 4 * HOUR) == [old, lately]


def test_children_are_found_by_their_parents(connection: Connection, now: int) -> None:
    parent = opens(connection, now)
    second = opens(connection, now + 2, route="b", parent=parent.id)
    first = opens(connection, now + 1, route="a", parent=parent.id)
    assert episodes.children(connection, [parent.id, first.id]) == [first, second]
    assert episodes.children(connection, []) == []


def test_who_was_first_to_acknowledge_stays(connection: Connection, now: int) -> None:
    made = opens(connection, now)
    known = episodes.acknowledge(connection, made.id, "mia", now + HOUR)
    assert (known.acknowledged, known.acknowledged_by) == (now + HOUR, "mia")
    assert episodes.acknowledge(connection, made.id, "tom", now + 2 * HOUR) == known
    (note,) = episodes.transitions(connection, made.id)
    assert (note.before, note.state, note.reason) == ("firing", "firing", "acknowledged by mia")
    with pytest.raises(NotFoundError, match="there is no episode 99"):
        episodes.acknowledge(connection, 99, "mia", now)


def test_hostile_names_stay_names(connection: Connection, now: int) -> None:
    name = "'; DROP TABLE episodes; -- \u202e {0} %s"
    made = opens(connection, now, cascade=name, route='"]')
    assert episodes.page(connection, cascade=name) == [made]
    with pytest.raises(IntegrityError):
        opens(connection, now, cascade=name, route='"]')


def silence(connection: Connection, start: int, end: int, **about: Any) -> Silence:
    said = {"rule": None, "cascade": None, "route": None, **about}
    return silences.create(
        connection, **said, starts=start, ends=end, author="mia", comment="deploying", now=start
    )


def test_a_silence_is_in_force_from_its_start_up_to_its_end(connection: Connection, now: int) -> None:
    made = silence(connection, now, now + HOUR)
    assert silences.active(connection, now - 1) == []
    assert silences.active(connection, now) == silences.active(connection, now + HOUR - 1) == [made]
    assert silences.active(connection, now + HOUR) == []


def test_a_silence_may_be_ended_before(connection: Connection, now: int) -> None:
    made = silence(connection, now, now + HOUR)
    silences.end(connection, made.id, now + 60_000)
    assert silences.active(connection, now + 60_000) == []
    silences.end(connection, made.id, now + 2 * HOUR)  # it is over already
    with pytest.raises(NotFoundError, match="there is no silence 99"):
        silences.end(connection, 99, now)


def test_a_silence_that_makes_no_sense_is_refused(connection: Connection, now: int) -> None:
    with pytest.raises(UsageError, match="ends after it starts"):
        silence(connection, now, now)
    with pytest.raises(UsageError, match="also names its cascade"):
        silence(connection, now, now + HOUR, route="faq")


@pytest.mark.parametrize(
    ("about", "covered"),
    [
        ({}, True),
        ({"rule": "escalation-drift"}, True),
        ({"rule": "no-data"}, False),
        ({"cascade": "support"}, True),
        ({"cascade": "billing"}, False),
        ({"cascade": "support", "route": "faq"}, True),
        ({"cascade": "support", "route": "chat"}, False),
    ],
)
def test_a_silence_covers_what_it_names(about: dict[str, str], covered: bool, now: int) -> None:
    said = {"rule": None, "cascade": None, "route": None, **about}
    made = Silence(1, said["rule"], said["cascade"], said["route"], now, now + HOUR, "mia", None, now)
    assert covers(made, "escalation-drift", "support", "faq") is covered


def state(cascade: str, at: int, **said: Any) -> RuleState:
    usual: dict[str, Any] = {
        "state": "ok", "since": at, "evaluated": at, "value": 0.3, "low": 0.28, "high": 0.32, "n": 900,
        "message": "as usual", "detail": {"limit": 0.5}, "life": {"told": [at]},
    }  # fmt: skip
    return RuleState("too-many", cascade, "", **{**usual, **said})


def test_states_are_kept_changed_and_forgotten(store: Store, now: int) -> None:
    with store.writing() as connection:
        rule_states.save(connection, [state("a", now), state("b", now)], [])
    changed = state("b", now + 1, state="firing", value=None, detail={})
    with store.writing() as connection:
        rule_states.save(connection, [changed, state("c", now)], [("too-many", "a", "")])
    with store.reading() as connection:
        assert rule_states.states(connection) == [changed, state("c", now)]


def test_the_spans_looked_at_are_kept(connection: Connection) -> None:
    assert rule_states.looked(connection) == []
    rule_states.save_looked(connection, [(1, 5)])
    rule_states.save_looked(connection, [(1, 9), (20, 20)])
    assert rule_states.looked(connection) == [(1, 9), (20, 20)]
