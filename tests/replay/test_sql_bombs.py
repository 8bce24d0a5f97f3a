"""Short SQL that would be long to plan: it parses or not, and neither time nor memory grows with its plan."""

import pytest

from cascadewatch.replay import bounded
from cascadewatch.replay.answer import Answer
from cascadewatch.replay.bounded import Bounded
from cascadewatch.replay.case import Case
from cascadewatch.replay.verifiers.sql import Sql
from cascadewatch.settings.replaying import Verifier


def reason(text: str) -> str | None:
    return Sql(Verifier(kind="sql"), None).judge(Case("1", prompt="?"), Answer(text)).reason


def doubling(depth: int, body: str = "SELECT 1 AS x FROM {0} a, {0} b") -> str:
    """Each expression is used twice by the next."""
    steps = [f"t{n} AS ({body.format(f't{n - 1}')})" for n in range(1, depth + 1)]
    return f"WITH {', '.join(['t0 AS (SELECT 1 AS x)', *steps])} SELECT * FROM t{depth}"


def summed(depth: int, width: int) -> str:
    """Each subquery's column is used many times by the one around it."""
    text = "SELECT key AS a FROM json_each('[1]')"
    for _ in range(depth):
        text = f"SELECT {'+'.join(['a'] * width)} AS a FROM ({text})"
    return text


BOMBS = {
    "each twice": doubling(24),
    "one many times": doubling(8, "SELECT 1 AS x FROM {0}" + ", {0}" * 40),
    "a union": doubling(24, "SELECT x FROM {0} UNION ALL SELECT x FROM {0}"),
    "nested in one": doubling(2, "WITH u AS (SELECT * FROM {0} a, {0} b) SELECT 1 AS x FROM u, u v, u w"),
    "in a subquery": f"SELECT * FROM t WHERE a IN ({doubling(24)})",
    "a new table": f"CREATE TABLE t AS {doubling(24)}",
    "a view": f"CREATE VIEW v AS {doubling(24)}",
    "an insert": f"INSERT INTO t {doubling(24)}",
    "without WITH": summed(5, 90),
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_what_parses_is_accepted_however_long_its_plan_would_be(text: str) -> None:
    assert len(text) < 10_000
    assert reason(text) is None


def test_what_has_to_be_planned_to_be_parsed_is_refused_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    child = Bounded(seconds=0.2)
    monkeypatch.setattr(bounded, "call", child.call)
    assert reason(f"ATTACH ({doubling(24)}) AS x") == "too_complex"
    assert reason(f"VACUUM INTO ({doubling(24)})") == "too_complex"
    assert reason(doubling(3)) is None
    child.close()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("WITH a AS (SELECT * FROM t), b AS (SELECT * FROM a JOIN a c USING (id)) SELECT * FROM b, a", None),
        ("WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n LIMIT 9) SELECT i FROM n", None),
        ("SELECT sum(a) OVER (PARTITION BY b) FROM s.t WHERE c = ? AND d = :d", None),
        ("INSERT INTO t (a, b) VALUES (1, 2), (3, 4) RETURNING id", None),
        ("UPDATE t SET a = 1 WHERE b IN (SELECT b FROM u)", None),
        ("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)", None),
        ("SELECT a FROM t; DROP TABLE t", "several_statements"),
        ("SELECT a FROM t WHERE b = ?; SELECT 1", "several_statements"),
        ("SELECT ';' FROM t -- ; none", None),
        (doubling(3) + " WHERE", "syntax"),
        ("SELECT (1", "syntax"),
        ("SELECT '\0'", "syntax"),
        ("SELECT '\ud800'", "syntax"),
        ("SELECT " + "(" * 90_000, "syntax"),
        ("x" * 100_001, "no_sql"),
    ],
)
def test_ordinary_statements_and_mistakes(text: str, expected: str | None) -> None:
    assert reason(text) == expected
