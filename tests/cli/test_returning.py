"""Where who has signed in is led: to the page they asked for, and to nothing that somebody else wrote."""

import asyncio
from typing import Any
from urllib.parse import quote

import pytest

from cascadewatch.cli.returning import COOKIE, LONGEST, Returning, own

PAGES = ("overview", "incidents")
PUBLIC = "watch.example"
EPISODE = "/incidents?episode=24"
Answer = dict[str, list[str]]


def asked(path: str, sent: dict[str, str], said: list[tuple[bytes, bytes]], secure: bool = True) -> Answer:
    """The headers that a browser sees when the pages answer a request with `said`."""
    seen: list[Any] = []

    async def inside(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 302, "headers": said})

    async def send(message: Any) -> None:
        seen.append(message)

    headers = [(name.encode(), value.encode("latin-1")) for name, value in sent.items()]
    scope = {"type": "http", "path": path, "headers": headers}
    asyncio.run(Returning(inside, PUBLIC, PAGES, secure=secure)(scope, None, send))
    found: Answer = {}
    for name, value in seen[0]["headers"]:
        found.setdefault(name.decode().lower(), []).append(value.decode())
    return found


def noted(referer: str | None) -> str:
    """What is kept of the page somebody left for the provider."""
    sent = {"host": "10.0.0.7:8765"} | ({} if referer is None else {"referer": referer})
    (cookie,) = asked("/auth/login", sent, [(b"location", b"https://login.example/")])["set-cookie"]
    assert "; HttpOnly; SameSite=Lax; Secure" in cookie
    return cookie.partition(";")[0].partition("=")[2]


def led(kept: str | None, signed_in: bool = True) -> Answer:
    """What the provider's way back answers to a browser that holds this."""
    sent = {} if kept is None else {"cookie": f"other=1; {COOKIE}={kept}"}
    vouched = [(b"set-cookie", b"_streamlit_user=signed; HttpOnly")] if signed_in else []
    return asked("/oauth2callback", sent, [(b"location", b"/"), *vouched])


@pytest.mark.parametrize("host", [PUBLIC, "10.0.0.7:8765", "WATCH.example"])
def test_the_page_that_was_open_is_where_signing_in_leads(host: str) -> None:
    kept = noted(f"https://{host}{EPISODE}")
    found = led(kept)
    assert found["location"] == [EPISODE]
    assert f"{COOKIE}=; Max-Age=0" in found["set-cookie"][-1]


@pytest.mark.parametrize(
    "referer",
    [
        None, "", "https://watch.example/", "https://evil.example/incidents?episode=24",
        "https://watch.example.evil.example/incidents", "https://watch.example@evil.example/incidents",
        "https://watch.example/nowhere", "https://watch.example//evil.example", "javascript:alert(1)",
        "https://watch.example/incidents/../x", "https://watch.example/incidents?a=\\\"<b>",
        "https://watch.example/incidents?" + "a" * LONGEST, "https://[watch.example/incidents",
    ],
)  # fmt: skip
def test_any_other_page_is_not_kept(referer: str | None) -> None:
    assert noted(referer) == ""


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example", "https://evil.example/incidents", "/\\evil.example", "//evil.example/incidents",
        "/nowhere", "incidents", "/incidents\r\nset-cookie: a=b", "/incidents?\x00", "/INCIDENTS", "",
    ],
)  # fmt: skip
def test_a_forged_cookie_leads_nowhere(wanted: str) -> None:
    assert led(quote(wanted, safe=""))["location"] == ["/"]


def test_without_a_cookie_it_is_the_first_page() -> None:
    assert led(None)["location"] == ["/"]


def test_who_was_not_vouched_for_is_led_nowhere_else() -> None:
    found = led(quote(EPISODE, safe=""), signed_in=False)
    assert found == {"location": ["/"]}


def test_where_the_providers_word_did_not_hold_nobody_is_led_on() -> None:
    said = [(b"location", b"/"), (b"set-cookie", b'_streamlit_user=""; Max-Age=0; Path=/')]
    found = asked("/oauth2callback", {"cookie": f"{COOKIE}={quote(EPISODE, safe='')}"}, said)
    assert found["location"] == ["/"]


def test_other_requests_pass_untouched() -> None:
    said = [(b"location", b"/elsewhere")]
    assert asked("/", {"cookie": f"{COOKIE}=%2Fincidents"}, said) == {"location": ["/elsewhere"]}


def test_an_odd_query_stays_as_it_was() -> None:
    address = "/overview?route=a%2Fb%20c&from=2026-11-17T11:00Z&to=2026-11-18T11:00Z"
    assert own(f"https://{PUBLIC}{address}", [PUBLIC], PAGES) == address


STREAMLITS = [
    b"_streamlit_user=signed; HttpOnly; Path=/; SameSite=lax",
    b"_streamlit_user_tokens=secure; Path=/; HttpOnly",
    b"_streamlit_session=x; path=/; Max-Age=1209600; httponly; samesite=lax",
    b"other=x; SECURE; Path=/",
]


@pytest.mark.parametrize("path", ["/oauth2callback", "/auth/login", "/auth/logout", "/"])
def test_no_cookie_goes_over_http_where_people_come_by_https(path: str) -> None:
    sent = {"cookie": f"{COOKIE}={quote(EPISODE, safe='')}", "referer": f"https://{PUBLIC}{EPISODE}"}
    said = [(b"Set-Cookie", cookie) for cookie in STREAMLITS]
    for cookie in asked(path, sent, said)["set-cookie"]:
        attributes = [part.strip().lower() for part in cookie.split(";")[1:]]
        assert attributes.count("secure") == 1, cookie
    assert STREAMLITS[0].decode() in asked(path, sent, said, secure=False)["set-cookie"]
