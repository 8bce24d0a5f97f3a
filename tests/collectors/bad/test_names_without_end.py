"""Senders that make up names without end: the totals stay exact, the rest shares one name, and it is said."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from alerts import cap_notices
from cascadewatch.settings import Limits, Settings
from cascadewatch.store import outbox
from cascadewatch.store.alert_tables import deliveries
from cascadewatch.store.reads import over_the_caps
from cascadewatch.store.rollup_tables import ROLLUPS
from dashboard import data, widgets
from dashboard.views import sources
from tests.collectors.bad.asked import Asked, Json, asking, encoded

LIMITS = {"routes": 40, "callers": 60, "models": 15}
KINDS = ("caller", "model", "route")
MILLION = int(os.environ.get("CASCADEWATCH_NAMES", "1000000"))


def named(number: int, cascade: str = "bomb") -> Json:
    """An event all of whose names are new."""
    attempt = {"tier": "small", "model": f"m-{number}", "cost_usd": 0.001, "verdict": {"outcome": "accept"}}
    return {"id": f"{cascade} {number}", "time": "2026-11-21T11:00:00Z", "cascade": cascade,
            "route": f"r-{number}", "revision": f"v-{number % 7}", "caller": f"c-{number}",
            "attempts": [attempt]}  # fmt: skip


def opened(template: Path, folder: Path, now: int, **limits: int) -> Any:
    shutil.copy(template, folder / "cascadewatch.db")
    return asking(f"sqlite:///{folder / 'cascadewatch.db'}", now, limits=limits)


@pytest.fixture(scope="module")
def bombed(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, now: int) -> Iterator[Asked]:
    with opened(sqlite_template, tmp_path_factory.mktemp("names"), now, **LIMITS) as asked:
        for start in range(0, 400, 200):
            assert asked.post(encoded([named(i) for i in range(start, start + 200)])).body["accepted"] == 200
        assert asked.post(encoded([named(i, "modest") for i in range(10)])).body["accepted"] == 10
        yield asked


def sums(asked: Asked, cascade: str) -> dict[str, int]:
    """By route: events, of the day tier."""
    t = ROLLUPS["events"].tiers["day"].c
    of = select(t.route, func.sum(t.events)).where(t.cascade == cascade, t.route != "").group_by(t.route)
    with asked.store.reading() as connection:
        return {route: int(n) for route, n in connection.execute(of)}


def test_the_totals_are_exact_and_the_names_bounded(bombed: Asked) -> None:
    by_route = sums(bombed, "bomb")
    assert len(by_route) == LIMITS["routes"] + 1
    assert (sum(by_route.values()), by_route["__other__"]) == (400, 400 - LIMITS["routes"])
    whole = bombed("GET", "/v1/metrics?since=7d&cascade=bomb").json()["cascades"][0]
    assert (whole["events"], whole["metrics"]["cost_usd"]["value"]) == (400, 0.4)


def test_another_cascade_is_left_alone(bombed: Asked) -> None:
    assert sums(bombed, "modest") == {f"r-{i}": 1 for i in range(10)}


def test_status_and_metrics_say_so(bombed: Asked) -> None:
    over = bombed("GET", "/v1/status").json()["over_the_caps"]
    assert over == [{"cascade": "bomb", "kind": kind} for kind in KINDS]
    scraped = bombed("GET", "/metrics").text.splitlines()
    assert [line for line in scraped if line.startswith("cascadewatch_names_over_cap{")] == [
        f'cascadewatch_names_over_cap{{cascade="bomb",kind="{kind}"}} 1' for kind in KINDS
    ]


def test_the_defaults_are_those_that_were_promised() -> None:
    assert (Limits().routes, Limits().callers, Limits().models) == (2_000, 50_000, 500)


def told(asked: Asked) -> list[tuple[str, str]]:
    with asked.store.reading() as connection:
        rows = connection.execute(select(deliveries.c.kind, deliveries.c.channel))
        return [(kind, channel) for kind, channel in rows]


def test_somebody_is_told_once(sqlite_template: Path, tmp_path: Path, now: int) -> None:
    hook = {"kind": "webhook", "url": "https://team.example.com/in", "secret": "env:NOT_NEEDED"}
    channels = Settings.model_validate({"database_url": "sqlite:///x.db", "channel": {"team": hook}}).channel
    with opened(sqlite_template, tmp_path, now, routes=3) as asked:
        alone, heard = asked.settings, asked.settings.model_copy(update={"channel": channels})
        asked.post(encoded([named(i) for i in range(3)]))
        cap_notices.run(asked.store, heard, now, None)
        assert told(asked) == []
        asked.post(encoded([named(i) for i in range(3, 9)]))
        cap_notices.run(asked.store, alone, now, None)
        assert told(asked) == []  # nobody is there yet who could be told
        for minute in range(5):
            cap_notices.run(asked.store, heard, now + minute * 60_000, None)
        assert told(asked) == [(outbox.CAPS, "team")]
        message = cap_notices.words(asked.store, heard)
        assert message is not None
        assert "bomb: route" in message.lines[0]
        asked.post(encoded([named(i, "another") for i in range(9)]))
        cap_notices.run(asked.store, heard, now, None)
        assert told(asked) == [(outbox.CAPS, "team")] * 2


def test_there_is_nothing_to_say_once_there_is_room(sqlite_template: Path, tmp_path: Path, now: int) -> None:
    with opened(sqlite_template, tmp_path, now) as asked:
        assert cap_notices.words(asked.store, asked.settings) is None


def test_the_page_says_so(bombed: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    with bombed.store.reading() as connection:
        over = over_the_caps(connection)
    drawn: list[Any] = []
    monkeypatch.setattr(data, "over_the_caps", lambda: over)
    monkeypatch.setattr(widgets, "table", lambda rows, *_, **__: drawn.append(rows))
    sources._overflow()
    assert {*drawn[0]["kind"]} == {*KINDS}
    assert {*drawn[0]["cascade"]} == {"bomb"}


@pytest.mark.soak
def test_a_million_names(store_url: str, now: int) -> None:
    with asking(store_url, now) as asked:
        for start in range(0, MILLION, 5000):
            asked.post(encoded([named(i) for i in range(start, start + 5000)]))
        by_route = sums(asked, "bomb")
        assert len(by_route) == Limits().routes + 1
        assert sum(by_route.values()) == MILLION
        assert asked("GET", "/v1/metrics?since=7d").status_code == 200
