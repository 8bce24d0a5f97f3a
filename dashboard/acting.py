"""The only way the pages change anything: requests to the API, in the name of whoever is logged in.

    acting.hindrance()                              why nothing can be done from here; None: it can
    acting.post("/v1/episodes/7/ack", {})           what the API answers; ActError with its reason
    acting.delete("/v1/silences/3")

`up` leaves address and token in the environment; a dashboard by itself has `[dashboard] api_url, api_key`.
"""

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

import streamlit as st

from cascadewatch.errors import CascadewatchError
from cascadewatch.login import Person
from dashboard import data, signing_in
from dashboard import text_incidents as text
from dashboard.data import API_VARIABLE, STEADY
from dashboard.text_login import NO_NAME, ONLY_ADMINS

TOKEN = "CASCADEWATCH_API_TOKEN"  # noqa: S105 - where `up` leaves it
USER_HEADER = "X-Cascadewatch-User"
CARRIED = "".join(chr(code) for code in range(32, 127) if chr(code) != "%")  # addresses stay readable
SECONDS = 60  # a back-test of a month takes a few
LONGEST = 8 * 1024 * 1024  # bytes of an answer: the states of every rule on 2,000 routes


class ActError(CascadewatchError):
    """The API refused or could not be reached; the message says why."""


class Api(NamedTuple):
    """Where to act, and with which key; None: it asks for none."""

    url: str
    key: str | None


def api() -> Api | None:
    """The API to act through. Raises ConfigError where its key is not where the settings say."""
    if os.environ.get(API_VARIABLE) and os.environ.get(TOKEN):
        return Api(os.environ[API_VARIABLE].rstrip("/"), os.environ[TOKEN])
    chosen = data.settings().dashboard
    if chosen.api_url is None:
        return None
    return Api(chosen.api_url.rstrip("/"), chosen.api_key.reveal() if chosen.api_key else None)


def hindrance() -> str | None:
    """Why buttons are disabled; None where they work."""
    try:
        return _not_allowed() or (None if api() else text.CANNOT_ACT)
    except CascadewatchError as error:
        return str(error)


def _not_allowed() -> str | None:
    """Why this person may not act; None: they may."""
    found = signing_in.somebody()
    if isinstance(found, Person) and found.admin:
        return None
    return ONLY_ADMINS.format(name=found.name or NO_NAME)


def post(path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Raises ActError."""
    return _asked("POST", path, body)


def delete(path: str) -> dict[str, Any]:
    """Raises ActError."""
    return _asked("DELETE", path, None)


@st.cache_data(ttl=STEADY, max_entries=1, show_spinner=False)
def rules() -> dict[str, Any]:
    """Every rule in force with its definition. Raises ActError."""
    return _asked("GET", "/v1/rules", None)


def back_test(rule: str, days: int) -> dict[str, Any]:
    """What a rule would have said over the last days. Raises ActError."""
    return post(f"/v1/rules/{quote(rule, safe='')}/test", {"since": f"{days}d"})


def user() -> str | None:
    """Who is signed in, percent-encoded where a header cannot carry it; None where no login is asked for."""
    name = signing_in.somebody().name
    return quote(name, safe=CARRIED) if name else None


def _asked(method: str, path: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
    import httpx

    hindered = _not_allowed() if method != "GET" else None
    if hindered is not None:  # also for who had the button before the right to it was gone
        raise ActError(hindered)
    where = api()
    if where is None:
        raise ActError(text.CANNOT_ACT)
    try:
        with (
            httpx.Client(timeout=SECONDS, trust_env=False, follow_redirects=False) as client,
            client.stream(method, where.url + path, json=body, headers=_headers(where)) as response,
        ):
            answer = _read(response.iter_bytes())
    except httpx.HTTPError as error:
        raise ActError(text.NOT_REACHED.format(url=where.url, error=type(error).__name__)) from None
    if not response.is_success:
        raise ActError(_reason(answer, response.status_code))
    return answer


def _headers(where: Api) -> dict[str, str]:
    who = user()
    return {
        **({"Authorization": f"Bearer {where.key}"} if where.key else {}),
        **({USER_HEADER: who} if who else {}),
    }


def _read(chunks: Iterable[bytes]) -> dict[str, Any]:
    """The answer's JSON; {} where it is none. No more of it is taken than an answer of ours can have."""
    body = b""
    for chunk in chunks:
        body += chunk
        if len(body) > LONGEST:
            raise ActError(text.ANSWER_TOO_LONG)
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _reason(answer: Mapping[str, Any], status: int) -> str:
    error = answer.get("error")
    message = error.get("message") if isinstance(error, dict) else None
    return str(message) if message else text.REFUSED.format(status=status)
