"""The benches run and print what docs/performance.md is made from. Speed itself is never asserted."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
NAMES = ("ingest", "queries", "startup")
pytestmark = [pytest.mark.soak, pytest.mark.timeout(300)]


def run(name: str, folder: Path, *more: str) -> Path:
    """What a bench prints when it is in a hurry."""
    command = [sys.executable, str(ROOT / "bench" / f"{name}.py"), "--quick", *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    file = folder / f"{name}.json"
    file.write_text(done.stdout)
    return file


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("figures")
    return {name: run(name, folder) for name in NAMES}


def read(file: Path) -> dict[str, Any]:
    return dict(json.loads(file.read_text()))


def test_ingest_compares_us_with_the_reference_and_the_limit(printed: dict[str, Path]) -> None:
    found = read(printed["ingest"])["databases"]["sqlite"]
    assert set(found) == {"http", "acknowledgement", "file"}
    assert set(found["http"]) == {"500", "50", "1"}
    for figures in found["http"].values():
        assert figures["cascadewatch"].keys() == figures["reference"].keys()
        assert figures["limit"]["events_per_second"] > 0
        assert figures["ours_to_reference"] > 0


def test_queries_ask_every_question_over_every_range(printed: dict[str, Path]) -> None:
    found = read(printed["queries"])["databases"]["sqlite"]
    assert {"window", "series", "tier series", "routes", "callers", "page", "report"} <= set(
        found["questions"]
    )
    assert all(set(spans) == {"1h", "24h", "7d", "30d", "90d"} for spans in found["questions"].values())


def test_multiplied_rollups_have_a_row_for_every_minute_and_route(printed: dict[str, Path]) -> None:
    found = read(printed["queries"])
    minutes = found["options"]["days"] * 24 * 60
    with_all_routes = found["options"]["routes"] + 1
    assert found["databases"]["sqlite"]["rollup_rows"]["rollup_events_minute"] == minutes * with_all_routes


def test_every_page_is_timed_over_a_day_and_a_month(tmp_path: Path) -> None:
    found = read(run("pages", tmp_path, "--only", "server"))["pages"]["server_ms"]
    assert {name.split()[1] for name in found} == {"24h", "30d"}
    assert len(found) == 16


def test_a_full_database_is_compared_with_an_empty_one(tmp_path: Path) -> None:
    found = read(run("growth", tmp_path))["growth"]["sqlite"]
    assert found["full"].keys() == found["empty"].keys()
    assert found["held"] >= 30_000


def test_real_events_are_asked_for_in_every_way(tmp_path: Path) -> None:
    found = read(run("size", tmp_path, "--databases", "sqlite"))["size"]["databases"]["sqlite"]
    assert {"load", "totals", "questions", "server_ms", "commands"} <= set(found)
    assert found["load"]["events"] == 30_000
    assert {"report --since 30d", "db prune --dry-run", "backup --no-verify"} <= set(found["commands"])


def test_every_stage_of_ingest_has_its_share(tmp_path: Path) -> None:
    found = read(run("stages", tmp_path))["stages"]["sqlite"]
    assert sum(found["stages"].values()) == pytest.approx(found["total"], rel=0.1)
    assert found["stages"]["decode"] > 0


def test_a_replay_is_timed_with_its_memory(tmp_path: Path) -> None:
    found = read(run("replay", tmp_path))["replay"]
    assert found["seconds"] >= found["floor_s"] > 0
    assert found["command_s"] >= found["seconds"]
    assert found["rss_mib"] > 10


def test_startup_times_commands_and_servers(printed: dict[str, Path]) -> None:
    found = read(printed["startup"])
    assert {"python -c pass", "import sqlalchemy", "--help", "report"} <= set(found["commands_ms"])
    assert set(found["servers"]) == {"serve", "up"}


def test_the_table_of_the_docs_is_made_from_what_they_print(printed: dict[str, Path]) -> None:
    command = [sys.executable, str(ROOT / "bench" / "render_docs.py"), "--print", *map(str, printed.values())]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    unmeasured = [line.split("|")[1].strip() for line in lines if line.split("|")[3].strip() == "–"]
    assert len(lines) > 10
    assert all(
        found in str(unmeasured) for found in ("Postgres", "page", "full database", "cascadewatch replay")
    )
    assert not any(
        found in str(unmeasured)
        for found in ("ingest over HTTP, SQLite", "`serve`", "--help", "bytes per event on disk")
    )
