"""Makes the pictures in docs/img again, from the demo that lies beside a settings file.

cascadewatch demo --fresh --no-serve
python bench/pictures.py CASCADEWATCH.TOML [--into docs/img]

Pages are taken in a real Chromium, in at most 256 colours: that is a third of the bytes.
alert-email.png is the HTML part of the mail about what rose,
alert-slack.png the text of Slack's blocks about what fell, in the order and with the bars that they have.
"""

import argparse
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from alerts.channels.mail import mail
from alerts.channels.slack import payload
from alerts.message import Message
from alerts.messages import compose
from alerts.words.speaking import Told
from cascadewatch.settings import Settings, load
from cascadewatch.settings.alerting import Email
from cascadewatch.store import episodes, reports
from cascadewatch.store.engine import Store

IMAGES = Path(__file__).parents[1] / "docs" / "img"
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
START = "from cascadewatch.cli import main; main()"
PUBLIC = "https://watch.example.com"
CHANNEL = Email.model_validate(
    {"kind": "email", "host": "mail.example.com", "from": "watch@example.com", "to": ["team@example.com"]}
)
LONGEST_WAIT = 180_000  # ms until a page stands, on a machine with other work
PAGES = {  # where, how wide and how high; `{report}` is the last report of REPORTED
    "overview": ("?cascade=documents&range=30d", 1280, 1000),
    "cost": ("cost?cascade=support&range=30d", 1280, 1310),
    "quality": ("quality?cascade=support&range=30d", 1280, 1100),
    "verifier": ("verifier?cascade=support&range=30d", 1280, 1180),
    "replays": ("replays?report={report}", 1280, 1400),
    "incidents": ("incidents?cascade=coding&range=30d", 1280, 1000),
}
REPORTED = "coding-verifier"
STANDS = (
    "!document.querySelector('[data-testid=stSkeleton]') &&"
    " document.querySelector('[data-testid=stApp][data-test-script-state=notRunning]') &&"
    " document.querySelectorAll('.stPlotlyChart').length"
    " <= document.querySelectorAll('.stPlotlyChart .main-svg').length"
)
STYLE = """
body { margin: 28px; width: 560px; font: 15px/22px system-ui, sans-serif; color: #1d1c1d; background: #fff }
h1 { font-size: 18px; line-height: 24px; margin: 0 0 14px }
p { margin: 0 0 10px; white-space: pre-line }
.context { font-size: 12px; line-height: 17px; color: #616061; margin: 0 0 1px }
.bar { border-left: 4px solid; border-radius: 2px; padding: 2px 0 2px 14px; margin: 0 0 12px }
.button { display: inline-block; border: 1px solid #bbb; border-radius: 4px; padding: 4px 12px;
  font-weight: 600; font-size: 14px; margin: 2px 0 10px }
"""


def main() -> None:
    """Starts the demo's pages, takes the pictures, ends what it started."""
    parser = argparse.ArgumentParser(description="Takes the pictures of the documentation.")
    parser.add_argument("config", type=Path, help="the settings file of the demo")
    parser.add_argument("--into", type=Path, default=IMAGES)
    given = parser.parse_args()
    settings = load(given.config, {}, None)
    rise, fall = (message(settings, way) for way in ("up", "down"))
    with chromium() as browser:
        with serving(given.config) as url:
            number = last_report(settings)
            for name, (where, width, height) in PAGES.items():
                place = f"{url}/{where.format(report=number)}"
                taken(opened(browser, width, height), place, given.into / f"{name}.png")
        draw(browser, html_of(rise), 700, given.into / "alert-email.png")
        draw(browser, blocks_of(fall), 620, given.into / "alert-slack.png")


def last_report(settings: Settings) -> int:
    """The number of the newest report of REPORTED."""
    store = Store(settings.database_url)
    with store.reading() as connection:
        found = reports.history(connection, name=REPORTED, limit=1)[0].id
    store.close()
    return found


def taken(page: Page, address: str, path: Path) -> None:
    """A page once everything on it stands."""
    page.set_default_timeout(LONGEST_WAIT)
    page.goto(address)
    page.wait_for_selector("[data-testid=stMain] h2")
    for _ in range(2):  # what is still to come begins after what came last
        page.wait_for_function(STANDS)
        page.wait_for_timeout(3_000)
    page.screenshot(path=path)
    page.close()
    smaller(path)


def smaller(path: Path) -> None:
    """The picture in as many colours as it needs."""
    with Image.open(path) as image:
        image.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
            path, optimize=True
        )


def message(settings: Settings, direction: str) -> Message:
    """What was said first of a cascade whose escalation rate went that way and still does."""
    settings = settings.model_copy(update={"public_url": PUBLIC})
    store = Store(settings.database_url)
    with store.reading() as connection:
        found = next(
            one
            for one in episodes.page(connection, open_only=True, limit=500)
            if one.rule == "escalation-drift" and not one.route and one.direction == direction
        )
    store.close()
    return compose([Told(found, ("firing",))], settings, found.updated)


def html_of(said: Message) -> str:
    """The HTML part of the mail."""
    *_, part = mail(CHANNEL, said).walk()
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode()


def blocks_of(said: Message) -> str:
    """A plain page with the blocks of the message, one below the other."""
    sent = payload(said)
    bars = [
        f'<div class="bar" style="border-color:{bar["color"]}">{blocks(bar["blocks"])}</div>'
        for bar in sent["attachments"]
    ]
    return (
        f'<!doctype html><meta charset="utf-8"><style>{STYLE}</style>{blocks(sent["blocks"])}{"".join(bars)}'
    )


def blocks(found: Sequence[dict[str, Any]]) -> str:
    """Each block as one element; its texts have their entities already."""
    said = []
    for block in found:
        match block["type"]:
            case "header":
                said.append(f"<h1>{block['text']['text']}</h1>")
            case "section":
                said.append(f"<p>{block['text']['text']}</p>")
            case "context":
                said += [f'<p class="context">{element["text"]}</p>' for element in block["elements"]]
            case "actions":
                said += [f'<span class="button">{b["text"]["text"]}</span>' for b in block["elements"]]
            case other:
                raise ValueError(f"no way to draw a block of type {other}")
    return "".join(said)


def draw(browser: Browser, html: str, width: int, path: Path) -> None:
    """The page as high as it is."""
    page = opened(browser, width, 200)
    page.set_content(html)
    page.screenshot(path=path, full_page=True)
    smaller(path)


def opened(browser: Browser, width: int, height: int) -> Page:
    return browser.new_page(viewport={"width": width, "height": height}, color_scheme="light")


@contextmanager
def chromium() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@contextmanager
def serving(config: Path) -> Iterator[str]:
    """The address of pages and API on this settings file."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-c", START, "up", "--config", str(config), "--port", str(port)]
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(400):
            try:
                urllib.request.urlopen(url, timeout=1)
                break
            except (urllib.error.URLError, TimeoutError, ConnectionError):
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(20)


if __name__ == "__main__":
    main()
