"""`ingest`: counters, exit codes, what is left beside the file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


def test_counters_are_one_json_document(run: Run, log_file: Path) -> None:
    result = run("ingest", log_file)
    assert result.code == 0
    counters = {"received": 10, "accepted": 10, "duplicate": 0, "conflict": 0, "rejected": 0, "errors": []}
    assert {name: result.json[name] for name in counters} == counters
    assert [part["format"] for part in result.json["files"]] == ["events"]


def test_the_same_file_again_is_all_duplicates_and_fine(run: Run, log_file: Path) -> None:
    run("ingest", log_file)
    again = run("ingest", log_file)
    assert (again.code, again.json["duplicate"], again.json["accepted"]) == (0, 10, 0)


def test_a_rejected_line_gives_1_and_stands_beside_the_file(run: Run, log_file: Path) -> None:
    log_file.write_text(log_file.read_text() + '{"id": "x"}\n')
    result = run("ingest", log_file)
    assert (result.code, result.json["accepted"], result.json["rejected"]) == (1, 10, 1)
    kept = [json.loads(line) for line in Path(f"{log_file}.rejected.jsonl").read_text().splitlines()]
    assert [(entry["line"], entry["record"]) for entry in kept] == [(11, '{"id": "x"}')]
    assert "log.jsonl, line 11: time: missing" in result.err


def test_a_few_refusals_are_named_and_the_others_counted(run: Run, log_file: Path) -> None:
    log_file.write_text("{}\n" * 7)
    said = run("ingest", log_file, "--dry-run").err.splitlines()
    assert (len(said), said[-1]) == (6, "and 2 more")


def test_a_conflict_gives_1(run: Run, log_file: Path, event: Callable[..., Any], tmp_path: Path) -> None:
    run("ingest", log_file)
    other = tmp_path / "other.jsonl"
    other.write_text(json.dumps(event(3, route="changed")))
    result = run("ingest", other)
    assert (result.code, result.json["conflict"]) == (1, 1)


def test_a_missing_file_gives_2_and_the_others_are_read(run: Run, log_file: Path) -> None:
    result = run("ingest", "nothing.jsonl", log_file)
    assert (result.code, result.json["accepted"]) == (2, 10)
    assert "nothing.jsonl" in result.err


def test_a_dry_run_writes_nothing(run: Run, log_file: Path, tmp_path: Path) -> None:
    assert run("ingest", log_file, "--dry-run").json["accepted"] == 10
    assert [path.name for path in tmp_path.iterdir()] == ["log.jsonl"]


def test_standard_input_is_read(run_apart: Run, log_file: Path) -> None:
    assert run_apart("ingest", "-", stdin=log_file.read_text()).json["accepted"] == 10


def test_csv_columns_are_mapped_and_constants_set(
    run: Run, tmp_path: Path, event: Callable[..., Any]
) -> None:
    file = tmp_path / "runs.csv"
    file.write_text(f"request,time,attempts.0.tier,comment\nr1,{event()['time']},small,x\n")
    options = ["--map", "request=id", "--map", "comment=", "--set", "cascade=support"]
    assert run("ingest", file, *options).json["accepted"] == 1
    assert run("events", "show", "r1").json["cascade"] == "support"


@pytest.mark.parametrize("option", ["--set=route=faq", "--map=foo=bar"])
def test_options_of_csv_are_refused_for_other_files_before_anything_is_stored(
    run: Run, log_file: Path, tmp_path: Path, event: Callable[..., Any], option: str
) -> None:
    first = tmp_path / "runs.csv"
    first.write_text(f"id,time,cascade,attempts.0.tier\nr1,{event()['time']},support,small\n")
    result = run("ingest", first, log_file, option)
    assert (result.code, result.out) == (2, "")
    taken_by = "CSV and litellm" if option.startswith("--set") else "CSV"
    assert f"{log_file}: {option[:5]} works on {taken_by} only; " in result.err
    assert f"{log_file} | cascadewatch ingest -" in result.err
    assert run("ingest", first, log_file).json["accepted"] == 11


def test_the_event_of_the_readme_is_read_as_it_is_posted(run: Run, tmp_path: Path) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    file = tmp_path / "event.json"
    file.write_text(readme.partition("```json\n")[2].partition("```")[0])
    assert file.read_text().count("\n") > 1
    result = run("ingest", file)
    assert (result.code, result.json["received"], result.json["accepted"]) == (0, 1, 1)
    assert run("events", "show", json.loads(file.read_text())["id"]).json["route"] == "faq"


def test_a_closed_standard_input_is_said_and_the_others_are_read(run_apart: Run, log_file: Path) -> None:
    result = run_apart("ingest", "-", log_file, before="import sys; sys.stdin = None")
    assert (result.code, result.json["accepted"]) == (2, 10)
    assert "-: standard input is closed" in result.err.splitlines()


def test_the_sender_is_named(run: Run, log_file: Path) -> None:
    run("ingest", log_file, "--source", "archive")
    assert run("events", "show", "e-0", "--source", "archive").json["source"] == "archive"


def test_a_mapping_without_equals_sign_is_refused(run: Run, log_file: Path) -> None:
    result = run("ingest", log_file, "--map", "request")
    assert result.code == 2
    assert "--map 'request' needs the form" in result.err


def test_an_unknown_format_names_the_known_ones(run: Run, log_file: Path) -> None:
    result = run("ingest", log_file, "--format", "jsonl")
    assert result.code == 2
    assert "events" in result.err
