"""`rules`, `check`, `baseline`: what is watched, what it says, what counts as normal."""

import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.rules import DEFAULTS
from cascadewatch.drift.fitting import fit
from cascadewatch.drift.hours import Hour
from cascadewatch.store import baselines
from cascadewatch.store.engine import Store

Run = Callable[..., Any]
HOUR = 3_600_000


@pytest.fixture
def unpriced(run: Run, tmp_path: Path, event: Callable[..., Any]) -> None:
    """Forty events of the last hour, none of which has a price."""
    file = tmp_path / "unpriced.jsonl"
    file.write_text("".join(json.dumps(event(n, attempts=[{"tier": "small"}])) + "\n" for n in range(40)))
    assert run("ingest", file).code == 0


@pytest.fixture
def week(run: Run, tmp_path: Path, event: Callable[..., Any]) -> None:
    """Eight days up to now, 20 requests an hour, three in ten escalated, all of one revision."""
    file, start = tmp_path / "week.jsonl", datetime.now(UTC) - timedelta(days=8)
    accept = [{"tier": "small", "cost_usd": 0.001, "verdict": {"outcome": "accept", "mechanism": "schema"}}]
    with file.open("w") as lines:
        for n in range(8 * 24 * 20):
            at = (start + timedelta(minutes=3 * n)).isoformat()
            made = event(n, time=at, revision="r1", **({} if n % 10 < 3 else {"attempts": accept}))
            lines.write(json.dumps(made) + "\n")
    assert run("ingest", file).code == 0


def rows(folder: Path) -> dict[str, int]:
    """How many rows each table of alerting has."""
    names = ("rule_states", "drift_states", "baselines", "episodes", "transitions", "deliveries")
    with closing(sqlite3.connect(folder / "cascadewatch.db")) as database, database:
        return {name: database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}


class TestCheck:
    @pytest.mark.usefixtures("unpriced")
    def test_what_fires_gives_1_and_stands_on_top(self, run: Run) -> None:
        result = run("check")
        assert result.code == 1
        first = result.out.splitlines()[1].split()
        assert first[:4] == ["!", "price-coverage", "support", "firing"]

    @pytest.mark.usefixtures("unpriced")
    def test_the_json_has_every_rule_on_every_scope(self, run: Run) -> None:
        result = run("check", "--json")
        assert (result.code, result.json["fires"]) == (1, True)
        by_rule = {row["rule"]: row for row in result.json["findings"]}
        assert {rule.name for rule in DEFAULTS} >= set(by_rule) >= {"price-coverage", "no-data"}
        assert by_rule["price-coverage"]["metric"]["value"] == 0
        assert (by_rule["price-coverage"]["route"], by_rule["no-data"]["state"]) == (None, "ok")
        assert by_rule["escalation-drift"]["state"] == "learning"

    @pytest.mark.usefixtures("unpriced")
    def test_it_writes_nothing(self, run: Run, tmp_path: Path) -> None:
        run("check")
        assert set(rows(tmp_path).values()) == {0}

    @pytest.mark.usefixtures("week")
    def test_when_all_is_well_it_gives_0(self, run: Run) -> None:
        result = run("check")
        assert (result.code, "!" in result.out) == (0, False), result.out

    def test_before_the_first_event_there_is_nothing_to_say(self, run: Run) -> None:
        result = run("check")
        assert (result.code, "no events" in result.out) == (0, True)

    def test_a_rule_that_could_never_fire_is_refused_before_a_database_is_made(
        self, run: Run, tmp_path: Path
    ) -> None:
        (tmp_path / "cascadewatch.toml").write_text(
            '[[rule]]\nname = "high"\nkind = "threshold"\nmetric = "escalation_rate"\nabove = 36.0\n'
        )
        result = run("check")
        assert result.code == 2
        assert "rule high: can never fire" in result.err
        assert not (tmp_path / "cascadewatch.db").exists()


class TestRules:
    def test_those_in_force_are_listed_with_a_sentence(self, run: Run) -> None:
        text = run("rules", "list").out
        assert all(rule.name in text for rule in DEFAULTS)
        assert "not evaluated yet" in text
        assert [rule["name"] for rule in run("rules", "list", "--json").json] == [r.name for r in DEFAULTS]

    def test_a_rule_of_the_settings_takes_the_place_of_its_namesake(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "cascadewatch.toml").write_text(
            '[[rule]]\nname = "no-data"\nkind = "no_data"\ncascade = "support"\nwindow = "2h"\n'
            '[[rule]]\nname = "price-coverage"\nenabled = false\nkind = "no_data"\n'
        )
        listed = {rule["name"]: rule for rule in run("rules", "list", "--json").json}
        assert listed["no-data"]["cascade"] == "support"
        assert "price-coverage" not in listed

    @pytest.mark.usefixtures("unpriced")
    def test_a_back_test_says_when_it_would_have_fired(self, run: Run, tmp_path: Path) -> None:
        result = run("rules", "test", "price-coverage", "--since", "2d")
        assert result.code == 0
        assert result.out.startswith("price-coverage: would have fired once: support")
        assert len(result.out.splitlines()) == 3
        found = run("rules", "test", "price-coverage", "--since", "2d", "--json").json
        assert [e["cascade"] for e in found["episodes"]] == ["support"]
        assert set(rows(tmp_path).values()) == {0}

    @pytest.mark.usefixtures("unpriced")
    def test_all_rules_can_be_tested_at_once(self, run: Run) -> None:
        found = run("rules", "test", "--all", "--json").json
        assert [one["rule"] for one in found] == [rule.name for rule in DEFAULTS]
        assert "escalation-drift: would not have fired" in run("rules", "test", "--all").out

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ([], "--all"),
            (["no-data", "--all"], "--all"),
            (["no-dta"], "did you mean no-data?"),
            (["no-data", "--since", "soon"], "--since"),
            (["no-data", "--since", "7d", "--from", "2026-11-01"], "not both"),
        ],
    )
    def test_what_cannot_be_is_refused(self, run: Run, arguments: list[str], words: str) -> None:
        result = run("rules", "test", *arguments)
        assert result.code == 2
        assert words in result.err


class TestBaselines:
    def test_what_counts_as_normal_is_shown_with_where_it_comes_from(self, run: Run, tmp_path: Path) -> None:
        run("db", "upgrade")
        now = int(time.time() * 1000)
        hours = [Hour(now - now % HOUR - h * HOUR, 30, 100) for h in range(168, 0, -1)]
        store = Store(f"sqlite:///{tmp_path / 'cascadewatch.db'}")
        with store.writing() as connection:
            about: Any = {"how": "automatic", "author": "cascadewatch", "note": None}
            for age in (2, 1):
                baselines.pin(
                    connection, "escalation_rate", "support", "__other__", fit(hours),
                    now=now - age, **about,
                )  # fmt: skip
        store.close()
        line = run("baseline", "show").out.splitlines()[1]
        assert "support / small routes" in line
        assert "30.0 %" in line
        assert len(run("baseline", "show", "--json").json) == 1
        assert len(run("baseline", "show", "--all", "--json").json) == 2
        assert run("baseline", "show", "--cascade", "coding", "--json").json == []

    def test_before_there_is_one_it_is_said_how_it_comes(self, run: Run) -> None:
        result = run("baseline", "show")
        assert (result.code, "seven days" in result.err) == (0, True)

    @pytest.mark.usefixtures("week")
    @pytest.mark.parametrize("way", [["--now"], ["--revision", "r1"]])
    def test_one_is_pinned(self, run: Run, way: list[str]) -> None:
        result = run("baseline", "pin", "--cascade", "support", *way, "--note", "first")
        assert result.code == 0, result.err
        assert result.out.startswith("escalation_rate of support: 30.0 % is normal from now on")
        (kept,) = run("baseline", "show", "--json").json
        assert (kept["how"], kept["author"], kept["note"]) == ("pinned", "cli", "first")

    @pytest.mark.usefixtures("week")
    def test_a_period_is_pinned(self, run: Run) -> None:
        start, end = (datetime.now(UTC) - timedelta(days=d) for d in (8, 0.5))
        result = run(
            "baseline", "pin", "--cascade", "support", "--from", start.isoformat(), "--to", end.isoformat()
        )
        assert result.code == 0, result.err

    @pytest.mark.usefixtures("week")
    def test_the_level_from_a_moment_on_is_accepted(self, run: Run) -> None:
        assert run("baseline", "pin", "--cascade", "support", "--now").code == 0
        since = (datetime.now(UTC) - timedelta(days=3)).isoformat()
        made = run("baseline", "pin", "--cascade", "support", "--accept", "--from", since, "--json")
        assert made.code == 0, made.err
        assert (made.json["how"], made.json["warning"]) == ("accepted", None)

    @pytest.mark.usefixtures("unpriced")
    def test_with_too_little_it_says_what_is_lacking(self, run: Run) -> None:
        result = run("baseline", "pin", "--cascade", "support", "--now")
        assert (result.code, "500" in result.err) == (2, True), result.err

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ([], "in one way"),
            (["--now", "--accept"], "in one way"),
            (["--revision", "r1", "--from", "2026-11-01", "--to", "2026-11-08"], "in one way"),
            (["--from", "2026-11-01"], "--from and --to"),
            (["--to", "2026-11-01"], "--from and --to"),
            (["--from", "soon", "--to", "2026-11-01"], "--from"),
            (["--from", "2026-11-08", "--to", "2026-11-01"], "before"),
            (["--now"], "no cascade is named 'support'"),
        ],
    )
    def test_what_cannot_be_is_refused(self, run: Run, options: list[str], words: str) -> None:
        result = run("baseline", "pin", "--cascade", "support", *options)
        assert result.code == 2
        assert words in result.err


def test_a_deploy_is_marked_as_one(run: Run, tmp_path: Path) -> None:
    assert run("annotate", "prompt v7", "--deploy", "--json").json["deploy"] is True
    run("annotate", "nothing much")
    with closing(sqlite3.connect(tmp_path / "cascadewatch.db")) as database, database:
        kinds = database.execute("SELECT kind FROM annotations ORDER BY seq").fetchall()
    assert kinds == [("deploy",), ("user",)]
