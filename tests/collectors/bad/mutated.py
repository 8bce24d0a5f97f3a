"""Valid bodies gone wrong: any node replaced by a hostile one, keys lost, doubled or added, bytes spliced."""

import json
from typing import Any, NamedTuple

from hypothesis import strategies as st

from tests.collectors.bad.asked import encoded, event
from tests.collectors.bad.hostile_text import LONG, TEXTS
from tests.collectors.bad.test_csv_files import HEAD
from tests.collectors.bad.test_numbers import LITERALS
from tests.collectors.bad.test_syntax import NOT_JSON
from tests.collectors.bad.test_times import REFUSED, TAKEN


class Raw(NamedTuple):
    """JSON text that stands as it is."""

    text: str


class Pairs(NamedTuple):
    """An object that may have a key twice."""

    pairs: list[tuple[str, Any]]


TEXT = [
    *TEXTS.values(),
    "x" * 129,
    LONG["10 KB"],
    "accept",
    "reject",
    "timeout",
    "rate_limited",
    "human",
    "judge",
]
HOSTILE = st.one_of(
    st.sampled_from([Raw(text) for text in LITERALS]),
    st.sampled_from([Raw(text) for text in REFUSED] + [Raw(json.dumps(text)) for text in TAKEN]),
    st.sampled_from([Raw(json.dumps(text)) for text in TEXT]),
    st.sampled_from([Raw("[" * n + "]" * n) for n in (2, 30, 33, 2_000)]),
    st.sampled_from([Raw('"\\ud800"'), Raw('"\\u0000"'), Raw("{}"), Raw("[{}]"), Raw('{"": {}}')]),
    st.text(max_size=40).map(lambda text: Raw(json.dumps(text))),
    st.integers().map(lambda n: Raw(str(n))),
    st.floats().map(lambda n: Raw(repr(n))),
)
KEYS = st.sampled_from(
    [*event(), "tier", "usage", "verdict", "input", "outcome", "correct", "__proto__", ""]
) | st.text(max_size=20)


def tree(value: Any) -> Any:
    """The same, with objects that can be changed key by key."""
    if isinstance(value, dict):
        return Pairs([(key, tree(inner)) for key, inner in value.items()])
    return [tree(inner) for inner in value] if isinstance(value, list) else value


def text(value: Any) -> str:
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, Pairs):
        return "{" + ",".join(f"{json.dumps(key)}:{text(inner)}" for key, inner in value.pairs) + "}"
    return "[" + ",".join(map(text, value)) + "]" if isinstance(value, list) else json.dumps(value)


def places(value: Any) -> list[tuple[list[Any], int]]:
    """Every node as the list it stands in and where."""
    held: list[Any] = value.pairs if isinstance(value, Pairs) else value if isinstance(value, list) else []
    inner = [pair[1] for pair in held] if isinstance(value, Pairs) else held
    return [(held, i) for i in range(len(held))] + [place for one in inner for place in places(one)]


def change(draw: st.DrawFn, record: Any) -> None:
    """One thing goes wrong."""
    held, at = draw(st.sampled_from(places(record)))
    pair = held[at] if isinstance(held[at], tuple) and not isinstance(held[at], (Raw, Pairs)) else None
    match draw(st.sampled_from(("replace", "replace", "replace", "remove", "double", "rename", "add"))):
        case "replace":
            value = draw(HOSTILE)
            held[at] = value if pair is None else (pair[0], value)
        case "remove":
            if len(held) > 1:
                del held[at]
        case "double":
            held.append(
                held[at] if pair is None else (pair[0], draw(st.sampled_from((pair[1], Raw("null")))))
            )
        case "rename" if pair is not None:
            held[at] = (draw(KEYS), pair[1])
        case _:
            held.append(draw(HOSTILE) if pair is None else (draw(KEYS), draw(HOSTILE)))


SPLICED = st.sampled_from(
    [*NOT_JSON.values(), b"\xff", b"\0", b'"', b"\\", b"{", b"]", b",", b"\n", b"\r", b"NaN"]
)


def spliced(draw: st.DrawFn, body: bytes) -> bytes:
    start = draw(st.integers(0, len(body)))
    end = min(len(body), start + draw(st.sampled_from((0, 0, 1, 2, 40))))
    return body[:start] + draw(SPLICED | st.binary(max_size=8)) + body[end:]


@st.composite
def records(draw: st.DrawFn, valid: Any = None) -> bytes:
    """One record; mostly still JSON."""
    name = draw(st.sampled_from("abcdefgh"))
    record = tree(valid or event(name))
    for _ in range(draw(st.integers(0, 4))):
        change(draw, record)
    raw = text(record).encode("utf-8", "surrogatepass")
    return spliced(draw, raw) if draw(st.integers(0, 9)) == 0 else raw


@st.composite
def bodies(draw: st.DrawFn, key: str = "events", valid: Any = None) -> tuple[bytes, bool]:
    """A body, and whether it is NDJSON."""
    found = draw(st.lists(records(valid), min_size=1, max_size=4))
    form = draw(st.sampled_from(("array", "array", "wrapped", "lines", "lines")))
    if form == "lines":
        return b"\n".join(found), True
    body = b"[" + b",".join(found) + b"]"
    body = b'{"' + key.encode() + b'":' + body + b"}" if form == "wrapped" else body
    return (spliced(draw, body) if draw(st.integers(0, 9)) == 0 else body), False


COLUMNS = (
    "route", "latency_ms", "completed", "attempts.0.usage.input", "attempts.0.cost_usd",
    "attempts.0.verdict.outcome",
    "attempts.0.verdict.score", "attempts.1.tier", "attempts.1.status", "labels.0.attempt",
    "labels.0.correct",
    "labels.0.source", "tags.team", "text.prompt", "attempts.16.tier", "surprise",
)  # fmt: skip
CELLS = st.sampled_from(
    [
        "",
        "small",
        "1",
        "0",
        "true",
        "accept",
        "reject",
        "ok",
        *TEXTS.values(),
        *LITERALS,
        "2026-11-20T12:00:00Z",
    ]
) | st.text(max_size=20)


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    """A CSV file."""
    columns = [
        *HEAD.decode().split(","),
        *draw(st.lists(st.sampled_from(COLUMNS[:-2]), unique=True, max_size=6)),
    ]
    if draw(st.integers(0, 9)) == 0:
        columns.append(draw(st.sampled_from(COLUMNS) | st.text(max_size=10)))
    rows = [columns]
    for _ in range(draw(st.integers(0, 4))):
        first = [draw(st.sampled_from("abcd")), "2026-11-20T12:00:00Z", "csv", "small"]
        row = first + [draw(CELLS) for _ in columns[4:]]
        if draw(st.booleans()):
            row[draw(st.integers(0, len(row) - 1))] = draw(CELLS)
        rows.append(row)
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    data = "\n".join(quoted).encode("utf-8", "surrogatepass")
    return spliced(draw, data) if draw(st.integers(0, 3)) == 0 else data


def labels() -> dict[str, Any]:
    """A valid label."""
    return {"id": "a", "source": "local", "attempt": 0, "correct": True, "label_source": "human",
            "sampling": "random", "probability": 0.5, "time": "2026-11-21T11:00:00Z"}  # fmt: skip


assert json.loads(text(tree(event()))) == json.loads(encoded(event()))
