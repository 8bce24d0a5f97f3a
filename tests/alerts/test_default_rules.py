"""The default rules with limits, each on traffic that it is there for, and none on traffic that is fine."""

from typing import Any

import pytest

from alerts import evaluate
from cascadewatch.model import Event, Verdict
from tests.alerts.conftest import Watch
from tests.alerts.watched import HOUR, MINUTE, Watched
from tests.model.events import attempt, event

DEFAULTS = {"defaults": True}


def traffic(watched: Watched, now: int, **said: Any) -> None:
    """A day with 20 requests an hour, of which a quarter escalates."""
    made = [request(number, now - 24 * HOUR + number * 3 * MINUTE, **said) for number in range(480)]
    watched.opened.send(*made)


def request(
    number: int,
    at: int,
    cheap: float = 1e-5,
    big: float = 2e-4,
    judge: float | None = 1e-6,
    priced: bool = True,
) -> Event:
    escalates = number % 4 == 0
    verdict = Verdict(
        "reject" if escalates else "accept", verifier="judge", mechanism="judge",
        cost_usd=None if judge is None else judge * (1 + number % 3 / 10),
    )  # fmt: skip
    first = attempt("small", verdict=verdict, cost_usd=cheap if priced else None, model="nobody-knows")
    attempts = [first, attempt("flagship", cost_usd=big * (1 + number % 5 / 10))] if escalates else [first]
    return event(f"e{number}", *attempts, at=at)


def firing(watched: Watched, now: int) -> set[str]:
    return {
        one.finding.rule.name for one in evaluate.check(watched.store, watched.settings, now) if one.fires
    }


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, set[str]()),
        ({"judge": 9e-5}, {"verifier-overhead"}),
        ({"cheap": 4e-4}, {"dearer-than-flagship"}),
        ({"priced": False}, {"price-coverage"}),
    ],
    ids=["all is well", "a dear judge", "a dear cheap tier", "prices missing"],
)
def test_each_finds_what_it_is_there_for(
    watching_sqlite: Watch, now: int, said: dict[str, Any], expected: set[str]
) -> None:
    watched = watching_sqlite(alerts=DEFAULTS)
    traffic(watched, now, **said)
    assert firing(watched, now) == expected


def test_an_empty_database_has_nothing_to_say(watching_sqlite: Watch, now: int) -> None:
    watched = watching_sqlite(alerts=DEFAULTS)
    assert evaluate.check(watched.store, watched.settings, now) == []
    assert watched.run(now) == "11 rules, 0 findings"
    assert watched.states() == {}
