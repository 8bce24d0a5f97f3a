"""Signing in at an OpenID provider in a real Chromium: strangers, viewers, administrators, and out again."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING

import httpx
import pytest

from cascadewatch.settings import load
from cascadewatch.store import keys
from cascadewatch.store.opening import open_store
from tests.dashboard.alarmed import alarmed, write
from tests.dashboard.conftest import Place
from tests.dashboard.test_browser import Watched, free_port, started, watched
from tests.dashboard.test_browser_incidents import as_it_is, serve
from tests.dashboard.test_incidents_page import copied, number_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SETTINGS = """
public_url = "{url}"

[dashboard]
login = "oidc"
api_url = "{api}"
api_key = "env:PAGES_KEY"

[login]
users = ["@example.com"]
admins = ["ada@example.com"]
metadata_url = "{provider}/.well-known/openid-configuration"
client_id = "cascadewatch"
client_secret = "env:CLIENT_SECRET"
cookie_secret = "file:cookie.key"
"""
SECRETS = {"CLIENT_SECRET": "canary-of-the-client", "COOKIE": "canary-of-the-cookie-" + "x" * 32}
PEOPLE = {  # subject: claims
    "ada": {"email": "ada@example.com", "email_verified": True},
    "bob": {"email": "bob@example.com", "email_verified": True},
    "eve": {"email": "eve@evil.example", "email_verified": True},
    "mallory": {"email": "ada@example.com", "email_verified": False},
}


@dataclass(frozen=True)
class Door:
    """A dashboard behind a login, its own log, and the number of an open episode."""

    place: Place
    url: str
    log: Path
    number: str


@pytest.fixture(scope="module")
def door(recorded: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("door")
    port, api = free_port(), free_port()
    with provided(folder / "provider.log") as provider:
        words = SETTINGS.format(
            url=f"http://127.0.0.1:{port}", api=f"http://127.0.0.1:{api}",
            provider=provider,
        )  # fmt: skip
        place = copied(recorded, folder)
        before = place.config.read_text(encoding="utf-8")
        place.config.write_text(words.partition("[dashboard]")[0] + before + words.partition("\n\n")[2])
        (folder / "cookie.key").write_text(SECRETS["COOKIE"])
        write(place, alarmed)
        secrets = {"CLIENT_SECRET": SECRETS["CLIENT_SECRET"], "PAGES_KEY": admin_key(place)}
        with pytest.MonkeyPatch.context() as environment:
            for name, value in secrets.items():
                environment.setenv(name, value)
            serving = serve(place, api, folder / "serve.log")
        url, dashboard = started(place, folder / "dashboard.log", port, secrets)
        yield Door(place, url, folder / "dashboard.log", number_of(place))
        for process in (dashboard, serving):
            process.terminate()
            process.wait(10)


@contextmanager
def provided(log: Path) -> Iterator[str]:
    """The address of a provider that knows PEOPLE and believes whoever says to be one of them."""
    port = free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
    for name, claims in PEOPLE.items():
        command += ["--user-claims", json.dumps({"sub": name, **claims})]
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out)
    url, until = f"http://localhost:{port}", monotonic() + 30
    while True:
        try:
            httpx.get(f"{url}/jwks", timeout=5)
            break
        except httpx.TransportError:
            assert process.poll() is None, log.read_text()
            assert monotonic() < until
            sleep(0.1)
    yield url
    process.terminate()
    process.wait(10)


def admin_key(place: Place) -> str:
    settings = load(place.config, {}, place.url)
    store = open_store(settings, 0)
    made = keys.create(store, "pages", ["admin"], 0)
    store.close()
    return made


def sign_in(page: "Page", name: str) -> None:
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name=name, exact=True).click()


def in_the_dark(seen: Watched) -> None:
    """The page tells nothing but that one has to sign in."""
    page = seen.page
    page.get_by_role("heading", name="Sign in").wait_for()
    assert page.get_by_test_id("stSidebar").count() == 0
    assert page.get_by_test_id("stSidebarNavLink").count() == 0
    shown = page.get_by_test_id("stApp").inner_text()
    assert not any(word in shown for word in ("support", "escalat", "Overview"))


@pytest.mark.parametrize("path", ["", "quality?cascade=support", "incidents?episode=1", "nowhere"])
def test_nobody_sees_anything_at_any_address(browser: "Browser", door: Door, path: str) -> None:
    with watched(browser, door.url) as seen:
        frames: list[bytes] = []

        def note(frame: str | bytes) -> None:
            frames.append(frame if isinstance(frame, bytes) else frame.encode())

        seen.page.on("websocket", lambda w: w.on("framereceived", note))
        seen.page.goto(f"{door.url}/{path}")
        in_the_dark(seen)
        told = b"".join(frames)
        assert len(told) > 500
        assert not any(word in told for word in (b"support", b"escalat", b"gsm8k"))
        assert seen.foreign == []


@pytest.mark.parametrize(
    ("name", "why"), [("eve", "may not open the dashboard"), ("mallory", "does not vouch")]
)
def test_a_stranger_is_told_why_and_sees_nothing(browser: "Browser", door: Door, name: str, why: str) -> None:
    with watched(browser, door.url) as seen:
        seen.page.goto(door.url)
        sign_in(seen.page, name)
        seen.page.get_by_text(why).wait_for()
        in_the_dark(seen)
        seen.page.get_by_role("button", name="Use another account").wait_for()


def test_a_viewer_looks_and_an_administrator_acts_each_in_their_own_name(
    browser: "Browser", door: Door
) -> None:
    with watched(browser, door.url) as bob, watched(browser, door.url) as ada:
        wanted = f"{door.url}/incidents?episode={door.number}&range=30d"
        for seen, name in ((bob, "bob"), (ada, "ada")):
            seen.page.goto(wanted)
            sign_in(seen.page, name)
            seen.page.get_by_text(f"Signed in as {name}@example.com").wait_for()
            came_to(seen.page, wanted)
        turns(bob.page, ada.page)
        for seen in (bob, ada):
            seen.page.goto(wanted)
        acknowledge = bob.page.get_by_role("button", name="Acknowledge")
        assert acknowledge.is_disabled()
        bob.page.get_by_text("bob@example.com is none").first.wait_for()
        ada.page.get_by_role("button", name="Acknowledge").click()
        ada.page.get_by_text("Acknowledged").first.wait_for()
        assert as_it_is(door.place, door.number).acknowledged_by == "ada@example.com (pages)"
        sign_out(ada, door)
        bob.page.reload()
        bob.page.get_by_text("Signed in as bob@example.com").wait_for()


def came_to(page: "Page", wanted: str) -> None:
    """Signing in leads to what was asked for, and leaves nothing behind that says so."""
    page.get_by_role("button", name="Acknowledge").wait_for()
    assert page.url == wanted
    assert "cascadewatch_wanted" not in {cookie["name"] for cookie in page.context.cookies()}


def turns(bob: "Page", ada: "Page") -> None:
    """Both read on in turns, and neither ever meets the other's name."""
    for name in ("Sources", "Incidents"):
        for page in (bob, ada):
            page.get_by_test_id("stSidebarNavLink").filter(has_text=name).click()
        for page, own, other in ((bob, "bob", "ada"), (ada, "ada", "bob")):
            page.get_by_role("heading", name=name, exact=True).wait_for()
            page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
            words = page.get_by_test_id("stSidebar").inner_text()
            assert f"{own}@example.com" in words
            assert f"{other}@example.com" not in page.get_by_test_id("stApp").inner_text()


def sign_out(seen: Watched, door: Door) -> None:
    seen.page.get_by_role("button", name="Sign out").click()
    seen.page.get_by_role("button", name="End session").click()  # the provider asks once more
    in_the_dark(seen)
    seen.page.goto(f"{door.url}/incidents?episode={door.number}")
    in_the_dark(seen)


def test_a_websocket_from_elsewhere_is_refused(door: Door) -> None:
    handshake = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }  # fmt: skip

    def status(**more: str) -> int:
        return httpx.get(f"{door.url}/_stcore/stream", headers={**handshake, **more}, timeout=20).status_code

    assert status(Origin="https://evil.example") == 403
    assert status(Host="evil.example") == 403
    assert status(Origin="null") == 403


def test_no_secret_of_the_login_is_written_anywhere(door: Door) -> None:
    for file in door.place.config.parent.rglob("*"):
        if file.is_file() and file.name != "cookie.key":
            assert not any(secret.encode() in file.read_bytes() for secret in SECRETS.values()), file.name
