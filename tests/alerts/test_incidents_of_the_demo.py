"""Each arranged incident of the demo is given its true cause, out of the events alone."""

import shutil
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from alerts import changes, diagnose
from alerts.finding import Estimate, Finding, Scope
from alerts.messages import Told, compose
from cascadewatch.demo import build, settings_toml
from cascadewatch.demo.scenario import Calendar, calendar
from cascadewatch.metrics.window import Metric
from cascadewatch.moments import epoch_ms
from cascadewatch.settings import Cascade, Price, Rule
from cascadewatch.store import reads, streams
from tests.alerts.checked import CHECK, rate, reported_on, tables
from tests.alerts.told import episode, fact
from tests.store.opened import Opened, settings_for

HOUR, DAY = 3_600_000, 86_400_000
NOW = epoch_ms(datetime(2026, 11, 21, 11, 7, 3, tzinfo=UTC))
ZONE = "Europe/Berlin"
RULE = Rule(name="escalation-drift", kind="drift", metric="escalation_rate")
PRICES = tuple(Price.model_validate(price) for price in tomllib.loads(settings_toml())["price"])
LAX = {"false_accept": rate("regressed", 0.027, 0.122) | {"change": 0.095}}
Tell = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def when() -> Calendar:
    return calendar(NOW, ZoneInfo(ZONE))


@pytest.fixture(scope="module")
def demo(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, when: Calendar) -> Iterator[Opened]:
    """The demo from a week before the first incident of each cascade on."""
    path = tmp_path_factory.mktemp("demo") / "demo.db"
    shutil.copy(sqlite_template, path)
    tiers = Cascade(tiers=("small", "flagship"))
    names = ("support", "documents", "coding")
    opened = Opened(
        settings_for(
            f"sqlite:///{path}", timezone=ZONE, cascade=dict.fromkeys(names, tiers), price=PRICES,
            **tables(**{"coding-verifier": {**CHECK, "cascade": "coding"}}),
        ),
        NOW,
    )  # fmt: skip
    first = {"support": when.broken, "documents": when.snapshot, "coding": when.loosened}
    events = (e for e in build(NOW, ZONE).events if e.millis >= first[e.cascade] - 8 * DAY)
    while some := list(islice(events, 5000)):
        opened.send(*some)
    with opened.store.writing() as connection:
        pinned: dict[str, Any] = {"baseline": {"report": 1, "created": when.loosened - DAY}}
        for verdict, at in (("unchanged", when.loosened - 8 * HOUR), ("regressed", NOW - 8 * HOUR)):
            rates = LAX if verdict == "regressed" else {}
            reported_on(connection, opened.settings, "coding-verifier", verdict, at, rates=rates, **pinned)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def tell(demo: Opened) -> Tell:
    def about(cascade: str, since: int, end: int, now: int, route: str = "") -> dict[str, Any]:
        """The detail of an episode from the hour of `since` to `end`, seen at `now`."""
        since -= since % HOUR
        with demo.store.reading() as connection:
            before, after = (
                counted(connection, demo, (cascade, route), *span)
                for span in ((since - 7 * DAY, since), (since, end))
            )
            (k0, n0), (k, n) = before, after
            estimate = Estimate(since, k / n, k0 / n0, k / n - 0.03, k / n + 0.03, n, 300.0)
            way = "up" if k / n > k0 / n0 else "down"
            given = Finding(
                RULE, Scope(cascade, route), "breached", Metric(k / n, n), "words.",
                "up" if way == "up" else "down", "alarm", estimate,
            )  # fmt: skip
            return {**diagnose.of(connection, demo.settings, given, now), "direction": way}

    return about


def counted(connection: Any, demo: Opened, key: tuple[str, str], start: int, end: int) -> tuple[int, int]:
    hours = streams.hours(connection, "escalation_rate", [key], start, end)[key]
    return sum(hour.escalated for hour in hours), sum(hour.judged for hour in hours)


def test_the_broken_verifier_is_named_by_the_form_it_refuses(tell: Tell, when: Calendar) -> None:
    found = tell("support", when.broken, when.mended, when.mended + 9 * HOUR)["diagnosis"]
    first = found["causes"][0]
    assert first["key"] == "verifier_broken"
    assert first["explained"] == 1.0
    assert "`format`" in first["summary"]
    assert found["callers"]["verdict"] == "systemic"


def test_minutes_after_it_broke_it_is_named_already(tell: Tell, when: Calendar) -> None:
    found = tell("support", when.broken, when.broken + HOUR // 2, when.broken + HOUR // 2)["diagnosis"]
    assert found["causes"][0]["key"] == "verifier_broken"


def test_harder_documents_are_a_change_of_traffic(tell: Tell, when: Calendar) -> None:
    found = tell("documents", when.onboarded, NOW, NOW)["diagnosis"]
    assert found["title"] == "traffic mix changed"
    assert found["causes"][0]["key"] == "traffic_mix"
    assert found["mix"]["routes"]["mix_share"] > 0.9
    assert found["mix"]["routes"]["parts"][0]["name"] == "contracts"
    assert "mostly by caller tenant-61, which is new" in found["likeliest"]
    assert "probing" not in {cause["key"] for cause in found["causes"]}


def test_a_lowered_threshold_is_named_with_the_verdicts_it_turned(tell: Tell, when: Calendar) -> None:
    said = tell("coding", when.loosened, NOW, NOW)
    first = said["diagnosis"]["causes"][0]
    assert first["key"] == "threshold_changed"
    assert first["explained"] > 0.8
    assert "from 0.75 to 0.25 at Mon 16 Nov" in first["summary"]
    assert said["cost_usd_per_day"]["value"] < 0
    assert said["direction"] == "down"


def test_new_snapshots_are_a_new_cheap_model(tell: Tell, when: Calendar) -> None:
    found = tell("documents", when.snapshot, when.snapshot + 3 * DAY, NOW, route="number-check")["diagnosis"]
    first = found["causes"][0]
    assert first["key"] == "cheap_model_changed"
    assert "gpt-3.5-turbo-0613 in place of gpt-3.5-turbo-0301" in first["summary"]
    assert {c["what"] for c in found["changes"]} >= {"model", "revision"}


def test_a_quiet_week_has_no_cause(tell: Tell, when: Calendar) -> None:
    found = tell("coding", when.loosened - 2 * DAY, when.loosened - DAY, when.loosened - DAY)["diagnosis"]
    assert found["causes"][0]["key"] == "unknown"


def test_the_message_about_the_fall_warns_of_the_saving(demo: Opened, tell: Tell, when: Calendar) -> None:
    detail = tell("coding", when.loosened, NOW, NOW)
    one = episode(cascade="coding", value=0.34, baseline=0.46, detail=detail)
    said = compose([Told(one, ("firing",))], demo.settings, NOW).items[0]
    assert said.title == "coding: escalation down 12 points to about 34 %, quality at risk"
    assert str(fact(said, "Cost")).endswith("Do not count this as a saving yet.")
    assert "verdicts since lie between the two" in str(fact(said, "Likeliest cause"))
    assert "Verifier check coding-verifier, Sat 21 Nov 04:07: regressed, false accepts 2.7 → 12.2 %" in str(
        fact(said, "Evidence")
    )
    assert str(fact(said, "Next")).startswith("The verifier check coding-verifier regressed: ")


def test_what_changed_is_marked_and_nothing_else(demo: Opened, when: Calendar) -> None:
    changes.run(demo.store, demo.settings, NOW)
    with demo.store.reading() as connection:
        found = [m for m in reads.annotations(connection, 0, NOW) if m.author == "cascadewatch"]
    told = {(m.cascade, m.kind, m.text) for m in found}
    assert ("coding", "threshold", "cross-model-agreement: threshold 0.75 → 0.25") in told
    assert ("documents", "model", "small: model gpt-3.5-turbo-0301 → gpt-3.5-turbo-0613") in told
    assert {kind for _, kind, _ in told} == {"model", "threshold", "revision"}
    deploys = {m.cascade: m.time for m in found if m.kind == "revision"}
    assert deploys["coding"] - when.loosened < HOUR
