"""`db prune`: what it tells, and that it only tells when asked to."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

Run = Callable[..., Any]


@pytest.fixture
def old(run: Run, tmp_path: Path) -> None:
    """An event of yesterday and one of two months ago."""
    attempts = [{"tier": "small", "cost_usd": 0.001}]
    times = {days: (datetime.now(UTC) - timedelta(days=days)).isoformat() for days in (1, 60)}
    lines = [
        {"id": f"e-{days}", "time": time, "cascade": "support", "attempts": attempts}
        for days, time in times.items()
    ]
    (tmp_path / "log.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert run("ingest", "log.jsonl").code == 0


def test_a_dry_run_counts_and_deletes_nothing(run: Run, old: None) -> None:
    found = run("db", "prune", "--dry-run", "--json").json
    assert found["dry_run"] is True
    assert found["rows"] == {"attempts": 1, "events": 1}
    assert run("db", "prune", "--dry-run", "--json").json["rows"] == found["rows"]


def test_it_tells_what_it_deleted_and_from_when_on_things_are_kept(run: Run, old: None) -> None:
    found = run("db", "prune", "--json").json
    assert found["rows"] == {"attempts": 1, "events": 1}
    assert found["log_emptied"] is True
    assert set(found["kept_from"]) == {"raw", "text", "minute", "caller_hour", "distribution", "rollup"}
    assert run("verify").code == 0
    assert run("events", "show", "e-60").code == 2
    assert run("report", "--since", "90d", "--json").json["cascades"][0]["events"] == 2
    assert run("db", "prune", "--json").json["rows"] == {}


def test_people_read_a_table(run: Run, old: None) -> None:
    said = run("db", "prune", "--dry-run").out
    assert "single events" in said
    assert "would go" in said
    run("db", "prune")
    assert run("db", "prune").out.endswith("Nothing is older.\n")


def test_a_rebuild_keeps_the_sums_of_what_is_gone(run: Run, old: None) -> None:
    run("db", "prune")
    assert run("db", "rebuild", "--json").json == {"events": 1}
    assert run("report", "--since", "90d", "--json").json["cascades"][0]["events"] == 2


def test_space_can_be_given_back(run: Run, old: None) -> None:
    assert run("db", "prune", "--shrink", "--json").json["bytes"] > 0
    assert run("verify").code == 0


def test_shrinking_is_no_dry_run(run: Run) -> None:
    refused = run("db", "prune", "--shrink", "--dry-run")
    assert refused.code == 2
    assert "--dry-run" in refused.err


def test_files_are_not_read_onto_a_full_disk(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = SimpleNamespace(used=97 * 2**30, free=3 * 2**30)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    (tmp_path / "log.jsonl").write_text("")
    refused = run("ingest", "log.jsonl")
    assert refused.code == 2
    assert "events are refused until there is room" in refused.err
