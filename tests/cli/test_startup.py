"""Quick commands stay quick: what each imports."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

PAGES = {"streamlit", "pandas", "plotly", "numpy", "pyarrow", "genai_prices", "apscheduler", "uvicorn"}
AFTER = "import json, sys; open('modules.json', 'w').write(json.dumps(sorted(sys.modules)))"


def modules(folder: Path) -> set[str]:
    return set(json.loads((folder / "modules.json").read_text()))


def test_help_imports_no_database_and_no_settings(run_apart: Callable[..., Any], tmp_path: Path) -> None:
    assert run_apart("--help", after=AFTER).code == 0
    heavy = PAGES | {"sqlalchemy", "pydantic", "msgspec", "starlette", "rich", "alembic"}
    assert modules(tmp_path) & heavy == set()


def test_report_imports_nothing_of_pages_and_servers(
    run: Callable[..., Any], run_apart: Callable[..., Any], log_file: Path, tmp_path: Path
) -> None:
    assert run("ingest", log_file).code == 0
    assert run_apart("report", "--json", after=AFTER).code == 0
    assert modules(tmp_path) & (PAGES | {"starlette", "rich", "alembic", "httpx"}) == set()


def test_an_error_of_ours_is_one_sentence_and_exit_code_2(run_apart: Callable[..., Any]) -> None:
    result = run_apart("report", "--config", "missing.toml")
    assert (result.code, result.out) == (2, "")
    assert (
        result.err == "cascadewatch: missing.toml does not exist; `cascadewatch init` writes a first one.\n"
    )


def test_a_misspelled_setting_is_named_with_its_line(run_apart: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "cascadewatch.toml").write_text("\n[retention]\nraw_day = 3\n")
    result = run_apart("report")
    assert result.code == 2
    assert "line 3" in result.err
    assert "did you mean `raw_days`" in result.err


def test_a_database_that_cannot_be_is_refused(run: Callable[..., Any]) -> None:
    result = run("report", "--db", "mysql://somewhere/x")
    assert result.code == 2
    assert "--db" in result.err
    assert "Traceback" not in result.err


def test_control_characters_of_arguments_do_not_reach_the_terminal(run: Callable[..., Any]) -> None:
    result = run("events", "show", "a\x1b[2Jb")
    assert result.code == 2
    assert "\x1b" not in result.err
