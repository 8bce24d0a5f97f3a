"""Five hundred addresses nobody should be sent: each is read as some choice, and none changes anything."""

import sqlite3
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import data
from dashboard.choice import KEYS, RANGES, parse
from dashboard.numbered import number_in
from tests.dashboard.conftest import LookAt, Place

PARAMETERS = (*KEYS, "event", "source", "episode", "report", "surprise")
VALUES = (
    "", " ", "%00", "%0a", "%0d%0aSet-Cookie:x", "0", "-1", "1", "1.5", "1e999", "NaN", "9" * 19, "9" * 30,
    "%D9%A7", "%C2%B2", "null",
    "true", "[]", "{}", "..", "../../etc/passwd", "%2e%2e%2f", "%c0%af", "%ff", "%ed%a0%80", "%u0000", "%",
    "support", "SUPPORT",
    "support%00", "__other__", "__proto__", "<script>alert(1)</script>", "![x](http://example.invalid/a.png)",
    "javascript:alert(1)", "'; DROP TABLE events; --", "{{7*7}}", "%25s", "7d", "7D", "0d", "custom",
    "2026-11-21", "2026-11-21T12:00Z",
    "0001-01-01T00:00%2B23:59", "9999-12-31T23:59-23:59", "2026-02-30", "UTC", "../UTC", "x" * 10_000,
)  # fmt: skip
ADDRESSES = [f"{name}={value}" for name in PARAMETERS for value in VALUES] + [
    "cascade=support&cascade=other", "from=2026-11-21&to=2026-11-20", "from=2026-11-21&to=2026-11-21",
    "from=2026-11-21",
    "from=1970-01-01&to=9999-12-31", "from=9999-12-31&to=1970-01-01", "&&&&", "=", "=x", "a=b=c", "?", "%=%",
    "&".join(f"k{i}={i}" for i in range(2000)), "route=faq&range=7d&zone=Mars/Base", "zone=Etc/../UTC",
    "zone=/etc/passwd",
]  # fmt: skip
CASCADES, ZONES = ["support", "a b"], ["Europe/Berlin", "UTC"]


def query(address: str) -> dict[str, str]:
    return dict(parse_qsl(address, keep_blank_values=True, errors="replace"))


def test_there_are_five_hundred() -> None:
    assert len(set(ADDRESSES)) >= 500


@pytest.mark.parametrize("name", PARAMETERS)
def test_each_is_read_as_a_choice_of_what_there_is(name: str) -> None:
    for address in (a for a in ADDRESSES if a.startswith(name) or name == "surprise"):
        asked = query(address)
        choice = parse(asked, CASCADES, ZONES, ZONES[0])
        assert choice.cascade in (None, *CASCADES)
        assert choice.zone in ZONES
        assert choice.range in RANGES
        start, end = choice.span(1_795_262_400_000)
        assert 0 <= start < end
        assert parse(choice.query(ZONES[0]), CASCADES, ZONES, ZONES[0]) == choice
        for key in ("episode", "report"):
            number = number_in(asked.get(key))
            assert number is None or 0 <= number < 2**63


def content(place: Place) -> str:
    with sqlite3.connect(place.url.removeprefix("sqlite:///")) as connection:
        return "\n".join(connection.iterdump())


def test_an_event_by_any_name_is_only_looked_for(hostile: Place, look_at: LookAt) -> None:
    look_at(hostile)
    before = content(hostile)
    for address in ADDRESSES:
        asked = query(address)
        if "event" in asked or "source" in asked:
            data.event(asked.get("event", "e")[:128], asked.get("source"))
    assert content(hostile) == before


def test_a_page_draws_and_changes_nothing(hostile: Place, look_at: LookAt) -> None:
    look_at(hostile)
    before = content(hostile)
    app = AppTest.from_file(str(Path(__file__).parents[2] / "dashboard" / "app.py"), default_timeout=60)
    app.query_params["cascade"] = "<script>\0"
    app.query_params["route"] = "'; DROP TABLE events; --"
    app.query_params["from"], app.query_params["to"] = "0001-01-01T00:00+23:59", "9999-12-31T23:59-23:59"
    app.query_params["zone"], app.query_params["range"] = "../" + "x" * 10_000, "1e999"
    app.query_params["episode"], app.query_params["report"] = "9" * 30, "-1"
    assert not app.run().exception
    assert content(hostile) == before
