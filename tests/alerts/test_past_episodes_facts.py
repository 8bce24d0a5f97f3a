"""What is read about episodes that were over before anybody looked: sums for the latest ones alone."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from sqlalchemy import event

from alerts.facts import DIAGNOSED, Facts, gather_past
from alerts.finding import Estimate, Finding, Past
from alerts.windows import Windows
from tests.alerts.conftest import Watch
from tests.alerts.findings import DRIFT, SUPPORT, drifted
from tests.alerts.watched import DAY, HOUR, MINUTE, Watched


def found(now: int, count: int, value: float = 0.36, **rule: Any) -> Finding:
    """A stream with an episode of an hour in each of so many days, the last of them yesterday."""
    pasts = tuple(
        Past(DRIFT.name, SUPPORT, "up", opened, None, opened + HOUR,
             Estimate(opened, value, 0.3, value - 0.02, value + 0.02, 900, 300.0))
        for opened in (now - number * DAY for number in range(1, count + 1))
    )  # fmt: skip
    return drifted(None, rule=DRIFT.model_copy(update=rule), past=pasts)


def facts(watched: Watched, finding: Finding) -> tuple[dict[Past, Facts], int]:
    """What is found, and in how many statements."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    with watched.store.reading() as connection:
        windows = Windows(connection, watched.settings)
        event.listen(connection, "before_cursor_execute", note)
        said = gather_past(windows, watched.settings, [finding])
    return said, len(statements)


@pytest.fixture
def watched(watching_sqlite: Watch, now: int) -> Watched:
    """A cascade with a little traffic."""
    opened = watching_sqlite()
    opened.opened.send(*opened.drawn(now - DAY, now, 0.3, 20, Random(1)), received=now)
    return opened


def test_a_long_history_is_read_no_more_than_its_latest_episodes(watched: Watched, now: int) -> None:
    few, statements = facts(watched, found(now, DIAGNOSED))
    many, no_more = facts(watched, found(now, 3 * DIAGNOSED))
    assert (len(few), len(many)) == (DIAGNOSED, 3 * DIAGNOSED)
    assert no_more == statements > 0


def test_the_latest_have_a_diagnosis(watched: Watched, now: int) -> None:
    said, _ = facts(watched, found(now, DIAGNOSED + 2))
    latest_first = sorted(said, key=lambda past: -past.opened)
    assert [bool(said[past].detail) for past in latest_first] == [True] * DIAGNOSED + [False] * 2


@pytest.mark.parametrize(
    ("value", "rule", "severity"),
    [(0.36, {}, "ticket"), (0.41, {}, "page"), (0.36, {"severity": "page"}, "page")],
)
def test_the_others_are_as_severe_as_the_rule_and_the_size_of_the_move_say(
    watched: Watched, now: int, value: float, rule: dict[str, Any], severity: str
) -> None:
    said, _ = facts(watched, found(now, DIAGNOSED + 1, value, **rule))
    assert said[min(said, key=lambda past: past.opened)] == Facts(severity)


def test_one_that_is_still_open_is_none_of_them(watched: Watched, now: int) -> None:
    finding = found(now, 1)
    still = replace(finding.past[0], resolved=None, opened=now - MINUTE)
    said, _ = facts(watched, replace(finding, past=(*finding.past, still)))
    assert list(said) == [*finding.past]
