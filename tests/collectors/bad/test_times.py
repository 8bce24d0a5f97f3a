"""Times: units mixed up, years nobody lived in, clocks ahead and behind, calendars and zones."""

import pytest

from tests.collectors.bad.asked import Asked, encoded, event

NOW = 1_795_262_400
TAKEN: dict[str, int] = {  # against NOW, in seconds
    "2026-11-21T12:00:00Z": 0,
    "2026-11-21t12:00:00z": 0,
    "2026-11-21 12:00:00Z": 0,
    "2026-11-21T12:00:00.000000Z": 0,
    "2026-11-21T12:00:00+00:00": 0,
    "2026-11-21T12:00:00-00:00": 0,
    "2026-11-21T13:00:00+01:00": 0,
    "2026-11-21T17:45:00+05:45": 0,
    "2026-11-20T12:01:00-23:59": 0,
    "2026-11-21T12:05:00Z": 300,
    "2026-11-21T11:00:00Z": -3600,
    "2026-11-14T12:00:00Z": -7 * 86_400,
    "2026-11-13T12:00:00Z": -8 * 86_400,
    "2025-10-18T12:00:00Z": -399 * 86_400,
    "2025-10-17T12:00:00Z": -400 * 86_400,
}
REFUSED: dict[str, str] = {  # JSON text and what the reason says
    '"2026-11-21T12:05:00.001Z"': "future",
    '"2026-11-21T12:06:00Z"': "future",
    '"2026-11-21T13:00:01Z"': "future",
    '"2026-11-22T12:00:00Z"': "future",
    '"2062-11-21T12:00:00Z"': "future",
    '"9999-12-31T23:59:59Z"': "future",
    '"9999-12-31T23:59:59.999999-23:59"': "",
    '"2025-10-17T11:59:59Z"': "too_old",
    '"1970-01-01T00:00:00Z"': "too_old",
    '"1969-12-31T23:59:59Z"': "too_old",
    '"1582-10-10T00:00:00Z"': "too_old",
    '"0001-01-01T00:00:00Z"': "too_old",
    '"0001-01-01T00:00:00+23:59"': "",
    '"0000-01-01T00:00:00Z"': "RFC 3339",
    '"-001-01-01T00:00:00Z"': "RFC 3339",
    '"12026-11-21T12:00:00Z"': "RFC 3339",
    "0": "RFC 3339",
    "-1": "RFC 3339",
    f"{NOW}": "RFC 3339",
    f"{NOW}000": "RFC 3339",
    f"{NOW}000000": "RFC 3339",
    f"{NOW}.5": "RFC 3339",
    f'"{NOW}"': "RFC 3339",
    f'"{NOW}000"': "RFC 3339",
    '"2026-11-21T12:00:00"': "RFC 3339",
    '"2026-11-21"': "RFC 3339",
    '"2026-11-21T12:00Z"': "RFC 3339",
    '"2026-11-21T12Z"': "RFC 3339",
    '"20261121T120000Z"': "RFC 3339",
    '"2026-W47-6T12:00:00Z"': "RFC 3339",
    '"2026-325T12:00:00Z"': "RFC 3339",
    '"2026-02-29T12:00:00Z"': "RFC 3339",
    '"2026-13-01T12:00:00Z"': "RFC 3339",
    '"2026-00-01T12:00:00Z"': "RFC 3339",
    '"2026-11-31T12:00:00Z"': "RFC 3339",
    '"2026-11-21T24:00:00Z"': "RFC 3339",
    '"2026-11-21T12:60:00Z"': "RFC 3339",
    '"2026-11-21T12:00:60Z"': "RFC 3339",
    '"2026-11-21T12:00:00+24:00"': "RFC 3339",
    '"2026-11-21T12:00:00+1:00"': "RFC 3339",
    '"2026-11-21T12:00:00 UTC"': "RFC 3339",
    '"2026-11-21T12:00:00Europe/Berlin"': "RFC 3339",
    '"2026-11-21T12:00:00[UTC]"': "RFC 3339",
    '"2026-11-21T12:00:00Zz"': "RFC 3339",
    '" 2026-11-21T12:00:00Z"': "RFC 3339",
    '"2026-11-21T12:00:00Z\\n"': "RFC 3339",
    '"2026-11-21T12:00:00,5Z"': "RFC 3339",
    '"2026-11-21T12:00:00.Z"': "RFC 3339",
    '"２０２６-11-21T12:00:00Z"': "RFC 3339",
    '"21.11.2026 12:00"': "RFC 3339",
    '"11/21/2026"': "RFC 3339",
    '"Sat, 21 Nov 2026 12:00:00 GMT"': "RFC 3339",
    '"now"': "RFC 3339",
    '"yesterday"': "RFC 3339",
    '""': "RFC 3339",
    "null": "RFC 3339",
    "true": "RFC 3339",
    "[]": "RFC 3339",
    "{}": "RFC 3339",
    '{"$date": 0}': "RFC 3339",
    '"' + "9" * 5000 + '"': "RFC 3339",
}
RANGES = (  # of questions: both ends, and what does not fit together
    "from=2026-11-21T12:00:00Z&to=2026-11-21T12:00:00Z", "from=2026-11-22T12:00:00Z&to=2026-11-21T12:00:00Z",
    "from=2026-11-21", "from=now", "from=0", "from=-1", "to=1969-12-31T23:59:59Z",
    "from=9999-12-31T23:59:59Z",
    "from=0001-01-01T00:00:00%2B23:59", "to=9999-12-31T23:59:59-23:59", "since=0d", "since=-1d", "since=1e9d",
    "since=7", "since=7days", "since=", "since=d", "since=%C2%B2d", "since=%EF%BC%97d",
    "since=9999999999999d",
    "since=7d&from=2026-11-21T12:00:00Z", "since=7d&since=7d", "from=", "to=%00", "since=7d%00",
)  # fmt: skip


@pytest.mark.parametrize("time", TAKEN)
def test_a_time_is_taken_as_the_moment_it_is(asked: Asked, time: str) -> None:
    assert asked.post(encoded([event(f"at {time}", time=time)])).body["accepted"] == 1
    stored = next(row for row in asked.events() if row.id == f"at {time}")
    assert stored.time == (NOW + TAKEN[time]) * 1000


@pytest.mark.parametrize("text", REFUSED, ids=[f"{t[:40]}/{len(t)}" for t in REFUSED])
def test_a_time_that_cannot_be_is_refused(asked: Asked, text: str) -> None:
    body = encoded([event(f"at {text}"[:128], time="@")]).replace(b'"@"', text.encode())
    error = asked.post(body).body["errors"][0]
    assert error["field"] == "time"
    assert REFUSED[text] in error["reason"]


@pytest.mark.parametrize("text", REFUSED, ids=[f"{t[:40]}/{len(t)}" for t in REFUSED])
def test_so_is_the_time_of_a_label(asked: Asked, text: str) -> None:
    label = {"id": "e", "attempt": 0, "correct": True, "label_source": "human", "time": "@"}
    said = asked.post(encoded([label]).replace(b'"@"', text.encode()), "/v1/labels")
    unknown_or_old = text in ("null", '"1970-01-01T00:00:00Z"', '"2025-10-17T11:59:59Z"')
    assert said.body["rejected"] == (not unknown_or_old)
    inside = encoded(
        [
            event(
                f"labelled {text}"[:128],
                labels=[{"attempt": 0, "correct": True, "source": "human", "time": "@"}],
            )
        ]
    )
    assert asked.post(inside.replace(b'"@"', text.encode())).body["rejected"] == (not unknown_or_old)


@pytest.mark.parametrize("query", RANGES)
def test_a_range_that_is_none_is_refused(asked: Asked, query: str) -> None:
    for path in ("/v1/metrics", "/v1/episodes"):
        assert asked("GET", f"{path}?{query}").status_code == 400
