"""What is closed though nothing came back: the message says so, and not that all is well again."""

import pytest

from alerts import parcel
from alerts.message import Item
from alerts.messages import compose
from alerts.words.speaking import Told
from cascadewatch.store import episodes, outbox
from cascadewatch.store.episodes import Episode
from tests.alerts.conftest import Watch
from tests.alerts.told import DAY, HOUR, MINUTE, SETTINGS, SINCE, fact, over
from tests.alerts.watched import TOO_MANY, Watched

LATER = SINCE + 7 * HOUR
UNKNOWN = "Whether it came back is not known."
LIMIT = over(kind="threshold", metric="price_coverage", value=0.91, baseline=None, direction="down",
             detail={"limit": 0.95, "cost_usd_per_day": None})  # fmt: skip
SILENCE = over(kind="no_data", metric=None, direction="", detail={"message": "No events for 2 h."})


def closed(one: Episode, why: str, *kinds: str) -> Item:
    return compose([Told(one, kinds or ("resolved",), (), why)], SETTINGS, LATER).items[0]


def test_a_level_that_was_accepted_is_not_back_to_normal() -> None:
    said = closed(over(), "a person set a new baseline")
    assert said.status == "resolved"
    assert said.title == "Closed: support: escalation up 6 points to about 36 %, a new baseline was set"
    assert fact(said, "Closed") == (
        "A person accepted the new level, or pinned another baseline: that is what it is compared with now."
    )
    assert [label for label, _ in said.facts] == [
        "What moved", "Closed", "Lasted", "Peak", "In all", "Likeliest cause",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("why", "tail", "sentence"),
    [
        ("the rule is gone", "no longer watched", "Its rule was removed or switched off."),
        ("the rule was changed", "its rule was changed", "Its rule asks for something else now."),
        ("no longer watched", "no longer watched", "Its rule does not look at it any more."),
        ("nothing to judge for a day", "nothing left to judge", "For a day there was nothing to judge."),
        ("watched from a new start", "watched from a new start", "Its rule has begun to watch it anew."),
    ],
)
def test_what_nobody_can_know_is_not_claimed(why: str, tail: str, sentence: str) -> None:
    said = closed(LIMIT, why)
    assert said.title == f"Closed: support: price coverage 91 %, below 95 %, {tail}"
    assert fact(said, "Closed") == f"{sentence} {UNKNOWN}"
    assert "again" not in said.title
    assert "no longer below" not in str(said.facts)


def test_nor_that_events_arrive_again() -> None:
    said = closed(SILENCE, "the rule is gone")
    assert said.title == "Closed: support: no events since Wed 10:00, no longer watched"
    assert fact(said, "What") == "No events for 2 h."
    assert "arrive again" not in str(said.facts)


def test_a_cascade_that_has_ended_is_closed_as_such() -> None:
    said = closed(SILENCE, "it has ended")
    assert said.status == "resolved"
    assert said.title == "Closed: support: no events since Wed 10:00, it seems to have ended"
    assert str(fact(said, "Closed")).startswith("Nothing came for seven days.")
    assert "arrive again" not in str(said.facts)


def test_what_nobody_could_be_told_of_has_not_come_back_either() -> None:
    said = closed(over(), "the rule is gone", "firing", "resolved")
    assert said.status == "missed"
    assert said.title == "Over already: support: escalation up 6 points to about 36 %, no longer watched"
    assert "back to normal" not in str(said.facts)


@pytest.mark.parametrize("why", ["recovered", "well within the limit at 3 looks", "steady for 21 looks"])
def test_what_came_back_is_told_as_ever(why: str) -> None:
    assert closed(over(), why).title == "Resolved: support: escalation back to normal"


def last_message(watched: Watched, now: int) -> Item:
    """The newest thing that `team` is told."""
    with watched.store.writing() as connection:
        rows = outbox.waiting(connection, "team")[-1:]
        taken = parcel.take(connection, rows, "a", now, 0.0, MINUTE)
    message = parcel.words(taken, watched.store, watched.settings, now)
    assert message is not None
    return message.items[0]


def test_the_message_reads_why_the_episode_was_closed(watching_sqlite: Watch, now: int) -> None:
    watched = watching_sqlite(TOO_MANY)
    watched.send(now - HOUR, now, 0.9)
    watched.minutes(now, now + 10 * MINUTE, 5 * MINUTE)
    (one,) = watched.episodes()
    watched.run(now + 10 * MINUTE, watched.settings.model_copy(update={"rule": ()}))
    with watched.store.writing() as connection:
        episodes.acknowledge(connection, one.id, "mia", now + 11 * MINUTE)
    assert last_message(watched, now + 12 * MINUTE).title.endswith(", above 50 %, no longer watched")


def test_traffic_that_ends_does_not_bring_a_rate_within_its_limit(watching_sqlite: Watch, now: int) -> None:
    watched = watching_sqlite(TOO_MANY)
    watched.send(now - HOUR, now, 0.9)
    watched.minutes(now, now + 10 * MINUTE, 5 * MINUTE)
    watched.minutes(now + 2 * HOUR, now + 2 * HOUR + DAY + 2 * HOUR, HOUR)
    assert watched.episode().state == "resolved"
    assert last_message(watched, now + 2 * DAY).title.endswith(", above 50 %, nothing left to judge")
