"""Traffic and Sources in a real Chromium: nothing breaks, nothing foreign is asked for, clicks lead on."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode
from urllib.request import urlopen

import pytest

from tests.dashboard.conftest import Place
from tests.dashboard.hostile import CASCADES, STRINGS
from tests.dashboard.mixed import ODD_ID, mixed

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
SETTLED = "() => !document.querySelector('[data-testid=stSkeleton]') && document.querySelector('h2')"
ROW, HEADER, BOX = 35, 35, 17  # pixels of a table's row, its header, and the middle of its check box


@dataclass
class Seen:
    """What a page did that nobody asked for."""

    foreign: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return mixed(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module", params=["empty", "shop", "hostile"])
def place(request: pytest.FixtureRequest) -> tuple[str, Place]:
    return request.param, request.getfixturevalue(request.param)


@contextmanager
def served(place: Place) -> Iterator[str]:
    """The dashboard as users start it, in a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "from cascadewatch.cli import main; main()", "dashboard"]
    environment = {**os.environ, **place.environment()}
    process = subprocess.Popen([*command, "--port", str(port)], cwd=ROOT, env=environment)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(20)


def wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        assert process.poll() is None, "the dashboard ended"
        try:
            with urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the dashboard does not answer")


@contextmanager
def opened(
    browser: "Browser", url: str, dark: bool = False, width: int = 1440
) -> Iterator[tuple["Page", Seen]]:
    seen, home = Seen(), url.split("/")[2]
    context = browser.new_context(
        viewport={"width": width, "height": 3000}, color_scheme="dark" if dark else "light"
    )
    page = context.new_page()

    def asked(address: str) -> None:
        if (
            address.split(":", maxsplit=1)[0] not in ("data", "blob", "about")
            and address.split("/")[2] != home
        ):
            seen.foreign.append(address)

    page.on("request", lambda r: asked(r.url))
    page.on("websocket", lambda w: asked(w.url))
    page.on("pageerror", lambda e: seen.errors.append(str(e)))
    page.on(
        "console",
        lambda m: seen.errors.append(m.text) if m.type == "error" and not probing(m.location) else None,
    )
    page.on("dialog", lambda d: (seen.dialogs.append(d.message), d.dismiss()))
    try:
        page.goto(url)
        settle(page)
        yield page, seen
    finally:
        context.close()


def probing(location: object) -> bool:
    """Below a page's own path Streamlit looks for its server in vain before it looks at the root."""
    return "/_stcore/" in str(location)


def settle(page: "Page") -> None:
    page.wait_for_function(SETTLED, timeout=30_000)
    page.wait_for_timeout(800)
    page.wait_for_function(SETTLED, timeout=30_000)


def addresses(name: str) -> list[str]:
    if name == "empty":
        return ["/traffic", "/sources", "/traffic?event=nobody"]
    if name == "shop":
        return ["/traffic", "/sources", f"/traffic?event={quote(ODD_ID, safe='')}"]
    events = [f"/traffic?{urlencode({'event': f'{bad}-{i}'})}" for i, bad in enumerate(STRINGS[:4])]
    return ["/traffic", f"/traffic?{urlencode({'cascade': CASCADES[0]})}", "/sources", *events]


@pytest.mark.timeout(240)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_page_draws_without_an_error_or_a_foreign_request(
    browser: "Browser", place: tuple[str, Place], dark: bool
) -> None:
    name, where = place
    with served(where) as home:
        for path in addresses(name):
            with opened(browser, home + path, dark) as (page, seen):
                assert page.locator("[data-testid=stException]").count() == 0, path
            assert (seen.foreign, seen.errors, seen.dialogs) == ([], [], []), path


@pytest.mark.timeout(240)
def test_clicks_lead_from_a_route_to_one_event_and_back(browser: "Browser", shop: Place) -> None:
    with served(shop) as home, opened(browser, f"{home}/traffic?cascade=shop") as (page, seen):
        click_first_row(page, 0)
        page.wait_for_url("**route=search**")
        settle(page)
        click_first_row(page, -1)
        page.wait_for_url("**event=**")
        settle(page)
        assert page.get_by_text("One event", exact=True).is_visible()
        page.get_by_role("button", name="Back to Traffic").click()
        page.wait_for_function("() => !location.search.includes('event=')")
        settle(page)
        assert "route=search" in page.url
        assert (seen.foreign, seen.errors, seen.dialogs) == ([], [], [])


@pytest.mark.timeout(240)
def test_nothing_is_wider_than_a_telephone(browser: "Browser", shop: Place) -> None:
    with served(shop) as home:
        for path in addresses("shop"):
            with opened(browser, home + path, width=390) as (page, _):
                assert page.evaluate("document.scrollingElement.scrollWidth") <= 390, path


def click_first_row(page: "Page", table: int) -> None:
    found = page.locator("[data-testid=stDataFrame]")
    box = found.nth(table).bounding_box() if table >= 0 else found.last.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + BOX, box["y"] + HEADER + ROW / 2)
