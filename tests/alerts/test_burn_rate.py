"""The budget of an objective that goes too fast: over the window, and still so in its last twelfth."""

from typing import Any

import pytest

from alerts import evaluate
from tests.alerts.conftest import Watch
from tests.alerts.watched import HOUR, MINUTE, Watched

BURN = {"name": "budget", "kind": "burn_rate", "factor": 2.0, "window": "12h"}
GOAL = {"support": {"objective": 0.2}}


def watched_with(watching: Watch, now: int, *parts: tuple[int, float], **said: Any) -> Watched:
    """Traffic in parts of so many hours at a rate, the last of which ends now."""
    watched = watching({**BURN, **said}, cascade=GOAL)
    start = now - sum(hours for hours, _ in parts) * HOUR
    for hours, rate in parts:
        watched.send(start, start + hours * HOUR, rate, hours * 60)
        start += hours * HOUR
    return watched


def outcome(watched: Watched, now: int) -> tuple[str, str]:
    (checked,) = evaluate.check(watched.store, watched.settings, now)
    return checked.finding.outcome, checked.finding.message


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([(12, 0.6)], "breached"),
        ([(12, 0.3)], "ok"),
        ([(11, 0.6), (1, 0.1)], "ok"),  # it is over: the last twelfth says so
        ([(11, 0.1), (1, 0.6)], "ok"),  # it has not used up much yet
        ([(12, 0.4)], "undecided"),
    ],
)
def test_both_windows_must_be_surely_above_the_factor(
    watching_sqlite: Watch, now: int, parts: list[tuple[int, float]], expected: str
) -> None:
    assert outcome(watched_with(watching_sqlite, now, *parts), now)[0] == expected


def test_it_fires_and_ends_like_any_other(watching: Watch, now: int) -> None:
    watched = watched_with(watching, now, (12, 0.6))
    watched.minutes(now, now + 10 * MINUTE, 5 * MINUTE)
    episode = watched.episode()
    assert (episode.kind, episode.metric, episode.direction) == ("burn_rate", None, "up")
    assert episode.detail["limit"] == 2.0
    assert episode.detail["unit"] == "ratio"
    assert episode.detail["estimate"]["value"] == pytest.approx(3.0, abs=0.1)
    watched.send(now, now + 2 * HOUR, 0.1, 120)
    watched.minutes(now + 90 * MINUTE, now + 105 * MINUTE, 5 * MINUTE)
    assert watched.episode().state == "resolved"


def test_a_cascade_without_an_objective_is_skipped_with_a_sentence(watching_sqlite: Watch, now: int) -> None:
    watched = watching_sqlite(BURN)
    watched.send(now - HOUR, now, 0.9)
    assert outcome(watched, now) == (
        "no_data",
        "support is not watched: there is no objective; set `objective` under [cascade.support].",
    )
    watched.run(now)
    assert watched.state("budget") == "no_data"
