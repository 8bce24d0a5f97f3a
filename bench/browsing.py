"""A headless Chromium that visits pages, and how long they take until they stand still."""

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from processes import Server, free_port, running

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, BrowserType, Page

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--no-sandbox", "--disable-gpu")
BARE_PAGE = Path(__file__).with_name("bare_page.py")


class Visit(NamedTuple):
    """How long a page took to stand still, and what its own messages weighed."""

    ms: float
    bytes: int


@contextmanager
def chromium() -> "Iterator[Browser]":
    """A headless Chromium."""
    with engine() as (browsers, path):
        browser = browsers.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def known_visitor() -> "Iterator[BrowserContext]":
    """A Chromium that keeps what it has loaded and compiled, as a reader's own does."""
    with engine() as (browsers, path), tempfile.TemporaryDirectory() as profile:
        context = browsers.launch_persistent_context(
            profile, executable_path=path, args=FLAGS, viewport={"width": 1360, "height": 900}
        )
        yield context
        context.close()


@contextmanager
def engine() -> "Iterator[tuple[BrowserType, str]]":
    """Playwright's way to Chromium, and where that is."""
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, CHROMIUMS)))
    with sync_playwright() as playwright:
        yield playwright.chromium, path


@contextmanager
def bare_page() -> Iterator[Server]:
    """A page of Streamlit that asks nothing and shows four charts."""
    port = free_port()
    line = [
        sys.executable, "-m", "streamlit", "run", str(BARE_PAGE), "--server.port", str(port),
        "--server.address", "127.0.0.1", "--server.headless", "true", "--browser.gatherUsageStats", "false",
    ]  # fmt: skip
    with running(line, port, "/_stcore/health") as server:
        yield server


def visited(page: "Page", at: str) -> Visit:
    """One visit, after which the page is closed."""
    received = [0]

    def count(frame: str | bytes) -> None:
        received[0] += len(frame)

    page.on("websocket", lambda socket: socket.on("framereceived", count))
    start = time.perf_counter()
    page.goto(at)
    settle(page)
    taken = 1000 * (time.perf_counter() - start)
    page.close()
    return Visit(taken, received[0])


def settle(page: "Page") -> None:
    """Returns when the script has run and every figure is drawn."""
    page.wait_for_selector("[data-testid=stMain] h2")
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    # An element whose code is still on its way is a skeleton, and no figure yet.
    page.wait_for_function(
        "!document.querySelector('[data-testid=stSkeleton]') &&"
        " document.querySelectorAll('.stPlotlyChart').length"
        " <= document.querySelectorAll('.stPlotlyChart .main-svg').length"
    )


def spread(values: list[float]) -> dict[str, Any]:
    """Median and 95th percentile."""
    return {"p50": round(median(values), 1), "p95": round(at(sorted(values), 0.95), 1)}


def at(ascending: list[float], share: float) -> float:
    """The smallest value that `share` of the values do not exceed."""
    return ascending[max(0, ceil(share * len(ascending)) - 1)]
