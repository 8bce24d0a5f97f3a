"""Keys of JSON: unknown, hostile, too many, given twice. None is ever a path, a format or an attribute."""

import json

import pytest
from sqlalchemy import select

from cascadewatch.store import tables
from tests.collectors.bad.asked import Asked, Json, encoded, event

KEYS = (
    "__proto__", "__class__", "__init__", "__globals__", "constructor", "prototype", "toString", "a.b.c",
    "a.b",
    "attempts[0]", "attempts.0.tier", "$ref", "$where", "@type", "_id", "", " ", "id ", "ID", "Id",
    "i\u0000d", "\0",
    "tags.team", "{0}", "{id.__class__}", "%s", "${id}", "{{id}}", "../id", "a/b", "'", '"', "\\",
    "\x1b[31m", "\u202e",
    "\U0001f600", "\ufeffid", "id\u200b", "x" * 128, "x" * 10_240, "null", "0", "-1", "api_base", "base_url",
    "headers",
    "sql", "project", "ingest_key",
)  # fmt: skip
LEVELS: dict[str, tuple[str | int, ...]] = {
    "event": (),
    "attempt": ("attempts", 0),
    "usage": ("attempts", 0, "usage"),
    "verdict": ("attempts", 0, "verdict"),
    "usage of a verdict": ("attempts", 0, "verdict", "usage"),
    "label": ("labels", 0),
    "text": ("text",),
    "fingerprints": ("fingerprints",),
}


def within(record: Json, level: str) -> Json:
    here = record
    for step in LEVELS[level]:
        here = here[step]  # type: ignore[index]
    return here


@pytest.mark.parametrize("key", KEYS, ids=[f"{ascii(k)[:30]}/{len(k)}" for k in KEYS])
def test_an_unknown_key_refuses_its_event_wherever_it_stands(asked: Asked, key: str) -> None:
    sent = []
    for level in LEVELS:
        record = event(f"{level} {key}"[:128])
        within(record, level)[key] = {"polluted": True}
        sent.append(record)
    said = asked.post(encoded(sent))
    assert said.body["rejected"] == len(LEVELS)
    for error in said.body["errors"]:
        assert "unknown key" in error["reason"]
        assert len(error["field"] or "") <= 128


def test_keys_without_end_are_counted_as_one_reason_where_they_stand(asked: Asked) -> None:
    sent = []
    for number in range(200):
        record = event(f"without end {number}")
        for level in ("event", "usage"):
            within(record, level if number % 2 else "event")[f"key-{number}.{level}"] = 1
        sent.append(record)
    assert asked.post(encoded(sent)).body["rejected"] == 200
    t = tables.ingest_counters.c
    with asked.store.reading() as connection:
        found = set(connection.execute(select(t.reason).where(t.outcome == "rejected")).scalars())
    assert not [reason for reason in found if "key-" in reason]
    assert "attempts[].usage unknown key …" in {reason.partition(";")[0] for reason in found}


@pytest.mark.parametrize("key", KEYS, ids=[f"{ascii(k)[:30]}/{len(k)}" for k in KEYS])
def test_in_tags_every_key_is_the_senders_own(asked: Asked, key: str) -> None:
    name = f"tag {KEYS.index(key)}"
    assert asked.post(encoded([event(name, tags={key: key, "a.b": "1", "a": "2"})])).body["accepted"] == 1
    kept = key if len(key) <= 128 else key[:127] + "…"
    kept = kept.replace("\0", "\u2400")
    tags = asked("GET", f"/v1/events/{name}").json()["tags"]
    assert tags == {kept: kept} | {"a.b": "1", "a": "2"}


@pytest.mark.parametrize("count", [17, 5_000])
@pytest.mark.parametrize("where", ["tags", "event", "usage", "attempts", "labels", "answers"])
def test_more_of_anything_than_there_can_be_is_refused_or_kept(asked: Asked, where: str, count: int) -> None:
    record = event(f"{count} {where}")
    match where:
        case "tags":
            record["tags"] = {str(i): "" for i in range(count)}
        case "event":
            record |= {f"key {i}": i for i in range(count)}
        case "usage":
            record["attempts"][0]["usage"] |= {f"key {i}": i for i in range(count)}
        case "attempts":
            record["attempts"] *= count
        case "labels":
            record["labels"] *= count  # the same label again is no other one
        case "answers":
            record["text"]["answers"] *= count
    said = asked.post(encoded([record]))
    assert said.body["accepted"] == (where in ("labels", "answers"))


TWICE: dict[str, tuple[str, str]] = {  # what is sent, and what it counts as
    "a name": ('"route": "faq"', '"route": "a", "route": "b"'),
    "the same": ('"route": "faq"', '"route": "b", "route": "b"'),
    "once escaped": ('"route": "faq"', '"route": "a", "\\u0072oute": "b"'),
    "a bad value first": ('"route": "faq"', '"route": 5, "route": "b"'),
    "a bad value last": ('"route": "faq"', '"route": "b", "route": 5'),
    "an id": ('"caller": "tenant-42"', '"id": "b", "caller": "tenant-42"'),
    "attempts": ('"revision": "r1"', '"attempts": [], "revision": "r1"'),
    "a count": ('"input": 512', '"input": 1, "input": 512'),
    "a cost": ('"cost_usd": 0.02', '"cost_usd": 9999, "cost_usd": 0.02'),
    "a tag": ('"team": "growth"', '"team": "a", "team": "b"'),
}


@pytest.mark.parametrize("case", TWICE)
def test_of_a_key_given_twice_the_last_counts_or_the_event_is_refused(asked: Asked, case: str) -> None:
    once, twice = TWICE[case]
    name = f"twice {case}"
    body = json.dumps([event(name)]).replace(once, twice)
    assert body.count(twice)
    said = asked.post(body.encode())
    assert said.body["accepted"] + said.body["rejected"] == 1
    if case in ("a name", "the same", "once escaped"):
        assert asked("GET", f"/v1/events/{name}").json()["route"] == "b"
    if case == "a tag":
        assert asked("GET", f"/v1/events/{name}").json()["tags"] == {"team": "b"}
