"""The pages in a real Chromium, started as a user would: quiet console, no foreign request, nothing runs."""

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from tests.dashboard.conftest import Place

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page

PAGES = ("overview", "cost", "quality", "verifier", "traffic", "replays", "incidents", "sources")
PAYLOAD = 1.5 * 1024 * 1024
START = "import sys; from cascadewatch.cli import main; main()"
# Asked for by Streamlit itself when a page below the first is opened directly; it then finds its base.
SEARCH = ("/_stcore/health", "/_stcore/host-config")


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Place], str]]:
    """`serve(place)` is the address of a dashboard that reads it; each is started once."""
    running: dict[str, tuple[str, subprocess.Popen[bytes]]] = {}
    log = tmp_path_factory.mktemp("log") / "dashboard.log"

    def address(place: Place) -> str:
        if place.url not in running:
            running[place.url] = started(place, log)
        return running[place.url][0]

    yield address
    for _, process in running.values():
        process.terminate()
        process.wait(10)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def started(
    place: Place, log: Path, port: int = 0, more: Mapping[str, str] = MappingProxyType({})
) -> tuple[str, subprocess.Popen[bytes]]:
    """A dashboard's address and process; `more` goes into its environment."""
    port = port or free_port()
    command = [sys.executable, "-c", START, "dashboard", "--config", str(place.config), "--db", place.url]
    with log.open("ab") as out:
        process = subprocess.Popen(
            [*command, "--port", str(port)],
            stdout=out,
            stderr=out,
            env={**os.environ, "NO_COLOR": "1", **more},
        )
    url, until = f"http://127.0.0.1:{port}", monotonic() + 40
    while monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=1)
            return url, process
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            sleep(0.1)
    process.kill()
    pytest.fail(f"the dashboard did not start:\n{log.read_text()[-2000:]}")


class Watched:
    """A page, and everything about it that ought not to happen."""

    def __init__(self, page: "Page", own: str) -> None:
        self.page = page
        self.foreign: list[str] = []
        self.dialogs: list[str] = []
        self.errors: list[str] = []
        self.received = 0
        page.on("request", lambda r: self._asked(r.url, own))
        page.on("dialog", self._refused)
        page.on("console", lambda m: self._said(m.type, m.text, m.location.get("url", "")))
        page.on("pageerror", lambda e: self.errors.append(str(e)))
        page.on("websocket", lambda w: w.on("framereceived", self._received))

    def _asked(self, url: str, own: str) -> None:
        if not url.startswith((own, own.replace("http", "ws", 1), "data:", "blob:")):
            self.foreign.append(url)

    def _refused(self, dialog: "Dialog") -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _said(self, kind: str, words: str, url: str) -> None:
        if kind == "error" and not url.endswith(SEARCH):
            self.errors.append(words)

    def _received(self, frame: str | bytes) -> None:
        self.received += len(frame)

    def open(self, url: str) -> None:
        """Goes there and waits until nothing is drawn any more."""
        self.page.goto(url)
        self.page.wait_for_selector("[data-testid=stMain] h2")
        self.settle()
        self.page.wait_for_timeout(1_200)

    def settle(self) -> None:
        """Waits until the script has run and every figure is drawn."""
        self.page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
        self.page.wait_for_function(
            "document.querySelectorAll('.stPlotlyChart').length"
            " <= document.querySelectorAll('.stPlotlyChart .main-svg').length"
        )

    def is_quiet_in_the_dark(self, page: str) -> None:
        """Nothing was wrong with this page, and nothing is when the reader's screen turns dark."""
        self.page.emulate_media(color_scheme="dark")
        self.page.wait_for_timeout(400)
        assert (self.errors, self.foreign) == ([], []), page
        assert self.page.locator("[data-testid=stException]").count() == 0, page
        self.page.emulate_media(color_scheme="light")


@contextmanager
def watched(browser: "Browser", url: str, **options: object) -> Iterator[Watched]:
    context = browser.new_context(**options)  # type: ignore[arg-type]
    yield Watched(context.new_page(), url)
    context.close()


@pytest.mark.parametrize("which", ["empty", "recorded"])
def test_pages_are_quiet_in_light_and_dark(
    browser: "Browser", serve: Callable[[Place], str], request: pytest.FixtureRequest, which: str
) -> None:
    url = serve(request.getfixturevalue(which))
    with watched(browser, url) as seen:
        for page in PAGES:
            before = seen.received
            seen.open(f"{url}/{'' if page == 'overview' else page}")
            assert 0 < seen.received - before < PAYLOAD, page
            seen.is_quiet_in_the_dark(page)


def test_the_first_page_has_its_name_for_an_address_too(
    browser: "Browser", serve: Callable[[Place], str], recorded: Place
) -> None:
    with watched(browser, serve(recorded)) as seen:
        seen.open(f"{serve(recorded)}/overview?cascade=nope")
        assert seen.page.get_by_role("dialog").count() == 0  # where Streamlit says that there is no such page
        assert seen.page.get_by_text("Is the cascade on target?").count() == 1
        said = seen.page.get_by_text("No cascade of that name is known: nope")
        assert said.count() == 1
        seen.page.get_by_test_id("stSidebarNavLink").filter(has_text="Sources").click()
        seen.page.wait_for_selector("text=Is everything arriving?")
        seen.settle()
        assert said.count() == 0


def test_a_narrow_screen_needs_no_sideways_scrolling(
    browser: "Browser", serve: Callable[[Place], str], recorded: Place
) -> None:
    url = serve(recorded)
    with watched(browser, url, viewport={"width": 390, "height": 800}) as seen:
        for page in ("", "cost"):
            seen.open(f"{url}/{page}")
            wide = seen.page.evaluate(
                "(() => { const m = document.querySelector('[data-testid=stMain]');"
                " return m.scrollWidth - m.clientWidth })()"
            )
            assert wide <= 1


def test_the_choice_survives_a_change_of_page_and_stays_in_the_address(
    browser: "Browser", serve: Callable[[Place], str], recorded: Place
) -> None:
    url = serve(recorded)
    with watched(browser, url) as seen:
        seen.open(f"{url}/?cascade=support&range=30d")
        seen.page.get_by_test_id("stSidebarNavLink").filter(has_text="Cost").click()
        seen.page.wait_for_url("**/cost?*")
        seen.page.wait_for_function("location.search === '?cascade=support&range=30d'")
        seen.page.wait_for_selector("text=In the last 30 days")
