"""Which two events are one: same or other content, sender and id, sent one by one and all at once."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from cascadewatch.store import keys
from tests.collectors.bad.asked import Asked, Json, asking, encoded, event, put
from tests.collectors.bad.hostile_text import NFC, NFD

SAME: dict[str, Json] = {  # says the same as `event("same")` in other words
    "word for word": {},
    "another zone": {"time": "2026-11-21T12:59:00+01:00"},
    "finer than a millisecond": {"time": "2026-11-21T11:59:00.0009Z"},
    "a whole number as a fraction": {"latency_ms": 1840.0},
    "completed, which was clear": {"completed": True},
    "without its text": {"text": None},
    "another text": {"text": {"prompt": "else"}},
    "without its label": {"labels": []},
    "another label": {"labels": [{"attempt": 1, "correct": True, "source": "judge"}]},
}
OTHER: dict[str, Json] = {
    "a millisecond later": {"time": "2026-11-21T11:59:00.001Z"},
    "another cascade": {"cascade": "Support"},
    "another route": {"route": "FAQ"},
    "no route": {"route": "default"},
    "another caller": {"caller": "tenant-43"},
    "no caller": {"caller": None},
    "another session": {"session": "s-10"},
    "another revision": {"revision": "r2"},
    "another latency": {"latency_ms": 1841},
    "not completed": {"completed": False},
    "another tag": {"tags": {"team": "Growth"}},
    "no tags": {"tags": None},
    "no fingerprints": {"fingerprints": None},
    "one attempt less": {"attempts": event()["attempts"][:1]},
    "attempts the other way round": {"attempts": event()["attempts"][::-1]},
    "a nano-dollar more": put(event(), "attempts.0.cost_usd", 0.001000001),
    "another verdict": put(event(), "attempts.0.verdict.outcome", "accept"),
    "no verdict": put(event(), "attempts.0.verdict", None),
    "a score a little lower": put(event(), "attempts.0.verdict.score", 0.4099),
}
APART = (  # ids that look alike
    ("a", "A"), ("a", "a "), ("a", " a"), ("a", "a\t"), ("a", "\u0430"), ("a", "a\u200b"), ("1", "01"), ("1",
    "1.0"),
    (NFC, NFD), ("ss", "\u00df"), ("i", "\u0131"), ("a/b", "a%2Fb"), ("a/b", "a//b"), ("a", "./a"), ("null",
    "None"),
    ("x" * 127, "x" * 128), ("a\n", "a"), ("a\0", "a"),
)  # fmt: skip
NO_IDS = (
    '""',
    "null",
    "0",
    "1.5",
    "true",
    "[]",
    "{}",
    '["a"]',
    '"' + "x" * 129 + '"',
    '"' + "x" * 10_240 + '"',
)


class Guarded(NamedTuple):
    """An app that wants keys, and a key by the name of its sender."""

    asked: Asked
    keys: dict[str, str]


@pytest.mark.parametrize("case", SAME)
def test_the_same_in_other_words_is_a_duplicate(asked: Asked, case: str) -> None:
    first, again = (asked.post(encoded([event(f"same {case}", **said)])) for said in ({}, SAME[case]))
    assert (first.body["accepted"], again.body["duplicate"]) == (1, 1)


@pytest.mark.parametrize("case", OTHER)
def test_anything_else_under_the_id_is_a_conflict_and_the_first_stays(asked: Asked, case: str) -> None:
    name = f"other {case}"
    asked.post(encoded([event(name)]))
    held = asked("GET", f"/v1/events/{name}").json()
    said = asked.post(encoded([{**event(), **OTHER[case], "id": name}]))
    assert said.body["conflict"] == 1
    assert (said.body["errors"][0]["field"], said.body["errors"][0]["id"]) == ("id", name)
    assert asked("GET", f"/v1/events/{name}").json() == held


@pytest.mark.parametrize("case", OTHER)
def test_so_it_is_within_one_request(asked: Asked, case: str) -> None:
    name = f"at once {case}"
    said = asked.post(encoded([event(name), {**event(), **OTHER[case], "id": name}, event(name)]))
    assert [said.body[o] for o in ("accepted", "conflict", "duplicate")] == [1, 1, 1]


@pytest.mark.parametrize(("one", "other"), APART, ids=[ascii(pair)[:60] for pair in APART])
def test_ids_that_look_alike_are_two(both: Asked, one: str, other: str) -> None:
    said = both.post(encoded([event(f"{one}", cascade="apart"), event(other, cascade="apart")]))
    assert said.body["conflict"] == 0
    assert len({one, other} & {row.id.replace("\u2400", "\0") for row in both.events()}) == 2


@pytest.mark.parametrize("text", NO_IDS, ids=[f"{t[:20]}/{len(t)}" for t in NO_IDS])
def test_what_is_no_id_is_refused(asked: Asked, text: str) -> None:
    body = encoded([event("@")]).replace(b'"@"', text.encode())
    error = asked.post(body).body["errors"][0]
    assert error["field"] == "id"


def test_an_event_without_an_id_is_refused(asked: Asked) -> None:
    nameless = event()
    del nameless["id"]
    assert asked.post(encoded([nameless])).body["errors"][0]["reason"].startswith("missing")


@pytest.mark.parametrize("copies", [2, 5, 20])
def test_copies_that_come_at_once_are_stored_once(both: Asked, copies: int) -> None:
    body, headers = encoded([event(f"{copies} at once")]), {"Content-Type": "application/json"}
    requests = [both.build("POST", "/v1/events", content=body, headers=headers) for _ in range(copies)]
    said = [answer.json() for answer in both.together(requests)]
    both.counted.update({"accepted": 1, "duplicate": copies - 1})
    assert [sum(s[o] for s in said) for o in ("accepted", "duplicate", "conflict")] == [1, copies - 1, 0]


SENDERS = [("a", "b"), ("a", "A"), ("a.b", "a-b"), ("a", "a.a")]


def name_of(pair: tuple[str, str], name: str) -> str:
    return f"{SENDERS.index(pair)}-{name}"


@pytest.fixture(scope="module")
def guarded(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, now: int) -> Iterator[Guarded]:
    path = tmp_path_factory.mktemp("keys") / "cascadewatch.db"
    shutil.copy(sqlite_template, path)
    with asking(f"sqlite:///{path}", now, require_keys=True) as one:
        names = {name_of(pair, name) for pair in SENDERS for name in pair}
        yield Guarded(one, {name: keys.create(one.store, name, ["ingest"], now) for name in names})


@pytest.mark.parametrize("pair", SENDERS, ids=str)
def test_another_senders_ids_are_its_own(guarded: Guarded, pair: tuple[str, str]) -> None:
    asked, made = guarded
    for name in pair:
        body, key = encoded([event("shared"), event("shared too")]), made[name_of(pair, name)]
        assert asked.post(body, Authorization=f"Bearer {key}").body["accepted"] == 2
