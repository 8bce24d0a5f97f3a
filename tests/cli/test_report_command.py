"""`report`: the shape of its JSON, and the text for people."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cascadewatch.cli.report_text import _line

Run = Callable[..., Any]


@pytest.fixture
def held(run: Run, log_file: Path) -> None:
    run("ingest", log_file)


@pytest.mark.usefixtures("held")
def test_the_json_has_exactly_the_promised_shape(run: Run) -> None:
    report = run("report", "--since", "7d", "--json").json
    assert set(report) == {"from", "to", "cascades"}
    assert [(row["cascade"], row["route"]) for row in report["cascades"]] == [
        ("support", None),
        ("support", "default"),
    ]
    for row in report["cascades"]:
        assert set(row) == {"cascade", "route", "events", "judged", "metrics"}
        for metric in row["metrics"].values():
            assert {"value", "n", "low", "high", "unit"} <= set(metric)
            assert set(metric) <= {"value", "n", "low", "high", "unit", "reason"}
            assert metric["value"] is not None or metric["reason"]
    whole = report["cascades"][0]
    assert (whole["events"], whole["judged"]) == (10, 10)
    assert whole["metrics"]["escalation_rate"]["value"] == 1.0
    assert whole["metrics"]["cost_usd"]["value"] == pytest.approx(0.21)


@pytest.mark.usefixtures("held")
def test_the_text_shows_value_interval_and_n(run: Run) -> None:
    text = run("report").out
    assert "support: 10 events, 10 judged" in text
    line = next(line for line in text.splitlines() if line.strip().startswith("Escalation rate"))
    assert line.split() == ["Escalation", "rate", "100.0", "%", "72.2", "%", "to", "100.0", "%", "10"]
    assert "$0.21" in text


@pytest.mark.usefixtures("held")
def test_what_is_known_exactly_has_no_interval(run: Run) -> None:
    held = run("report", "--json").json["cascades"][0]["metrics"]["cost_usd"]
    assert held["low"] == held["high"] == held["value"]
    line = next(line for line in run("report").out.splitlines() if line.strip().startswith("Cost "))
    assert line.split() == ["Cost", "$0.21", "10"]


def test_a_range_of_methods_is_called_so() -> None:
    metric = {"value": 2.0, "n": 10, "low": 1.5, "high": 2.0, "unit": "usd"}
    assert _line("savings_usd", metric, "UTC") == (
        "Savings",
        "$2.00",
        "$1.50 to $2.00",
        "10",
        "range of methods",
    )
    noted = _line("flagship_only_cost_usd", {**metric, "reason": "assumed"}, "UTC")
    assert noted[-1] == "range of methods; assumed"
    assert _line("escalation_rate", metric, "UTC")[-1] == ""


@pytest.mark.usefixtures("held")
def test_undefined_is_a_dash_with_a_reason(run: Run) -> None:
    line = next(line for line in run("report").out.splitlines() if line.strip().startswith("Quality"))
    assert "–" in line.split()
    assert line.split()[-1].isalpha()


def test_an_empty_database_says_what_to_do(run: Run) -> None:
    result = run("report")
    assert result.code == 0
    assert "No events yet" in result.out
    assert run("report", "--json").json["cascades"] == []


@pytest.mark.usefixtures("held")
def test_an_unknown_cascade_is_refused_with_the_known_ones(run: Run) -> None:
    result = run("report", "--cascade", "suport")
    assert result.code == 2
    assert "known: support" in result.err


@pytest.mark.usefixtures("held")
def test_a_route_alone_is_reported_alone(run: Run) -> None:
    rows = run("report", "--cascade", "support", "--route", "default", "--json").json["cascades"]
    assert [row["route"] for row in rows] == ["default"]
    assert "support / default: 10 events" in run("report", "--route", "default").out


@pytest.mark.usefixtures("held")
def test_dates_are_days_of_the_settings_zone(run: Run, tmp_path: Path) -> None:
    (tmp_path / "cascadewatch.toml").write_text('timezone = "Asia/Kolkata"')
    report = run("report", "--from", "2026-11-01", "--to", "2026-11-03", "--json").json
    assert report["from"] == "2026-10-31T18:30:00.000Z"
    assert report["to"] == "2026-11-02T18:30:00.000Z"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--since", "7d", "--from", "2026-11-01"], "not both"),
        (["--from", "2026-11-03", "--to", "2026-11-01"], "before"),
        (["--from", "yesterday"], "write a date"),
        (["--since", "seven"], "--since"),
    ],
)
def test_a_range_that_is_none_is_refused(run: Run, options: list[str], said: str) -> None:
    result = run("report", *options)
    assert result.code == 2
    assert said in result.err


def test_names_of_senders_cannot_reach_the_terminal(
    run: Run, tmp_path: Path, event: Callable[..., Any]
) -> None:
    file = tmp_path / "hostile.jsonl"
    file.write_text("\n".join(json.dumps(event(n, route=f"\x1b]0;{n}\x07")) for n in range(2)))
    assert run("ingest", file).code == 0
    text = run("report").out
    assert "\x1b" not in text
    assert "\\x1b]0;1\\x07" in text


@pytest.mark.usefixtures("held")
def test_a_cascade_without_events_in_the_range_is_one_line(run: Run) -> None:
    _, said = run("report", "--from", "2026-01-01", "--to", "2026-01-02").out.strip().split("\n\n")
    assert said.startswith("support: no events in this range; its newest is of 20")


@pytest.mark.usefixtures("held")
def test_an_unknown_route_is_refused_with_the_known_ones(run: Run) -> None:
    result = run("report", "--route", "faq")
    assert (result.code, result.out) == (2, "")
    assert "no route named 'faq' in this range; known: default" in result.err


def test_a_terminal_without_dashes_is_shown_something_else(run_apart: Run, log_file: Path) -> None:
    run_apart("ingest", log_file)
    narrow = "import sys; sys.stdout.reconfigure(encoding='ascii')"
    result = run_apart("report", before=narrow)
    assert (result.code, result.err) == (0, "")
    assert "Quality" in result.out
