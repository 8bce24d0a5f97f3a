"""Incidents in a real Chromium: quiet, narrow and dark as intended, and what is clicked is really done."""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING

import pytest

from cascadewatch.store import episodes
from cascadewatch.store.episodes import Episode
from tests.dashboard.alarmed import CHANNELS, alarmed, write
from tests.dashboard.conftest import Place
from tests.dashboard.test_browser import START, free_port, started, watched
from tests.dashboard.test_incidents_page import copied, number_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SIDEWAYS = (
    "(() => { const m = document.querySelector('[data-testid=stMain]');"
    " return m.scrollWidth - m.clientWidth })()"
)


@pytest.fixture(scope="module")
def moved(recorded: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, str]]:
    """A dashboard by itself, beside the API it acts through."""
    folder = tmp_path_factory.mktemp("moved")
    port = free_port()
    own = f'\n[dashboard]\napi_url = "http://127.0.0.1:{port}"\n'
    place = copied(recorded, folder, CHANNELS + own)
    write(place, alarmed)
    serving = serve(place, port, folder / "serve.log")
    url, dashboard = started(place, folder / "dashboard.log")
    yield place, url
    for process in (dashboard, serving):
        process.terminate()
        process.wait(10)


def serve(place: Place, port: int, log: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", START, "serve", "--config", str(place.config), "--db", place.url]
    with log.open("ab") as out:
        process = subprocess.Popen(
            [*command, "--port", str(port)], stdout=out, stderr=out, env=os.environ | {"NO_COLOR": "1"}
        )
    until = monotonic() + 40
    while monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1)
            return process
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            sleep(0.1)
    process.kill()
    pytest.fail(f"the API did not start:\n{log.read_text()[-2000:]}")


def as_it_is(place: Place, number: str) -> Episode:
    found: list[Episode | None] = []
    write(place, lambda connection, now: found.append(episodes.episode(connection, int(number))))
    assert found[0] is not None
    return found[0]


def test_pages_with_episodes_are_quiet_in_light_and_dark(
    browser: "Browser", moved: tuple[Place, str]
) -> None:
    place, url = moved
    with watched(browser, url) as seen:
        for page in ("incidents", f"incidents?episode={number_of(place)}", "", "?cascade=support"):
            seen.open(f"{url}/{page}")
            assert seen.page.get_by_text("channel off", exact=True).count() == 1
            seen.is_quiet_in_the_dark(page)


def test_a_telephone_shows_them_without_sideways_scrolling(
    browser: "Browser", moved: tuple[Place, str]
) -> None:
    place, url = moved
    with watched(browser, url, viewport={"width": 390, "height": 800}) as seen:
        for path in ("incidents", f"incidents?episode={number_of(place)}", "?cascade=support"):
            seen.open(f"{url}/{path}")
            assert seen.page.evaluate(SIDEWAYS) <= 1


def test_an_episode_is_found_from_the_overview(browser: "Browser", moved: tuple[Place, str]) -> None:
    place, url = moved
    with watched(browser, url) as seen:
        seen.open(f"{url}/?cascade=support")
        seen.page.get_by_text("Look at the episode").click()
        seen.page.wait_for_url(f"**/incidents?*episode={number_of(place)}*")
        seen.page.get_by_role("heading", name=f"Episode {number_of(place)}").wait_for()


def test_a_rule_is_tried_on_the_past(browser: "Browser", moved: tuple[Place, str]) -> None:
    _, url = moved
    with watched(browser, url, viewport={"width": 1280, "height": 2600}) as seen:
        seen.open(f"{url}/incidents")
        table = seen.page.locator("[data-testid=stDataFrame]").nth(1)
        box = table.bounding_box()
        assert box is not None
        seen.page.mouse.click(box["x"] + 17, box["y"] + 35 + 17)
        seen.page.get_by_role("button", name="Back-test").click()
        seen.page.get_by_text("have fired").first.wait_for()


def test_what_is_acknowledged_and_silenced_is_kept(browser: "Browser", moved: tuple[Place, str]) -> None:
    place, url = moved
    number = number_of(place)
    with watched(browser, url) as seen:
        seen.open(f"{url}/incidents?episode={number}")
        seen.page.get_by_role("button", name="Acknowledge").click()
        seen.page.get_by_text("Acknowledged").first.wait_for()
        seen.settle()  # the row of buttons is drawn anew, which folds what is open
        assert as_it_is(place, number).acknowledged_by == "local"
        seen.page.get_by_role("button", name="Silence").click()
        seen.page.get_by_text("24 h", exact=True).click()
        seen.page.get_by_label("Comment").fill("release")
        seen.page.get_by_test_id("stPopoverBody").get_by_role("button", name="Silence", exact=True).click()
        seen.page.get_by_text("silenced", exact=True).first.wait_for()
        seen.open(f"{url}/incidents")
        seen.page.get_by_text("By local · release").wait_for()
        assert seen.errors == []
