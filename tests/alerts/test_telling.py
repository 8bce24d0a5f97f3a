"""Whether something is said of an episode now, and why (not)."""

from dataclasses import replace
from typing import Any

import pytest

from alerts.joining import speaks
from alerts.telling import NAMES, Kind, Now, Why, channels_of, due, said_of
from cascadewatch.settings import Settings
from cascadewatch.store.episodes import Episode
from tests.alerts.findings import DAY, HOUR
from tests.alerts.watched import HOOK

START = 1_795_262_400_000
FIRED = {"time": START, "value": 0.40, "severity": "ticket"}


def episode(value: float = 0.4, told: Any = FIRED, **fields: Any) -> Episode:
    """A drift from 30 % that fired at START."""
    detail = {"estimate": {"value": value, "baseline": 0.3}, "tolerance": 0.05, "told": told}
    usual: dict[str, Any] = {
        "id": 1, "rule": "escalation-drift", "kind": "drift", "metric": "escalation_rate",
        "cascade": "support", "route": "", "direction": "up", "severity": "ticket", "state": "firing",
        "opened": START, "since": START,
        "easing": None, "resolved": None, "parent": None, "acknowledged": None, "acknowledged_by": None,
        "updated": START, "version": 1, "detail": detail,
    }  # fmt: skip
    return Episode(**{**usual, **fields})


def decision(known: Episode, at: int = START, **fields: Any) -> tuple[Kind | None, Why]:
    usual = Now("firing", None, True, False, at)
    return due(known, usual._replace(**fields), DAY)


def test_what_nobody_heard_of_fires() -> None:
    assert decision(episode(told=None)) == ("firing", "nobody heard of it yet")


def test_what_was_said_is_not_said_again() -> None:
    assert decision(episode(), START + 23 * HOUR) == (None, "said already")


def test_what_lasts_is_repeated() -> None:
    assert decision(episode(), START + DAY) == ("repeat", "lasts")


def test_what_eases_is_not_repeated() -> None:
    assert decision(episode(state="easing"), START + 2 * DAY) == (None, "said already")


def test_what_a_person_knows_is_not_repeated_but_changes_are_told() -> None:
    known: dict[str, Any] = {"acknowledged": START, "acknowledged_by": "mia"}
    assert decision(episode(**known), START + 2 * DAY) == (None, "acknowledged")
    assert decision(episode(0.46, **known), START + 5 * HOUR)[0] == "update"
    assert decision(episode(state="resolved", **known), START + 5 * HOUR)[0] == "resolved"


class TestAnotherCaller:
    """One episode holds all callers of a cascade that stand out."""

    @staticmethod
    def named(*names: str, told: tuple[str, ...] = ("a",), **fields: Any) -> Episode:
        detail = {"about": {"callers_named": list(names)}, "told": {**FIRED, "callers": list(told)}}
        return replace(episode(**fields), kind="callers", detail=detail)

    def test_is_told_although_a_person_knows_of_the_first(self) -> None:
        both = self.named("a", "b", acknowledged=START, acknowledged_by="mia")
        assert decision(both, START + 4 * HOUR) == ("update", "another caller stands out")
        assert decision(both, START + 4 * HOUR, silenced=True) == (None, "silenced")

    def test_waits_for_others_of_the_same_hours(self) -> None:
        assert decision(self.named("a", "b"), START + 3 * HOUR) == (None, "said already")

    def test_is_one_that_no_message_has_named(self) -> None:
        assert decision(self.named("a"), START + 5 * HOUR) == (None, "said already")
        assert decision(self.named("b", told=("a", "b")), START + 5 * HOUR) == (None, "said already")

    def test_is_remembered_once_it_was_told(self) -> None:
        said = said_of(self.named("b", "c", told=("a", "b")), START)
        assert (said["callers"], said["callers_new"]) == (["b", "c", "a"], ["c"])
        first = said_of(replace(self.named("a"), detail={"about": {"callers_named": ["a"]}}), START)
        assert (first["callers"], first["callers_new"]) == (["a"], [])
        assert set(said_of(episode(), START)) == {"time", "value", "severity"}

    def test_is_remembered_as_long_as_there_is_room(self) -> None:
        old = tuple(f"old{number}" for number in range(NAMES))
        assert said_of(self.named("new", told=old), START)["callers"] == ["new", *old[: NAMES - 1]]


@pytest.mark.parametrize(
    ("value", "hours", "kind"),
    [(0.449, 5, None), (0.451, 5, "update"), (0.9, 3, None), (0.9, 4, "update"), (0.31, 9, None)],
)
def test_another_tolerance_of_movement_is_told_once_the_estimate_has_settled(
    value: float, hours: int, kind: Kind | None
) -> None:
    assert decision(episode(value), START + hours * HOUR)[0] == kind


def test_a_fall_moves_on_downwards() -> None:
    fell = {"time": START, "value": 0.20, "severity": "ticket"}
    assert decision(episode(0.14, told=fell, direction="down"), START + 5 * HOUR)[0] == "update"
    assert decision(episode(0.26, told=fell, direction="down"), START + 5 * HOUR)[0] is None


def test_what_has_become_severe_is_told_at_once() -> None:
    assert decision(episode(severity="page"), START + HOUR) == ("update", "more severe than was said")


def test_within_a_silence_nothing_is_said_but_the_end_of_what_was_told() -> None:
    """A receiver that was told of a beginning holds it for open until it hears the end."""
    assert decision(episode(told=None), silenced=True) == (None, "silenced")
    assert decision(episode(), START + 2 * DAY, silenced=True) == (None, "silenced")
    assert decision(episode(severity="page"), silenced=True) == (None, "silenced")
    assert decision(episode(state="resolved", told=None), silenced=True) == (None, "silenced")
    assert decision(episode(state="resolved"), silenced=True)[0] == "resolved"


def test_while_another_speaks_nothing_is_said() -> None:
    assert decision(episode(told=None), speaks=False) == (None, "another speaks for it")


def test_the_end_is_told_to_those_who_heard_the_beginning() -> None:
    assert decision(episode(state="resolved"))[0] == "resolved"
    assert decision(episode(state="resolved", told=None)) == (None, "nobody heard that it began")
    assert decision(episode(state="resolved"), reason="it has ended")[0] == "resolved"


def test_a_channel_that_has_not_heard_of_it_is_told_that_it_fires() -> None:
    assert decision(episode(), unheard=True) == ("firing", "a channel has not heard of it")
    assert decision(episode(state="easing"), unheard=True)[0] == "firing"
    assert decision(episode(acknowledged=START), unheard=True) == (None, "acknowledged")
    assert decision(episode(), unheard=True, silenced=True) == (None, "silenced")
    assert decision(episode(), unheard=True, state="flapping") == (None, "flapping")
    assert decision(episode(), START + DAY, unheard=True)[0] == "repeat"


def test_flapping_is_told_once_and_then_that_it_is_steady() -> None:
    flaps: dict[str, Any] = {"state": "flapping", "reason": "more than 4 changes in a day"}
    assert decision(episode(), **flaps)[0] == "flapping"
    assert decision(episode(told=None), **flaps)[0] == "flapping"
    assert decision(episode(), state="flapping", reason="flapping: untold change") == (None, "flapping")
    assert decision(episode(told=None), state="flapping") == (None, "flapping")
    assert decision(episode(), reason="steady for 21 looks")[0] == "steady"
    assert decision(episode(state="resolved"), reason="steady for 21 looks")[0] == "steady"


def test_an_episode_speaks_unless_an_open_one_speaks_for_it() -> None:
    parent, child = episode(), episode(id=2, parent=1)
    assert speaks(parent, None, False)
    assert not speaks(child, parent, False)
    assert speaks(child, episode(state="resolved"), False)
    assert speaks(child, parent, True)
    assert speaks(episode(id=2, parent=1, severity="page"), parent, False)


def settings(*channels: str, alerts: Any = None) -> Settings:
    given = {name: {**HOOK, "min_severity": "page" if name == "pager" else "ticket"} for name in channels}
    return Settings.model_validate({"channel": given, "alerts": alerts or {}})


def test_the_rule_names_who_hears_of_it_else_the_settings_else_everybody() -> None:
    assert channels_of((), "page", settings("a", "b")) == ["a", "b"]
    assert channels_of((), "page", settings("a", "b", alerts={"channels": ["b"]})) == ["b"]
    assert channels_of(("a",), "page", settings("a", "b", alerts={"channels": ["b"]})) == ["a"]


def test_a_channel_for_pages_hears_of_no_tickets() -> None:
    assert channels_of((), "ticket", settings("a", "pager")) == ["a"]
    assert channels_of((), "page", settings("a", "pager")) == ["a", "pager"]
