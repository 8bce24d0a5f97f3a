"""A disk that fills up, over HTTP: a note first, then "later" with the reason, then all well again."""

import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from tests.collectors.api.conftest import Api

Build = Callable[..., dict[str, Any]]
GIBI = 2**30


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.fixture
def fill(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Makes every disk so many percent full, of 1,000 GiB."""

    def to(percent: float) -> None:
        used = round(percent * 10 * GIBI)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1000 * GIBI, used, 1000 * GIBI - used))

    return to


def test_from_eighty_percent_on_people_are_warned_and_events_come_in(
    api: "Api", event: Build, fill: Callable[[float], None]
) -> None:
    fill(79.9)
    assert api.get("/v1/status").json()["disk"] == {
        "level": "ok", "used_percent": 79.9, "free_bytes": round(201 * GIBI), "note": None,
        "ballast": False,
    }  # fmt: skip
    fill(81)
    answer = api.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["checks"]["disk"] == "ok"
    note = "the disk of the database is 81 % full, 190.0 GiB left; from 95 % on events are refused"
    assert answer.json()["notes"] == {"disk": note}
    assert api.get("/v1/status").json()["disk"]["note"] == note
    assert api.post([event(1)]).json()["accepted"] == 1


def test_from_ninety_five_percent_on_events_are_to_be_sent_again_later(
    api: "Api", event: Build, fill: Callable[[float], None]
) -> None:
    fill(95)
    label = {"id": "e-1", "attempt": 0, "correct": True, "label_source": "human"}
    mark = {"time": "2026-11-21T11:00:00Z", "text": "x"}
    for path, body in (("/v1/events", [event(1)]), ("/v1/labels", [label]), ("/v1/annotations", mark)):
        answer = api.post(body, path)
        assert answer.status_code == 503, path
        assert int(answer.headers["retry-after"]) >= 10
        assert "disk of the database is 95 % full" in answer.json()["error"]["message"]
    ready = api.get("/readyz")
    assert ready.status_code == 503
    assert "95 % full" in ready.json()["checks"]["disk"]
    assert api.get("/healthz").status_code == 200
    assert api.get("/v1/metrics").status_code == 200, "what is there can be read"
    fill(94)
    assert api.post([event(1)]).json()["accepted"] == 1, "there is room again"
    assert api.get("/readyz").status_code == 200


def test_the_limits_can_be_set_and_left_out(tmp_path: Any, fill: Callable[[float], None]) -> None:
    from cascadewatch.settings import Disk
    from cascadewatch.store.disk import look

    fill(97)
    assert look(tmp_path / "a.db", Disk(warn_percent=98, refuse_percent=99)).level == "ok"
    assert look(tmp_path / "a.db", Disk(refuse_percent=100)).level == "warning"


def test_a_database_that_cannot_grow_answers_later_and_never_500(api: "Api", event: Build) -> None:
    """The disk seems empty enough, and yet there is no room: a quota, or another's limit."""
    grow(api, 10)
    accepted, answer = 0, None
    for number in range(10_000):
        answer = api.post([event(f"{number}-{i}", route=f"r-{number}-{i}") for i in range(20)])
        if answer.status_code != 200:
            break
        accepted += answer.json()["accepted"]
    assert answer is not None
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert "disk is full" in answer.json()["error"]["message"]
    ready = api.get("/readyz")
    assert ready.status_code == 503
    assert "disk is full" in ready.json()["checks"]["disk"]
    assert sum(s["events"] for s in api.get("/v1/status").json()["sources"]) == accepted > 0
    grow(api, 10_000)
    assert api.post([event("after")]).json()["accepted"] == 1
    assert api.get("/readyz").status_code == 200


def grow(api: "Api", pages: int) -> None:
    driver = api.store.engine.raw_connection()
    cursor = driver.cursor()
    (held,) = cursor.execute("PRAGMA page_count").fetchone()
    cursor.execute(f"PRAGMA max_page_count = {held + pages}")
    driver.close()
