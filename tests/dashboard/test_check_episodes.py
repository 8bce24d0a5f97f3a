"""Episodes about replays, unchecked quality and money for replays are told in words."""

import shutil
from typing import Any

import pytest

from cascadewatch.store import episodes
from tests.dashboard.alarmed import write
from tests.dashboard.conftest import LookAt, Place
from tests.dashboard.mixed import page, words

ABOUT: dict[str, dict[str, Any]] = {
    "replay": {"report": 12, "replay": "nightly"},
    "stale": {"calibration": 9},
    "budget": {"spent_usd": 41.2},
    "callers": {"callers": [{"caller": "probe"}]},
}
NUMBERS: dict[str, dict[str, Any]] = {
    "callers": {
        "estimate": {"value": 0.12, "baseline": None, "low": 0.11, "high": 0.12, "n": 1440},
        "unit": "share", "limit": 0.01, "cost_usd_per_day": {"value": 4.1, "low": 3.7, "high": 4.1},
    }
}  # fmt: skip


@pytest.fixture(scope="module")
def told(recorded: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("told")
    for file in recorded.config.parent.iterdir():
        if file.is_file() and file.suffix != ".lock":
            shutil.copy(file, folder)
    place = Place(folder / recorded.config.name, f"sqlite:///{folder / 'cascadewatch.db'}")

    def opened(connection: Any, now: int) -> None:
        for kind, about in ABOUT.items():
            cascade = "*" if kind == "budget" else "support"
            values = {
                "rule": f"my-{kind}", "kind": kind, "metric": None, "cascade": cascade, "route": "",
                "direction": "", "severity": "ticket", "state": "firing", "opened": now, "since": now,
                "easing": None, "parent": None, "updated": now,
                "detail": {"message": f"What the rule my-{kind} says.", "about": about}
                | NUMBERS.get(kind, {}),
            }  # fmt: skip
            episodes.add(connection, values)

    write(place, opened)
    return place


def number_of(place: Place, kind: str) -> int:
    found: list[episodes.Episode] = []
    write(place, lambda connection, now: found.extend(episodes.page(connection, open_only=True)))
    return next(one.id for one in found if one.kind == kind)


def test_the_list_says_what_they_are_about(told: Place, look_at: LookAt) -> None:
    look_at(told)
    app = page("incidents")
    assert not app.exception
    assert all(f"What the rule my-{kind} says." in words(app) for kind in ABOUT)
    assert "all cascades" in words(app)


@pytest.mark.parametrize("kind", ABOUT)
def test_one_is_told_in_words_without_a_chart_of_something_else(
    told: Place, look_at: LookAt, kind: str
) -> None:
    look_at(told)
    app = page("incidents", episode=str(number_of(told, kind)))
    assert not app.exception
    assert f"What the rule my-{kind} says." in words(app)
    assert "over time" not in words(app)


def test_callers_that_stand_out_are_told_with_their_part_and_cost(told: Place, look_at: LookAt) -> None:
    look_at(told)
    app = page("incidents", episode=str(number_of(told, "callers")))
    assert not app.exception
    assert all(said in words(app) for said in ("callers stand out", "12", "4.10"))
