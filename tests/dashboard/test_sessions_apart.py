"""Two people look at two cascades at once: neither ever gets a word or a row of the other's."""

import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace
from streamlit.testing.v1 import AppTest

from cascadewatch.demo import gsm8k_events
from cascadewatch.model import Event
from tests.dashboard.conftest import LookAt, Place, made
from tests.dashboard.test_browser import started

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PAGES = ("overview", "cost", "quality", "verifier", "traffic")
RANGES = ("24h", "30d")
SPACING = 1_800_000
SCRIPT = "from dashboard import sidebar\nfrom dashboard.views import {} as p\np.show(sidebar.choose())\n"
# Whose cascade has which route: the lists of cascades are for everybody, those of routes are not.
ROUTES = {"orchard": "apple-pie", "garden": "pear-tart"}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Two cascades over the same four days, each with a route of its own."""
    now = time.time_ns() // 1_000_000
    events = [event for cascade in ROUTES for event in of_cascade(cascade, now)]
    return made(tmp_path_factory.mktemp("both"), events, [])


def of_cascade(cascade: str, now: int) -> Iterator[Event]:
    found = islice(gsm8k_events(now - 200 * SPACING, SPACING, cascade=cascade), 199)
    for event in found:
        yield replace(event, id=f"{cascade}-{event.id}", route=ROUTES[cascade])


def turns(count: int) -> Iterator[tuple[str, str]]:
    """Pages and ranges, so that both people meet each page in each range."""
    for turn in range(count):
        yield PAGES[turn % len(PAGES)], RANGES[turn // len(PAGES) % len(RANGES)]


def test_pages_of_one_process_keep_sessions_apart(both: Place, look_at: LookAt) -> None:
    look_at(both)
    for page, span in turns(2 * len(PAGES)):
        for cascade in ROUTES:
            app = AppTest.from_string(SCRIPT.format(page), default_timeout=60)
            app.query_params["cascade"], app.query_params["range"] = cascade, span
            app.run()
            assert not app.exception
            assert_own(
                cascade, "".join(str(element.proto) for part in (app.main, app.sidebar) for element in part)
            )


@pytest.mark.soak
def test_two_hundred_turns_in_two_browsers(browser: "Browser", both: Place, tmp_path: Path) -> None:
    url, process = started(both, tmp_path / "dashboard.log")
    try:
        people = [Person(browser.new_context().new_page(), cascade) for cascade in ROUTES]
        for page, span in turns(100):
            for person in people:
                person.go(f"{url}/{'' if page == 'overview' else page}", span)
            for person in people:
                assert_own(person.cascade, person.saw())
    finally:
        process.terminate()
        process.wait(10)


class Person:
    """One who looks at a cascade, in a browser of their own, and all that comes for them."""

    def __init__(self, page: "Page", cascade: str) -> None:
        self.page, self.cascade = page, cascade
        self.frames: list[bytes] = []
        page.on("websocket", lambda socket: socket.on("framereceived", self._received))

    def _received(self, frame: str | bytes) -> None:
        self.frames.append(frame.encode() if isinstance(frame, str) else frame)

    def go(self, address: str, span: str) -> None:
        """Sets out, and waits for nothing, so that others are under way at the same time."""
        self.frames.clear()
        self.page.goto(f"{address}?cascade={self.cascade}&range={span}", wait_until="commit")

    def saw(self) -> str:
        """All that came once the page stands."""
        self.page.wait_for_selector("[data-testid=stMain] h2")
        self.page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
        return b"".join(self.frames).decode("latin-1")


def assert_own(cascade: str, received: str) -> None:
    """The route of the cascade is there, and no route of another."""
    others = [route for name, route in ROUTES.items() if name != cascade]
    assert ROUTES[cascade] in received
    assert not [route for route in others if route in received]
