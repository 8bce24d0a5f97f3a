"""Numbers nobody can mean: not finite, negative, too large, of another type, or no JSON at all.

Each row says what becomes of one literal in a field of each kind: `+` taken, `-` its event is refused by
field, `!` the whole body is no JSON.
"""

import pytest

from tests.collectors.bad.asked import Asked, encoded, event, literal

KINDS = {
    "count": "attempts.0.usage.input",
    "dollars": "attempts.0.cost_usd",
    "milliseconds": "latency_ms",
    "score": "attempts.0.verdict.score",
    "probability": "labels.0.probability",
    "index": "labels.0.attempt",
}
# fmt: off
LITERALS: dict[str, str] = {  # in the order of KINDS
    "NaN": "!!!!!!", "nan": "!!!!!!", "Infinity": "!!!!!!", "-Infinity": "!!!!!!", "inf": "!!!!!!",
    "1e309": "------", "1e999": "------", "-1e999": "------", "1e308": "---+--",
    "-0": "++++-+", "-0.0": "-+++--", "-0e0": "-+++--", "0": "++++-+", "1e-400": "-+++--",
    "4.9e-324": "-+++--",
    "-1": "---+--", "-0.001": "---+--", "-9223372036854775809": "---+--",
    "1.0": "-++++-", "0.5": "-++++-", "1e2": "-+++--",
    "16": "++++--", "10000": "++++--", "10000.01": "--++--", "100000000": "+-++--", "100000001": "--++--",
    "604800001": "---+--", "2147483648": "---+--", "9223372036854775807": "---+--",
    "9223372036854775808": "---+--", "18446744073709551616": "---+--",
    "1" + "0" * 400: "------", "1" + "0" * 5000: "------", "-1" + "0" * 5000: "------",
    "0." + "1" * 5000: "-++++-",
    '"1"': "------", '""': "------", '"NaN"': "------", '"1e999"': "------",
    "true": "------", "false": "------", "null": "+++++-", "[1]": "------", "{}": "------",
    "01": "!!!!!!", "+1": "!!!!!!", "1.": "!!!!!!", ".5": "!!!!!!", "0x10": "!!!!!!", "1_000": "!!!!!!",
    "1,5": "!!!!!!", "١": "!!!!!!", "½": "!!!!!!", "--1": "!!!!!!", "1e": "!!!!!!",
}
ALIKE = {  # other fields of each kind: nothing is checked in one place only
    "count": [*(f"attempts.0.usage.{k}" for k in ("cache_read", "cache_write", "output")),
              *(f"attempts.0.verdict.usage.{k}" for k in ("input", "cache_read", "cache_write", "output")),
              "attempts.1.usage.output"],
    "dollars": ["attempts.0.verdict.cost_usd", "attempts.1.cost_usd"],
    "milliseconds": ["attempts.0.latency_ms", "attempts.0.verdict.latency_ms", "attempts.1.latency_ms"],
    "score": ["attempts.0.verdict.threshold"],
}
# fmt: on
CASES = [(text, kind) for text in LITERALS for kind in KINDS]


def fate(asked: Asked, body: bytes) -> tuple[str, str]:
    said = asked.post(body)
    if said.status == 400:
        return "!", said.reasons[0]
    return ("+", "") if said.body["accepted"] else ("-", said.body["errors"][0]["field"])


@pytest.mark.parametrize(
    ("text", "kind"), CASES, ids=[f"{kind} {text[:25]}/{len(text)}" for text, kind in CASES]
)
def test_what_becomes_of_a_number(asked: Asked, text: str, kind: str) -> None:
    expected = LITERALS[text][[*KINDS].index(kind)]
    path = KINDS[kind]
    found, field = fate(asked, b"[" + literal(event(f"{kind} {text}"[:128]), path, text) + b"]")
    assert found == expected
    if found == "-":
        assert field.replace("[", ".").replace("]", "") == path


@pytest.mark.parametrize(("kind", "path"), [(kind, path) for kind in ALIKE for path in ALIKE[kind]])
def test_fields_of_a_kind_are_checked_alike(asked: Asked, kind: str, path: str) -> None:
    lines = [literal(event(f"{path} {i}"), path, text) for i, text in enumerate(LITERALS)]
    said = asked.lines(*lines)
    place = [*KINDS].index(kind)
    refused = {e["index"] for e in said.body["errors"]}
    # Less output than reasoning, or the same event twice: not refused for the number's own sake.
    assert refused == {i for i, fates in enumerate(LITERALS.values()) if fates[place] != "+"}


def test_negative_zero_is_stored_as_zero(asked: Asked) -> None:
    record = event("minus zero")
    body = literal(record, "attempts.0.verdict.score", "-0.0")
    asked.post(b"[" + body + b"]")
    stored = asked("GET", "/v1/events/minus zero").json()
    assert str(stored["attempts"][0]["verdict"]["score"]) == "0.0"


def test_what_is_unknown_stays_unknown(asked: Asked) -> None:
    """SQLite would store NaN as NULL, and a missing count is not a count of 0."""
    body = literal(event("unknown"), "attempts.0.usage.input", "null")
    asked.post(b"[" + body + b"]")
    assert asked("GET", "/v1/events/unknown").json()["attempts"][0]["usage"]["input"] is None


def test_more_than_a_database_can_count_is_refused_and_does_no_harm(both: Asked) -> None:
    """Every number is within its range; their sum over 2^63 is not."""
    dear = event("dear", labels=[])
    dear["attempts"][0]["cost_usd"] = dear["attempts"][1]["cost_usd"] = 10_000
    dear["attempts"] += [dear["attempts"][1]] * 14
    weighted = {"attempt": 0, "correct": True, "source": "human", "sampling": "random", "probability": 0.001}
    refused = 0
    for request in range(12):
        sent = [{**dear, "id": f"dear {request} {i}", "labels": [weighted]} for i in range(8)]
        said = both.post(encoded(sent))
        refused += said.status == 400
        assert said.status == 200 or "more than can be counted" in said.reasons[0]
    assert refused
    assert both.post(encoded([event("cheap", cascade="other")])).body["accepted"] == 1
    assert both("GET", "/v1/metrics?since=7d").status_code == 200
    assert both("GET", "/metrics").status_code == 200
