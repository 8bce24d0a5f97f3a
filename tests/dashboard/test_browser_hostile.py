"""Sixty names that attack, in every field of every page, in a real Chromium: none runs, none calls out."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import pytest

from cascadewatch.store import episodes
from tests.dashboard.alarmed import hostile_alerting, write
from tests.dashboard.conftest import made
from tests.dashboard.hostile import CASCADES, EVERY, hostile_events, hostile_marks
from tests.dashboard.replayed_place import replayed
from tests.dashboard.test_browser import PAGES, started, watched

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

    from tests.dashboard.test_browser import Watched

TALL = {"width": 1280, "height": 3600}
OF = urlencode({"cascade": CASCADES[0]})


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[int]]]:
    """Where every word that anybody may choose is an attack, and the numbers of a few episodes."""
    folder, now = tmp_path_factory.mktemp("scene"), time.time_ns() // 1_000_000
    place = made(folder, hostile_events(now, strings=EVERY), hostile_marks(now, EVERY))
    write(place, hostile_alerting(CASCADES, EVERY))
    config = place.config.read_text(encoding="utf-8")
    place.config.write_text(config.partition("[cascade.")[0], encoding="utf-8")
    replayed(place, bad=EVERY, cascade=CASCADES[0])
    numbers: list[int] = []
    write(place, lambda connection, _: numbers.extend(e.id for e in episodes.page(connection, limit=2)))
    url, dashboard = started(place, folder / "dashboard.log")
    yield url, numbers
    dashboard.terminate()
    dashboard.wait(10)


def test_there_are_sixty_of_them() -> None:
    assert len(set(EVERY)) >= 60


PLACES = {  # an address, and the pages that are gone to from there
    "all cascades": ("", ("overview", "replays", "incidents", "sources")),
    "one cascade": (f"?{OF}", ("overview", "cost", "quality", "verifier", "traffic")),
}


@pytest.mark.parametrize("place", PLACES)
def test_names_that_attack_do_nothing_on_any_page(
    browser: "Browser", scene: tuple[str, list[int]], place: str
) -> None:
    start, pages = PLACES[place]
    with watched(browser, scene[0], viewport=TALL) as seen:
        seen.open(f"{scene[0]}/{start}")
        open_lists(seen.page.get_by_test_id("stSidebar"), seen.page)
        for page in pages:
            follow(seen, page)
            harmless(seen, page)


def test_every_page_is_gone_to() -> None:
    assert {page for _, pages in PLACES.values() for page in pages} == set(PAGES)


def test_nor_in_single_events_episodes_and_reports(browser: "Browser", scene: tuple[str, list[int]]) -> None:
    url, numbers = scene
    events = [f"traffic?event={quote(f'{EVERY[place]}-{place}', safe='')}" for place in (0, 1)]
    with watched(browser, url, viewport=TALL) as seen:
        for path in [*events, *(f"incidents?episode={number}" for number in numbers), "replays?report=2"]:
            seen.page.goto(f"{url}/{path}")
            seen.page.wait_for_selector("[data-testid=stMain] h2")
            harmless(seen, path)


def follow(seen: "Watched", page: str) -> None:
    """Goes there as a reader does."""
    seen.page.get_by_test_id("stSidebarNavLink").filter(has_text=page.capitalize()).click()
    seen.page.get_by_role("heading", name=page.capitalize(), exact=True).wait_for()


def harmless(seen: "Watched", where: str) -> None:
    """Opens what can be opened, and sees that nothing came of it."""
    seen.settle()
    main = seen.page.get_by_test_id("stMain")
    open_lists(main, seen.page)
    for summary in main.locator("[data-testid=stExpander] summary").all():
        summary.click()
    for hint in main.get_by_test_id("stTooltipIcon").all()[:8]:
        hint.hover(force=True)
    for figure in main.locator(".stPlotlyChart").all():
        figure.hover(force=True)
    seen.settle()
    assert (seen.foreign, seen.dialogs, seen.errors) == ([], [], []), where
    assert main.locator("img").count() == 0, where
    assert seen.page.get_by_test_id("stException").count() == 0, where


def open_lists(of: "Locator", page: "Page") -> None:
    """Unfolds each list of options, whose entries are other elements than what is chosen."""
    for box in of.get_by_test_id("stSelectbox").all():
        box.locator("input").focus()
        page.keyboard.press("ArrowDown")
        page.wait_for_timeout(150)
        page.keyboard.press("Escape")
