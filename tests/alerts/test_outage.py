"""That the database is out of reach is said once, and that it is back once, by a path that needs no row."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from alerts.channels.error import ChannelError
from alerts.message import Message
from alerts.outage import PATIENCE_MS, Outage
from tests.alerts.delivering import SECOND, settings_with

WHY = "the database cannot be used now: connection refused"
HOUR = 3_600_000


@dataclass
class Scene:
    """Tries every five seconds, as a worker makes them; `fails` are channels that take nothing."""

    now: int
    fails: dict[str, ChannelError] = field(default_factory=dict)
    said: list[tuple[str, Message]] = field(default_factory=list)
    calls: int = 0
    named: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        alerts = {"channels": [*self.named]}
        self.settings = settings_with("sqlite:///none.db", "team", "mail", alerts=alerts)
        self.outage = Outage(self.settings, lambda: self.now, "host:1:a", send=self.send)

    def send(self, channel: Any, message: Message) -> None:
        self.calls += 1
        name = next(name for name, one in self.settings.channel.items() if one is channel)
        if name in self.fails:
            raise self.fails[name]
        self.said.append((name, message))

    def pass_by(self, duration: int, error: str | None, leads: bool = True) -> None:
        for _ in range(0, duration, 5 * SECOND):
            self.now += 5 * SECOND
            self.outage.note(self.now, error, leads)
            self.outage.run_once(self.now)

    def subjects(self, channel: str) -> list[str]:
        return [message.subject for name, message in self.said if name == channel]


@pytest.fixture
def scene(now: int) -> Scene:
    return Scene(now)


def test_it_is_told_once_when_it_begins_and_once_when_it_ends(scene: Scene) -> None:
    scene.pass_by(10 * SECOND, None)
    scene.pass_by(HOUR, WHY)
    scene.pass_by(HOUR, None)
    for channel in ("team", "mail"):
        assert scene.subjects(channel) == ["Database out of reach since Sat 12:00", "Database back after 1 h"]
    begun, ended = (message for name, message in scene.said if name == "team")
    assert WHY in begun.lines[0]
    assert "503" in begun.lines[1]
    assert "host" in begun.lines[2]
    assert "from Sat 12:00 to Sat 13:00, 1 h" in ended.lines[0]
    assert begun.id != ended.id


def test_a_restart_of_the_database_is_no_news(scene: Scene) -> None:
    for _ in range(5):
        scene.pass_by(PATIENCE_MS - 5 * SECOND, WHY)
        scene.pass_by(5 * SECOND, None)
    assert scene.calls == 0


def test_a_worker_that_did_not_lead_is_silent(scene: Scene) -> None:
    scene.pass_by(HOUR, WHY, leads=False)
    scene.pass_by(HOUR, None)
    assert scene.calls == 0


def test_the_second_outage_is_told_like_the_first(scene: Scene) -> None:
    for _ in range(2):
        scene.pass_by(HOUR, WHY)
        scene.pass_by(HOUR, None)
    assert len(scene.subjects("team")) == 4
    assert len({message.id for name, message in scene.said if name == "team"}) == 4


def test_a_channel_that_fails_hears_the_end_which_tells_of_the_beginning(scene: Scene) -> None:
    scene.fails["mail"] = ChannelError("not now")
    scene.pass_by(HOUR, WHY)
    assert len(scene.subjects("team")) == 1
    assert scene.calls <= 1 + 25, "with growing pauses"
    scene.pass_by(10 * SECOND, None)
    del scene.fails["mail"]
    scene.pass_by(HOUR, None)
    assert scene.subjects("mail") == ["Database back after 1 h"]


def test_a_channel_that_asks_to_wait_is_left_alone(scene: Scene) -> None:
    scene.fails = dict.fromkeys(("team", "mail"), ChannelError("busy", retry_after=600))
    scene.pass_by(HOUR, WHY)
    assert scene.calls <= 2 * 7


def test_a_channel_that_refuses_for_good_is_not_asked_again(scene: Scene) -> None:
    scene.fails["mail"] = ChannelError("gone", permanent=True)
    scene.pass_by(HOUR, WHY)
    assert scene.calls == 2


@pytest.mark.parametrize("error", [ChannelError("gone", permanent=True), ChannelError("not now")], ids=str)
def test_where_those_who_should_hear_cannot_another_stands_in(now: int, error: ChannelError) -> None:
    scene = Scene(now, {"team": error}, named=("team",))
    scene.pass_by(PATIENCE_MS + 6 * 60 * SECOND, WHY)
    assert scene.subjects("mail") == ["Database out of reach since Sat 12:00"]
    scene.pass_by(HOUR, WHY)
    scene.pass_by(HOUR, None)
    assert scene.subjects("mail")[1:] == ["Database back after 1 h"]


def test_while_they_hear_it_nobody_else_does(now: int) -> None:
    scene = Scene(now, named=("team",))
    scene.pass_by(HOUR, WHY)
    scene.pass_by(HOUR, None)
    assert (len(scene.subjects("team")), len(scene.subjects("mail"))) == (2, 0)
