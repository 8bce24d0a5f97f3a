"""Single events and their list in a real Chromium: clicks lead on, odd ids do nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.dashboard.conftest import Place
from tests.dashboard.mixed import ODD_ID, mixed
from tests.dashboard.test_browser import started, watched

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROW, HEADER, BOX = 35, 35, 17  # pixels of a table's row, its header, and the middle of its check box
TALL = {"width": 1440, "height": 3200}
SIDEWAYS = (
    "(() => { const m = document.querySelector('[data-testid=stMain]');"
    " return m.scrollWidth - m.clientWidth })()"
)
ODD = f"traffic?event={quote(ODD_ID, safe='')}"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a cascade that meets everything is served."""
    folder = tmp_path_factory.mktemp("shop")
    yield from served(mixed(folder), folder)


def served(place: Place, folder: Path) -> Iterator[str]:
    address, process = started(place, folder / "dashboard.log")
    yield address
    process.terminate()
    process.wait(10)


def test_clicks_lead_from_a_route_to_one_event_and_back(browser: "Browser", shop: str) -> None:
    with watched(browser, shop, viewport=TALL) as seen:
        seen.open(f"{shop}/traffic?cascade=shop")
        click_first_row(seen.page, 0)
        seen.page.wait_for_url("**route=search**")
        seen.page.wait_for_timeout(2_000)
        click_first_row(seen.page, -1)
        seen.page.wait_for_url("**event=**")
        seen.page.get_by_text("One event", exact=True).wait_for()
        seen.page.get_by_role("button", name="Back to Traffic").click()
        seen.page.wait_for_function("() => !location.search.includes('event=')")
        assert "route=search" in seen.page.url
        assert (seen.foreign, seen.dialogs, seen.errors) == ([], [], [])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_event_with_an_odd_id_opens_quietly(browser: "Browser", shop: str, scheme: str) -> None:
    with watched(browser, shop, color_scheme=scheme) as seen:
        seen.open(f"{shop}/{ODD}")
        seen.page.locator("code", has_text="How much is <b>it</b>?").wait_for()
        assert (seen.foreign, seen.dialogs, seen.errors) == ([], [], [])


@pytest.mark.parametrize("path", ["traffic", "sources", ODD])
def test_a_telephone_shows_it_without_sideways_scrolling(browser: "Browser", shop: str, path: str) -> None:
    with watched(browser, shop, viewport={"width": 390, "height": 800}) as seen:
        seen.open(f"{shop}/{path}")
        assert seen.page.evaluate(SIDEWAYS) <= 1


def click_first_row(page: "Page", table: int) -> None:
    page.locator("[data-testid=stDataFrame] canvas").nth(table).wait_for()
    found = page.locator("[data-testid=stDataFrame]")
    box = (found.nth(table) if table >= 0 else found.last).bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + BOX, box["y"] + HEADER + ROW / 2)
