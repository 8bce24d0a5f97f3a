"""Sizes and constructs the project keeps out of its own code."""

import ast
import subprocess
import sys
from collections.abc import Callable, Container, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = sorted(path.parent.name for path in ROOT.glob("*/__init__.py"))
FILE_LINES = 300
FUNCTION_LINES = 40
# "path" or "path:function" -> why it is better whole.
EXCEPTIONS: dict[str, str] = {}

NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "service", "services"}
UNSAFE_MODULES = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}
HEAVY = {
    *("genai_prices", "numpy", "pandas", "plotly", "pyarrow", "scipy", "sklearn", "streamlit"),
    *("alembic", "apscheduler", "httpx", "sqlalchemy", "starlette", "uvicorn"),
}
LIGHT = ["cli", "drift", "errors", "metrics", "model", "ownership", "pricing", "settings"]


def python_files(*folders: str) -> list[str]:
    return sorted(str(path.relative_to(ROOT)) for name in folders for path in (ROOT / name).rglob("*.py"))


def too_long(path: str, source: str, exceptions: Container[str] = EXCEPTIONS) -> Iterator[str]:
    lines = len(source.splitlines())
    if lines > FILE_LINES and path not in exceptions:
        yield f"{lines} lines, at most {FILE_LINES}"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES and f"{path}:{node.name}" not in exceptions:
                yield f"{node.name}: {lines} lines, at most {FUNCTION_LINES}"


def unsafe(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] in UNSAFE_MODULES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in UNSAFE_MODULES:
            yield str(node.module)
        elif isinstance(node, ast.keyword) and node.arg == "unsafe_allow_html":
            yield "unsafe_allow_html"
        elif isinstance(node, ast.Attribute) and ast.unparse(node) == "st.html":
            yield "st.html"
        elif isinstance(node, ast.Call):
            yield from unsafe_call(node)


def unsafe_call(call: ast.Call) -> Iterator[str]:
    name = ast.unparse(call.func)
    if name in {"eval", "exec"}:
        yield name
    if name.rsplit(".", 1)[-1] == "text" and name != "st.text" and call.args:
        sql = call.args[0]
        formatted = isinstance(sql, ast.Call) and ast.unparse(sql.func).endswith(".format")
        if formatted or isinstance(sql, ast.JoinedStr | ast.BinOp):
            yield f"SQL put together in {name}(); bind the values"


def budgeted_files() -> list[str]:
    # A migration is a list of steps that is never edited again: splitting it makes it no clearer.
    files = python_files(*PACKAGES, "bench", "examples")
    return [path for path in files if not path.startswith("migrations/versions/")]


def offences(paths: list[str], check: Callable[[str, str], Iterator[str]]) -> list[str]:
    """What the check says of each file, with its name before it."""
    return [f"{path}: {said}" for path in paths for said in check(path, (ROOT / path).read_text())]


def test_files_and_functions_are_short() -> None:
    assert offences(budgeted_files(), too_long) == []


def test_nothing_unsafe_is_used() -> None:
    files = python_files(*PACKAGES, "bench", "examples")
    assert offences(files, lambda _, source: unsafe(source)) == []


def test_modules_are_named_after_their_subject() -> None:
    files = python_files(*PACKAGES, "bench", "examples", "tests")
    assert [path for path in files if not NAMELESS.isdisjoint(Path(path).with_suffix("").parts)] == []


def test_every_exception_is_still_needed() -> None:
    for entry, reason in EXCEPTIONS.items():
        path, _, function = entry.partition(":")
        source = (ROOT / path).read_text()
        found = list(too_long(path, source, exceptions={}))
        assert any(line.startswith(f"{function}: ") if function else line[0].isdigit() for line in found)
        assert reason


def test_quick_commands_import_nothing_heavy() -> None:
    written = [f"cascadewatch.{name}" for name in LIGHT if find_spec(f"cascadewatch.{name}")]
    code = f"import sys, {', '.join(written)}; print(sorted({HEAVY} & set(sys.modules)))"
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


def test_the_length_check_sees_a_long_function() -> None:
    source = "def long():\n" + "    pass\n" * FUNCTION_LINES
    assert list(too_long("long.py", source)) == [
        f"long: {FUNCTION_LINES + 1} lines, at most {FUNCTION_LINES}"
    ]


def test_the_length_check_sees_a_long_file() -> None:
    assert len(list(too_long("long.py", "x = 1\n" * (FILE_LINES + 1)))) == 1


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from pickle import loads",
        "eval(word)",
        "exec(word)",
        "st.html(word)",
        "st.markdown(word, unsafe_allow_html=True)",
        'text(f"SELECT {word}")',
        'sqlalchemy.text("SELECT " + word)',
        'text("SELECT {}".format(word))',
    ],
)
def test_the_safety_check_sees(source: str) -> None:
    assert len(list(unsafe(source))) == 1


@pytest.mark.parametrize("source", ['st.text(f"{word}")', 'text("SELECT 1")', "connection.execute(word)"])
def test_the_safety_check_allows(source: str) -> None:
    assert list(unsafe(source)) == []
