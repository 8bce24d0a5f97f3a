"""What becomes of an event's JSON: taken as it is, taken and tidied, refused by value, or no JSON at all."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cascadewatch.errors import InputError
from cascadewatch.model import Event, digest
from cascadewatch.store.receipt import Rejection
from collectors.decode import TooManyError, decode_event, decode_events

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
NOW = int(NOON.timestamp() * 1000)
OLDEST = NOW - 400 * 86_400_000

Change = Callable[[dict[str, Any]], object]


def event(**fields: Any) -> dict[str, Any]:
    return {
        "id": "e-1",
        "time": "2026-11-21T11:59:00.250Z",
        "cascade": "support",
        "attempts": [
            {
                "tier": "small",
                "model": "open-mixtral-8x7b",
                "usage": {"input": 512, "output": 128},
                "cost_usd": 0.00031,
                "verdict": {"outcome": "reject", "score": 0.41, "usage": {"input": 7, "output": 8}},
            },
            {"tier": "flagship"},
        ],
        **fields,
    }


def body(*events: Any) -> bytes:
    return json.dumps(events).encode()


def decode(raw: bytes, ndjson: bool = False) -> tuple[list[tuple[int, Event]], list[Rejection]]:
    return decode_events(raw, ndjson, NOW, OLDEST)


def taken(**fields: Any) -> Event:
    events, rejections = decode(body(event(**fields)))
    assert rejections == []
    return events[0][1]


def refused(change: Change) -> Rejection:
    sent = event()
    change(sent)
    events, rejections = decode(body(sent))
    assert events == []
    return rejections[0]


def at(*path: str | int, value: Any) -> Change:
    """Puts a value somewhere into an event."""

    def change(sent: Any) -> None:
        for step in path[:-1]:
            sent = sent[step]
        sent[path[-1]] = value

    return change


def attempt(*path: str, value: Any) -> Change:
    return at("attempts", 0, *path, value=value)


INVALID: dict[str, tuple[Change, str | None, str]] = {
    "misspelt key": (attempt("usage", "inptu", value=1), "attempts[0].usage.inptu", "did you mean input?"),
    "unknown key": (at("foo", value=1), "foo", "free data goes into tags"),
    "missing key": (lambda e: e["attempts"][1].pop("tier"), "attempts[1].tier", "missing"),
    "negative count": (
        attempt("usage", "input", value=-1),
        "attempts[0].usage.input",
        "expected a whole number from 0 to 100000000, got -1",
    ),
    "fraction for a count": (attempt("usage", "input", value=1.5), "attempts[0].usage.input", "got 1.5"),
    "boolean for a count": (attempt("usage", "input", value=True), "attempts[0].usage.input", "got true"),
    "string for a count": (attempt("usage", "input", value="1"), "attempts[0].usage.input", 'got "1"'),
    "count of 2**64": (attempt("usage", "input", value=2**64), "attempts[0].usage.input", "100000000"),
    "count of 4,000 digits": (
        attempt("usage", "input", value=10**4000),
        "attempts[0].usage.input",
        "got 1000",
    ),
    "negative cost": (attempt("cost_usd", value=-0.01), "attempts[0].cost_usd", "from 0 to 10000, got -0.01"),
    "huge cost": (attempt("cost_usd", value=10_001), "attempts[0].cost_usd", "from 0 to 10000"),
    "string for a cost": (attempt("cost_usd", value="0.1"), "attempts[0].cost_usd", 'got "0.1"'),
    "negative latency": (at("latency_ms", value=-1), "latency_ms", "got -1"),
    "unknown status": (attempt("status", value="meh"), "attempts[0].status", "rate_limited"),
    "unknown outcome": (
        attempt("verdict", "outcome", value="maybe"),
        "attempts[0].verdict.outcome",
        'unparseable, got "maybe"',
    ),
    "empty tier": (attempt("tier", value=""), "attempts[0].tier", 'not empty, got ""'),
    "no attempts": (at("attempts", value=[]), "attempts", "1 to 16 items, got a list of 0 items"),
    "17 attempts": (at("attempts", value=[{"tier": "t"}] * 17), "attempts", "got a list of 17 items"),
    "empty id": (at("id", value=""), "id", "1 to 128 characters"),
    "long id": (at("id", value="x" * 10_240), "id", "(10240 characters)"),
    "number for an id": (at("id", value=5), "id", "got 5"),
    "time without a zone": (at("time", value="2026-11-21T12:00:00"), "time", "RFC 3339"),
    "time as a number": (at("time", value=NOW), "time", "RFC 3339"),
    "time in the future": (at("time", value="2026-11-21T12:05:01Z"), "time", "future: "),
    "time before the rollups": (at("time", value="2020-01-01T00:00:00Z"), "time", "too_old: "),
    "year 1": (at("time", value="0001-01-01T00:00:00Z"), "time", "too_old: "),
    "17 tags": (at("tags", value={str(i): "" for i in range(17)}), "tags", "at most 16 entries"),
    "number in tags": (at("tags", value={"a": 1}), "tags", "every value must be a string"),
    "label of no attempt": (
        at("labels", value=[{"attempt": 2, "correct": True, "source": "human"}]),
        "labels[0].attempt",
        "there are 2 attempts",
    ),
    "probability of 0": (
        at("labels", value=[{"attempt": 0, "correct": True, "source": "human", "probability": 0}]),
        "labels[0].probability",
        "from 0.001 to 1",
    ),
    "more reasoning than output": (
        attempt("usage", "reasoning", value=129),
        "attempts[0].usage.reasoning",
        "part of output",
    ),
    "more reasoning than output in a verdict": (
        attempt("verdict", "usage", "reasoning", value=9),
        "attempts[0].verdict.usage.reasoning",
        "part of output",
    ),
    "hostile key": (at("__class__", value={}), "__class__", "unknown key"),
}


@pytest.mark.parametrize("case", INVALID)
def test_an_invalid_value_refuses_its_event_with_field_and_reason(case: str) -> None:
    change, field, words = INVALID[case]
    rejection = refused(change)
    assert rejection.field == field
    assert words in rejection.reason
    assert len(rejection.reason) <= 300


@pytest.mark.parametrize("case", INVALID)
def test_an_invalid_event_leaves_its_neighbours_alone(case: str) -> None:
    change, field, _ = INVALID[case]
    for place in (0, 1, 2, 99, 250, 499, 500, 750, 998, 999):
        batch = [event(id=str(i)) for i in range(1000)]
        change(batch[place])
        events, rejections = decode(body(*batch))
        assert [i for i, _ in events] == [i for i in range(1000) if i != place]
        assert [(r.index, r.field) for r in rejections] == [(place, field)]


@pytest.mark.parametrize("value", [5, None, "x", [], True, 1.5])
def test_what_is_no_object_is_refused_in_its_place(value: Any) -> None:
    events, rejections = decode(body(event(id="a"), value, event(id="b")))
    assert [i for i, _ in events] == [0, 2]
    assert rejections[0].index == 1
    assert rejections[0].reason.startswith("expected an object, got ")


def test_a_rejection_keeps_the_id_where_it_can_be_read() -> None:
    assert refused(at("foo", value=1)).id == "e-1"
    assert refused(at("id", value=5)).id is None
    assert refused(at("id", value="x" * 200)).id == "x" * 128


def test_a_number_beyond_the_floats_is_not_finite() -> None:
    raw = body(event()).replace(b"0.00031", b"1e999")
    _, rejections = decode(raw)
    assert rejections[0].field == "attempts[0].cost_usd"
    assert rejections[0].reason.startswith("not finite")


def test_a_huge_value_is_not_repeated() -> None:
    assert len(refused(attempt("status", value="x" * 1_000_000)).reason) <= 300
    assert len(refused(at("y" * 1_000_000, value=1)).reason) <= 300


def test_the_example_of_the_documentation_is_taken_whole() -> None:
    found = taken(route="faq", caller="tenant-42", tags={"team": "growth"}, completed=True)
    assert (found.id, found.route, found.caller, found.millis) == ("e-1", "faq", "tenant-42", NOW - 59_750)
    assert found.attempts[0].kind == "model"
    assert found.attempts[1].usage is None  # not known, which is not zero


@pytest.mark.parametrize("ahead", [0, 299, 300])
def test_up_to_five_minutes_ahead_is_taken(ahead: int) -> None:
    moment = NOON + timedelta(seconds=ahead)
    assert taken(time=moment.isoformat()).millis == NOW + ahead * 1000


def test_time_of_another_zone_is_the_same_moment() -> None:
    assert taken(time="2026-11-21T17:29:00+05:30").millis == NOW - 60_000


@pytest.mark.parametrize("field", ["cascade", "route", "caller", "session", "revision"])
def test_a_long_name_is_cut_with_a_mark(field: str) -> None:
    assert getattr(taken(**{field: "ü" * 129}), field) == "ü" * 127 + "…"
    assert getattr(taken(**{field: "ü" * 128}), field) == "ü" * 128


def test_a_long_name_is_cut_wherever_it_stands() -> None:
    long = 'a"b' * 50
    verdict = {"outcome": "accept", "verifier": long, "reason": long, "model": long, "provider": long}
    sent = {"tier": long, "model": long, "provider": long, "service_tier": long, "verdict": verdict}
    found = taken(attempts=[sent], tags={long: long}, fingerprints={"prefix": long})
    cut = long[:127] + "…"
    a = found.attempts[0]
    assert {a.tier, a.model, a.provider, a.service_tier} == {cut}
    assert a.verdict is not None
    assert {a.verdict.verifier, a.verdict.reason, a.verdict.model, a.verdict.provider} == {cut}
    assert found.tags == {cut: cut}
    assert found.fingerprints is not None
    assert found.fingerprints.prefix == cut


def test_text_is_never_cut() -> None:
    found = taken(text={"prompt": "p" * 5000, "answers": ['"' * 500]}, route="r" * 200)
    assert found.text is not None
    assert found.text.prompt == "p" * 5000
    assert found.text.answers == ['"' * 500]


@pytest.mark.parametrize("zero", ["-0", "-0.0", "-0e0", "-0.000"])
def test_negative_zero_is_zero(zero: str) -> None:
    raw = body(event()).replace(b"0.00031", zero.encode())
    cost = decode(raw)[0][0][1].attempts[0].cost_usd
    assert str(cost) == "0.0"


def test_nul_becomes_its_symbol_and_an_escaped_backslash_stays() -> None:
    assert taken(route="a\0b\0\0").route == "a␀b␀␀"
    assert taken(route="a\\u0000b").route == "a\\u0000b"
    assert taken(route="a\\\0b").route == "a\\␀b"


def test_a_key_given_twice_counts_the_last_time() -> None:
    raw = body(event()).replace(b'"cascade": "support"', b'"cascade": "a", "cascade": "b"')
    assert decode(raw)[0][0][1].cascade == "b"


LABEL = {"attempt": 0, "correct": True, "source": "human"}
NULLS: dict[str, Change] = {
    **{
        field: at(field, value=None)
        for field in ("route", "caller", "session", "revision", "latency_ms", "completed", "labels",
                      "fingerprints", "tags", "text")
    },
    **{
        f"an attempt's {field}": at("attempts", 1, field, value=None)
        for field in ("kind", "provider", "model", "service_tier", "status", "usage", "cost_usd",
                      "latency_ms", "verdict")
    },
    "a verdict's score": attempt("verdict", "threshold", value=None),
    "a count": attempt("usage", "reasoning", value=None),
    "the value of a tag": at("tags", value={"team": None}),
    "answers": at("text", value={"prompt": None, "answers": None}),
}  # fmt: skip


@pytest.mark.parametrize("case", NULLS)
@pytest.mark.parametrize("session", ["s-9", '"' * 200], ids=["as it is", "tidied"])
def test_null_is_the_same_as_leaving_out(case: str, session: str) -> None:
    sent = event(session=session)
    NULLS[case](sent)
    ((_, found),), refused = decode(body(sent))
    assert refused == []
    assert digest(found) == digest(taken(**({} if case == "session" else {"session": session})))
    assert (found.route, found.labels) == ("default", [])
    assert (found.attempts[1].kind, found.attempts[1].status) == ("model", "ok")


def test_a_label_may_hold_null_for_what_it_leaves_out() -> None:
    said = taken(labels=[{**LABEL, "sampling": None, "probability": None, "time": None}])
    assert said.labels == taken(labels=[LABEL]).labels


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        (at("id", value=None), "id", "got null"),
        (at("attempts", value=None), "attempts", "got null"),
        (at("attempts", 0, value=None), "attempts[0]", "got null"),
        (attempt("tier", value=None), "attempts[0].tier", "got null"),
        (attempt("verdict", "outcome", value=None), "attempts[0].verdict.outcome", "got null"),
        (at("labels", value=[None]), "labels[0]", "got null"),
        (at("anything", value=None), "anything", "unknown key"),
        (attempt("usage", "input", value=5.0), "attempts[0].usage.input", "got 5.0"),
        (attempt("usage", "input", value=10**400), "attempts[0].usage.input", "a whole number"),
        (attempt("status", value="meh"), "attempts[0].status", 'got "meh"'),
    ],
)
def test_beside_a_null_that_may_be_left_out_what_is_wrong_is_told(
    change: Change, field: str, words: str
) -> None:
    def both(sent: dict[str, Any]) -> None:
        sent["route"] = None
        change(sent)

    rejection = refused(both)
    assert rejection.field == field
    assert words in rejection.reason


def test_a_number_beyond_the_floats_is_not_finite_beside_a_null_too() -> None:
    (rejection,) = decode(body(event(route=None)).replace(b"0.00031", b"1e999"))[1]
    assert rejection.reason.startswith("not finite")


def test_what_is_no_json_is_so_beside_a_null_too() -> None:
    with pytest.raises(InputError, match="nested deeper"):
        decode(body(event(route=None)).replace(b'"e-1"', b'"e-1", "x": ' + b"[" * 40 + b"]" * 40))


def test_array_object_and_lines_say_the_same() -> None:
    sent = [event(id=str(i)) for i in range(3)]
    lines = b"\r\n".join(json.dumps(e).encode() for e in sent) + b"\n"
    assert decode(body(*sent)) == decode(json.dumps({"events": sent}).encode()) == decode(lines, ndjson=True)


def test_a_byte_order_mark_and_blank_lines_are_read_over() -> None:
    assert len(decode(b"\xef\xbb\xbf" + body(event()))[0]) == 1
    assert [i for i, _ in decode(b"\n" + json.dumps(event()).encode() + b"\n\n", ndjson=True)[0]] == [1]


NOT_JSON: dict[str, bytes] = {
    "NaN": b'{"a": NaN}',
    "Infinity": b"[Infinity]",
    "bare word": b"hello",
    "lone surrogate": b'{"id": "\\ud800"}',
    "surrogates in the wrong order": b'{"id": "\\udc00\\ud800"}',
    "invalid UTF-8": b'{"id": "\xff"}',
    "invalid UTF-8 in an unknown key": b'{"\xff": 1}',
    "raw control character": b'{"id": "\x01"}',
    "single quotes": b"{'id': 1}",
    "33 levels": b"[" * 32 + b"]" * 32,
    "33 levels of objects": b'{"a":' * 31 + b"{}" + b"}" * 31,
    "100 levels": b"[" * 100 + b"]" * 100,
    "5,000 levels": b"[" * 5000 + b"]" * 5000,
    "100,000 levels": b"[" * 100_000 + b"]" * 100_000,
    "cut short": b'{"id": "a',
}


@pytest.mark.parametrize("case", NOT_JSON)
def test_a_body_that_is_not_json_is_refused_whole(case: str) -> None:
    good = json.dumps(event()).encode()
    with pytest.raises(InputError) as info:
        decode(b"[" + good + b"," + NOT_JSON[case] + b"]")
    assert len(str(info.value)) <= 300


@pytest.mark.parametrize("case", NOT_JSON)
def test_a_line_that_is_not_json_is_refused_alone(case: str) -> None:
    good = json.dumps(event()).encode()
    events, rejections = decode(good + b"\n" + NOT_JSON[case] + b"\n" + good, ndjson=True)
    assert [i for i, _ in events] == [0, 2]
    assert [r.index for r in rejections] == [1]


@pytest.mark.parametrize("case", NOT_JSON)
def test_a_line_of_a_file_is_an_event_or_a_rejection(case: str) -> None:
    found = decode_event(NOT_JSON[case], 7, NOW, OLDEST)
    assert isinstance(found, Rejection)
    assert found.index == 7


def test_thirty_two_levels_are_an_invalid_value_and_not_a_syntax_error() -> None:
    _, rejections = decode(b"[" * 32 + b"]" * 32)
    assert rejections[0].reason.startswith("expected an object")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" ",
        b"5",
        b"null",
        b'"x"',
        b"[",
        b"[1,]",
        b"[1] x",
        b"{}",
        b'{"events": 5}',
        b'{"events": [], "x": 1}',
        json.dumps(event()).encode(),
    ],
)
def test_a_body_of_another_form_is_refused_whole(raw: bytes) -> None:
    with pytest.raises(InputError):
        decode(raw)


def test_no_events_are_no_mistake() -> None:
    assert decode(b"[]") == ([], [])
    assert decode(b'{"events": []}') == ([], [])
    assert decode(b"\n", ndjson=True) == ([], [])


@pytest.mark.parametrize("ndjson", [False, True])
def test_more_records_than_allowed_are_refused_whole(ndjson: bool) -> None:
    raw = b"\n".join([b"{}"] * 6) if ndjson else b"[" + b",".join([b"{}"] * 6) + b"]"
    with pytest.raises(TooManyError, match="6"):
        decode_events(raw, ndjson, NOW, OLDEST, limit=5)
    assert len(decode_events(raw, ndjson, NOW, OLDEST, limit=6)[1]) == 6


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
paths = st.sampled_from(
    [
        ("id",),
        ("time",),
        ("cascade",),
        ("attempts",),
        ("attempts", 0),
        ("attempts", 0, "usage"),
        ("tags",),
        ("attempts", 0, "usage", "input"),
        ("attempts", 0, "cost_usd"),
        ("attempts", 0, "verdict"),
        ("labels",),
        ("attempts", 0, "verdict", "score"),
        ("text",),
        ("fingerprints",),
        ("latency_ms",),
        ("anything",),
    ]
)


@settings(max_examples=300)
@given(path=paths, value=values)
def test_whatever_stands_anywhere_is_taken_or_refused_with_a_reason(
    path: tuple[Any, ...], value: Any
) -> None:
    sent = event()
    at(*path, value=value)(sent)
    events, rejections = decode(body(sent, event(id="next")))
    assert len(events) + len(rejections) == 2
    assert events[-1][1].id == "next"
    assert all(0 < len(r.reason) <= 300 for r in rejections)


@settings(max_examples=300)
@given(raw=st.binary(max_size=200), ndjson=st.booleans())
def test_whatever_bytes_come_nothing_else_is_raised(raw: bytes, ndjson: bool) -> None:
    with suppress(InputError):
        decode(raw, ndjson)


@settings(max_examples=200)
@given(name=st.text(min_size=1, max_size=300), note=st.text(max_size=300))
def test_names_come_back_as_sent_but_for_length_and_nul(name: str, note: str) -> None:
    found = taken(cascade=name, tags={"note": note})
    for sent, kept in ((name, found.cascade), (note, (found.tags or {})["note"])):
        assert kept == (sent if len(sent) <= 128 else sent[:127] + "…").replace("\0", "␀")


def test_a_taken_event_is_of_the_types_it_claims() -> None:
    found = taken(route="x" * 200)
    assert msgspec.convert(msgspec.to_builtins(found), Event) == found
