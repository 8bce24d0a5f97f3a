"""Keys, annotations, single events, callers, quarantine, the database."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


class TestKeys:
    def test_a_key_is_shown_once_and_only_its_hash_kept(self, run: Run, tmp_path: Path) -> None:
        made = run("keys", "create", "checkout", "--scope", "ingest", "--scope", "read", "--json").json
        assert made["scopes"] == ["ingest", "read"]
        secret = made["key"].split("_", 2)[2]
        assert secret not in run("keys", "list").out
        assert secret.encode() not in (tmp_path / "cascadewatch.db").read_bytes()

    def test_plain_output_is_the_key_alone(self, run: Run) -> None:
        result = run("keys", "create", "checkout", "--scope", "ingest")
        assert result.out.startswith("cw_")
        assert len(result.out.split()) == 1
        assert "Bearer" in result.err

    def test_revoking_is_listed(self, run: Run) -> None:
        run("keys", "create", "checkout", "--scope", "ingest", "--expires-in", "90d")
        assert [key["state"] for key in run("keys", "list", "--json").json] == ["valid"]
        assert run("keys", "revoke", "checkout").code == 0
        assert [key["state"] for key in run("keys", "list", "--json").json] == ["revoked"]

    @pytest.mark.parametrize(
        "arguments",
        [
            ["create", "checkout", "--scope", "write"],
            ["create", "local", "--scope", "ingest"],
            ["create", "checkout", "--scope", "ingest", "--expires-in", "soon"],
            ["revoke", "nobody"],
        ],
    )
    def test_what_cannot_be_is_refused(self, run: Run, arguments: list[str]) -> None:
        result = run("keys", *arguments)
        assert result.code == 2
        assert "\ncascadewatch: " in f"\n{result.err}"


class TestAnnotations:
    def test_a_mark_is_put_on_the_time_line(self, run: Run, tmp_path: Path) -> None:
        options = ["--time", "2026-11-20T14:05:00Z", "--cascade", "support", "--json"]
        made = run("annotate", "prompt v7 deployed", *options).json
        assert made["time"] == "2026-11-20T14:05:00.000Z"
        with closing(sqlite3.connect(tmp_path / "cascadewatch.db")) as database, database:
            rows = database.execute("SELECT seq, time, cascade, route, text FROM annotations").fetchall()
        assert rows == [(made["id"], 1_795_183_500_000, "support", None, "prompt v7 deployed")]

    def test_a_route_without_cascade_is_refused(self, run: Run) -> None:
        assert run("annotate", "x", "--route", "faq").code == 2

    def test_an_empty_text_is_refused(self, run: Run) -> None:
        assert run("annotate", "  ").code == 2


class TestLookups:
    def test_an_event_is_shown_with_its_facts(self, run: Run, log_file: Path) -> None:
        run("ingest", log_file)
        event = run("events", "show", "e-3").json
        assert event["facts"]["path"] == "escalated"
        assert [attempt["tier"] for attempt in event["attempts"]] == ["small", "flagship"]

    def test_an_unknown_event_gives_2(self, run: Run) -> None:
        assert run("events", "show", "nothing").code == 2

    def test_the_stored_name_of_a_caller_is_the_one_events_carry(
        self, run: Run, tmp_path: Path, event: Callable[..., Any]
    ) -> None:
        file = tmp_path / "one.jsonl"
        file.write_text(json.dumps(event(caller="tenant-42")))
        run("ingest", file)
        stored = run("callers", "find", "tenant-42").out.strip()
        assert stored != "tenant-42"
        assert run("events", "show", "e-0").json["caller"] == stored

    def test_conflicts_are_listed(
        self, run: Run, tmp_path: Path, log_file: Path, event: Callable[..., Any]
    ) -> None:
        assert "Nothing" in run("quarantine", "list").out
        run("ingest", log_file)
        other = tmp_path / "other.jsonl"
        other.write_text(json.dumps(event(3, route="changed")))
        run("ingest", other)
        listed = run("quarantine", "list", "--json").json
        assert [row["id"] for row in listed] == ["e-3"]
        assert listed[0]["digest_kept"] != listed[0]["digest_new"]


class TestDatabase:
    def test_what_fits_together_gives_0(self, run: Run, log_file: Path) -> None:
        run("ingest", log_file)
        result = run("verify")
        assert (result.code, result.json["ok"], result.json["events"]) == (0, True, 10)

    def test_a_wrong_sum_gives_1_and_a_rebuild_mends_it(
        self, run: Run, log_file: Path, tmp_path: Path
    ) -> None:
        run("ingest", log_file)
        with closing(sqlite3.connect(tmp_path / "cascadewatch.db")) as database, database:
            database.execute("UPDATE rollup_events_minute SET judged = judged + 1")
        broken = run("verify")
        assert (broken.code, broken.json["ok"]) == (1, False)
        assert "db rebuild" in broken.err
        assert run("db", "rebuild", "--json").json == {"events": 10}
        assert run("verify").code == 0

    def test_upgrade_makes_a_new_database_and_is_then_content(self, run: Run) -> None:
        first = run("db", "upgrade", "--json").json
        assert first["before"] is None
        assert run("db", "upgrade", "--json").json == {"before": first["after"], "after": first["after"]}

    def test_a_schema_of_the_future_is_refused(self, run: Run, tmp_path: Path) -> None:
        run("db", "upgrade")
        with closing(sqlite3.connect(tmp_path / "cascadewatch.db")) as database, database:
            database.execute("UPDATE alembic_version SET version_num = '9999'")
        result = run("report")
        assert result.code == 2
        assert "newer" in result.err


def test_a_file_that_is_no_database_is_one_sentence(run: Run, tmp_path: Path) -> None:
    (tmp_path / "cascadewatch.db").write_text("notes\n" * 1000)
    result = run("report")
    assert (result.code, result.out, len(result.err.splitlines())) == (2, "", 1)
    assert "no SQLite database" in result.err
    assert "restore" in result.err


class TestStatus:
    def test_it_says_what_came_and_that_nobody_works(self, run: Run, log_file: Path) -> None:
        run("ingest", log_file)
        text = run("status").out
        assert "10 accepted" in text
        assert "nobody: no rule is evaluated" in text
        assert text.splitlines()[-1].split()[:3] == ["local", "support", "10"]

    def test_before_the_first_event_it_says_what_to_do(self, run: Run) -> None:
        assert "No events yet" in run("status").out
        found = run("status", "--json").json
        assert (found["worker"], found["sources"], found["failing_channels"]) == (None, [], [])
