"""Places for the pages to look at: an empty database, a month of recorded answers, and hostile names.

Pages read the clock, so the events end at the present of the machine.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cascadewatch.demo import gsm8k_events, settings_toml
from cascadewatch.model import Event
from cascadewatch.pricing import PriceBook
from cascadewatch.settings import load
from cascadewatch.store.opening import open_store
from cascadewatch.store.receipt import Batch
from cascadewatch.store.writes import Mark, Writer
from tests.dashboard.hostile import hostile_events, hostile_marks

DAY = 86_400_000


@dataclass(frozen=True)
class Place:
    """Where a dashboard finds its settings and its database."""

    config: Path
    url: str

    def environment(self) -> dict[str, str]:
        return {"CASCADEWATCH_CONFIG": str(self.config), "CASCADEWATCH_DATABASE_URL": self.url}


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Nothing has arrived yet."""
    return made(tmp_path_factory.mktemp("empty"), [], [])


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """`support`: 1,319 recorded questions over the last 27 days, with a deploy among them."""
    now = time.time_ns() // 1_000_000
    events = gsm8k_events(now - 1319 * 1_800_000, 1_800_000, cascade="support")
    return made(
        tmp_path_factory.mktemp("recorded"), events, [Mark(now - 2 * DAY, "support", None, "deploy", "me")]
    )


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Every name a sender may choose is an attack; two cascades, so that lists are drawn too."""
    now = time.time_ns() // 1_000_000
    return made(tmp_path_factory.mktemp("hostile"), hostile_events(now), hostile_marks(now))


@pytest.fixture
def look_at(monkeypatch: pytest.MonkeyPatch) -> Iterator["LookAt"]:
    """`look_at(place)` makes pages of this process read it; afterwards its connections are closed."""
    import streamlit as st

    def forget() -> None:
        st.cache_data.clear()
        st.cache_resource.clear()

    forget()
    yield LookAt(monkeypatch)
    forget()


@dataclass(frozen=True)
class LookAt:
    monkeypatch: pytest.MonkeyPatch

    def __call__(self, place: Place) -> None:
        for name, value in place.environment().items():
            self.monkeypatch.setenv(name, value)


def made(folder: Path, events: Iterable[Event], marks: Iterable[Mark]) -> Place:
    config, url = folder / "cascadewatch.toml", f"sqlite:///{folder / 'cascadewatch.db'}"
    config.write_text('caller_ids = "plain"\n' + settings_toml(), encoding="utf-8")
    settings, now = load(config, {}, url), time.time_ns() // 1_000_000
    store = open_store(settings, now)
    writer = Writer(store, settings, PriceBook(settings.price), lambda: now)
    batch = list(enumerate(events))
    if batch:
        receipt = writer.write([Batch("local", batch, [], now)])[0]
        assert receipt.accepted == len(batch), receipt.errors
    for mark in marks:
        writer.write([mark])
    writer.close()
    store.close()
    return Place(config, url)
