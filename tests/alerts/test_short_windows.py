"""Rules over windows too short for their metric: which those are, and that nothing documented is one."""

import tomllib
from pathlib import Path
from re import DOTALL, findall

import pytest

from alerts.finding import Scope
from alerts.rules import BY_CLOCK_HOUR, TOO_SHORT_MS, rules_of
from alerts.windows import Windows
from cascadewatch import metrics
from cascadewatch.metrics import METRICS
from cascadewatch.metrics.interval import FEW_CLUSTERS
from cascadewatch.settings import Settings
from tests.alerts.conftest import Watch
from tests.alerts.watched import HOUR, MINUTE, Watched

DOCS = Path(__file__).parents[2] / "docs"


def without_interval(watched: Watched, length: int, end: int) -> set[str]:
    """The metrics that have too few hours for an interval over a window that ends then."""
    with watched.store.reading() as connection:
        window = Windows(connection, watched.settings).by_hour(Scope("support"), end - length, end)
    found = metrics.compute(window, list(METRICS))
    return {key for key, metric in found.items() if FEW_CLUSTERS in (metric.reason or "")}


def test_metrics_whose_intervals_rest_on_clock_hours_need_more_than_six(
    watching_sqlite: Watch, now: int
) -> None:
    """However the window lies across the hours; just above six hours some windows touch eight of them."""
    watched = watching_sqlite()
    watched.send(now - 12 * HOUR, now + HOUR, 0.4, 13 * 60)
    for minute in (0, 1, 15, 30, 59):
        assert without_interval(watched, TOO_SHORT_MS, now + minute * MINUTE) == BY_CLOCK_HOUR
        assert without_interval(watched, 8 * HOUR, now + minute * MINUTE) == set()
    assert without_interval(watched, TOO_SHORT_MS + 30 * MINUTE, now + 15 * MINUTE) == set()


def rule(metric: str, window: str) -> Settings:
    made = {"name": "mine", "kind": "threshold", "metric": metric, "above": 0.3, "window": window}
    return Settings.model_validate({"rule": [made]})


@pytest.mark.parametrize(("metric", "window"), [("cost_ratio", "8h"), ("escalation_rate", "5m")])
def test_what_can_have_an_interval_is_taken(metric: str, window: str) -> None:
    assert rules_of(rule(metric, window))[-1].name == "mine"


def documented() -> list[str]:
    """Every example of rules in the documents."""
    blocks = (
        block
        for page in DOCS.glob("*.md")
        for block in findall(r"```toml\n(.*?)```", page.read_text(), DOTALL)
    )
    return [block for block in blocks if "[[rule]]" in block]


@pytest.mark.parametrize("block", documented())
def test_every_rule_in_the_documents_is_taken(block: str) -> None:
    hook = {"kind": "webhook", "url": "https://team.example.com/in", "secret": "env:NOT_NEEDED"}
    around = {"channel": {"team": hook}, "cascade": {"support": {"objective": 0.4}}}
    assert rules_of(Settings.model_validate({**around, **tomllib.loads(block)}))
