"""Verifier, Quality and Replays in a real Chromium: quiet, narrow and dark as intended, with plain words."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.dashboard.conftest import Place
from tests.dashboard.replayed_place import replayed
from tests.dashboard.test_browser import started, watched
from tests.dashboard.test_browser_incidents import SIDEWAYS
from tests.dashboard.test_incidents_page import copied

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PATHS = ("verifier?range=30d", "quality?range=30d", "replays", "replays?report=2")


def shown(place: Place, log: Path) -> Iterator[str]:
    url, dashboard = started(place, log)
    yield url
    dashboard.terminate()
    dashboard.wait(10)


@pytest.fixture(scope="module")
def played(recorded: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("played")
    place = copied(recorded, folder)
    replayed(place)
    yield from shown(place, folder / "dashboard.log")


@pytest.mark.parametrize("options", [{"color_scheme": "dark"}, {"viewport": {"width": 390, "height": 800}}])
def test_pages_with_replays_are_quiet_and_fit(
    browser: "Browser", played: str, options: dict[str, object]
) -> None:
    with watched(browser, played, **options) as seen:
        for path in PATHS:
            seen.open(f"{played}/{path}")
            assert (seen.errors, seen.foreign) == ([], []), path
            assert seen.page.locator("[data-testid=stException]").count() == 0
            assert seen.page.evaluate(SIDEWAYS) <= 1, path


def test_a_report_is_found_from_the_verifier(browser: "Browser", played: str) -> None:
    with watched(browser, played) as seen:
        seen.open(f"{played}/verifier?range=30d")
        seen.page.get_by_text("Open the report").click()
        seen.page.wait_for_url("**/replays?*report=2*")
        seen.page.get_by_role("heading", name="Report 2").wait_for()
