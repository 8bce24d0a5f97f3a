"""The disk fills up: people hear of it once, again when events are refused, and when there is room."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alerts import disk_notices
from alerts.message import Message
from alerts.outbox import Deliverer
from cascadewatch.settings import Settings, load
from cascadewatch.store import outbox
from cascadewatch.store.engine import Store
from cascadewatch.store.opening import open_store

GIBI = 2**30


@pytest.fixture
def settings(tmp_path: Path, sqlite_template: Path) -> Settings:
    shutil.copy(sqlite_template, tmp_path / "cascadewatch.db")
    file = tmp_path / "cascadewatch.toml"
    file.write_text(
        'public_url = "https://watch.example.com"\n'
        '[channel.team]\nkind = "webhook"\nurl = "https://example.com/hook"\nsecret = "env:HOOK_SECRET"\n'
        '[channel.pager]\nkind = "webhook"\nurl = "https://example.com/page"\nsecret = "env:HOOK_SECRET"\n'
        'min_severity = "page"\n'
    )
    return load(file, env={"HOOK_SECRET": "s" * 32}, database_url=f"sqlite:///{tmp_path / 'cascadewatch.db'}")


@pytest.fixture
def store(settings: Settings, now: int) -> Iterator[Store]:
    opened = open_store(settings, now)
    yield opened
    opened.close()


@pytest.fixture
def fill(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    def to(percent: float) -> None:
        used = round(percent * GIBI)
        monkeypatch.setattr(
            shutil, "disk_usage", lambda _: type("Usage", (), {"used": used, "free": 100 * GIBI - used})
        )

    return to


class Watched:
    """The job minute by minute, and everything that is sent."""

    def __init__(self, store: Store, settings: Settings, now: int) -> None:
        self.store, self.settings, self.now = store, settings, now
        self.sent: list[tuple[str, Message]] = []

    def minute(self) -> str:
        self.now += 60_000
        said = disk_notices.run(self.store, self.settings, self.now, None)
        for name in self.settings.channel:
            deliverer = Deliverer(
                self.store, self.settings, lambda: self.now, "w",
                send=lambda _, message, timeout, name=name: self.sent.append((name, message)),
            )  # fmt: skip
            deliverer.run_once(name, self.now + outbox.GATHER_MS)
        return said

    def heard(self) -> list[tuple[str, str]]:
        found = [(name, message.subject) for name, message in self.sent]
        self.sent.clear()
        return found


@pytest.fixture
def watched(store: Store, settings: Settings, now: int) -> Watched:
    return Watched(store, settings, now)


def test_each_level_is_told_once(watched: Watched, fill: Callable[[float], None]) -> None:
    fill(50)
    assert watched.minute() == "ok"
    assert watched.heard() == []
    fill(82)
    assert watched.minute() == "warning: told to 1 channels"
    assert watched.heard() == [("team", "Disk of the database: 82 % full")]
    for percent in (83, 79.5, 81):
        fill(percent)
        watched.minute()
    assert watched.heard() == []
    fill(96)
    watched.minute()
    full = "Disk of the database: 96 % full, events are refused"
    assert watched.heard() == [("team", full), ("pager", full)]
    fill(60)
    watched.minute()
    again = "Disk of the database: room again, 60 % full"
    assert watched.heard() == [("team", again), ("pager", again)]
    watched.minute()
    assert watched.heard() == []


def test_the_message_says_what_to_do_and_where_to_look(
    watched: Watched, fill: Callable[[float], None]
) -> None:
    fill(82)
    watched.minute()
    ((_, message),) = watched.sent
    said = " ".join(message.lines)
    assert "82 % full, 18.0 GiB left; from 95 % on events are refused." in said
    assert "cascadewatch db prune --shrink" in said
    assert message.link == "https://watch.example.com/sources"
    assert message.kind == "notice"


def test_it_is_remembered_by_the_database(
    watched: Watched, store: Store, settings: Settings, fill: Callable[[float], None]
) -> None:
    fill(82)
    watched.minute()
    other = Watched(store, settings, watched.now)
    other.minute()
    assert other.heard() == []


def test_postgres_is_left_alone(
    settings: Settings, now: int, monkeypatch: pytest.MonkeyPatch, store: Store
) -> None:
    monkeypatch.setattr(store, "path", None)
    assert disk_notices.run(store, settings, now, None) == "unknown"
