"""The Overview, the `stale` rule and the digest agree on whether and when quality was checked."""

import time
from pathlib import Path
from typing import Any

import pytest

from alerts import checking
from alerts.kinds import stale
from alerts.windows import Windows
from cascadewatch.model import Attempt, Event, Verdict
from cascadewatch.moments import utc
from cascadewatch.settings import Rule, load
from cascadewatch.store.opening import open_store
from dashboard import health, sentence
from dashboard.choice import Choice
from dashboard.facts import is_checked
from tests.alerts.checked import reported_on
from tests.dashboard.conftest import LookAt, Place, made
from tests.dashboard.replayed_place import tables

HOUR, DAY = 3_600_000, 86_400_000
RULE = Rule.model_validate({"name": "quality-stale", "kind": "stale"})
WHOLE: dict[str, Any] = {"sweep": {"present": {"quality": 0.9, "n": 400, "low": 0.87, "high": 0.93}}}
OTHER: dict[str, Any] = {"override": "old", "provenance": {"override": "old"}} | WHOLE


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Nine days of judged events without labels, and a verifier check among the settings."""
    now = time.time_ns() // 1_000_000
    answered = [Attempt("small", verdict=Verdict("accept"))]
    sent = (Event(str(i), utc(now - i * 36 * 60_000), "support", attempts=answered) for i in range(360))
    place = made(tmp_path, sent, [])
    with place.config.open("a", encoding="utf-8") as config:
        config.write(tables())
    return place


@pytest.mark.parametrize(
    ("verdict", "body", "checked"),
    [
        pytest.param("unchanged", WHOLE, True, id="the whole cascade"),
        pytest.param("regressed", {}, True, id="the verifier alone"),
        pytest.param("unchanged", OTHER, False, id="another model"),
        pytest.param("incomplete", WHOLE, False, id="a run that was incomplete"),
        pytest.param(None, {}, False, id="nothing"),
    ],
)
def test_whether_a_report_checked_quality(
    place: Place, look_at: LookAt, verdict: str | None, body: dict[str, Any], checked: bool
) -> None:
    settings, now = load(place.config, {}, place.url), time.time_ns() // 1_000_000
    at = now - 6 * HOUR
    store = open_store(settings, now)
    if verdict is not None:
        with store.writing() as connection:
            reported_on(connection, settings, "check", verdict, at, **body)
    with store.reading() as connection:
        (found,) = stale.look(Windows(connection, settings), settings, RULE, now)
        told = checking.last_check(connection, None, checking.tables_of(settings)["support"])
    store.close()
    look_at(place)
    facts = health.facts("support", Choice("support", range="7d"), now)
    assert (found.outcome == "ok") is checked
    assert told == (at if checked else None)
    assert is_checked(facts) is checked
    assert facts.last_replay == told
    assert sentence.describe(facts).label.endswith("quality unchecked") is not checked
