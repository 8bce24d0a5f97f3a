"""Calls that shipped code never makes: they would run, format or keep what others wrote."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("alerts", "cascadewatch", "collectors", "dashboard", "migrations")
SOURCES = sorted(path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))
PICKLES = {"pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}
BUILTINS = {"eval", "exec", "compile", "__import__", "breakpoint"}
TEMPLATES = {"jinja2", "mako", "chevron"}
# What reaches other machines, and the files that may use it: all others ask cascadewatch.outgoing.
NETWORK = {
    "httpx",
    "requests",
    "urllib3",
    "aiohttp",
    "http",
    "smtplib",
    "ftplib",
    "socket",
    "websockets",
    "apprise",
}
REACHING = {
    "cascadewatch/outgoing/__init__.py": "where every address is judged",
    "cascadewatch/outgoing/deadline.py": "cuts connections in time",
    "alerts/channels/email.py": "SMTP over a connection that outgoing made",
    "alerts/channels/apprise.py": "makes calls of its own, which docs/channels.md says",
    "dashboard/acting.py": "the program's own API",
    "cascadewatch/cli/assembly.py": "the type of what is listened on",
    "cascadewatch/cli/listening.py": "listens",
    "cascadewatch/cli/processes.py": "this machine's name",
    "cascadewatch/replay/claiming.py": "this machine's name",
}
UNPICKLING = {"SQLAlchemyJobStore", "jobstores", "PickleType", "read_pickle", "allow_pickle", "persist"}
OWN_CODE = {"cascadewatch/replay/python_file.py"}  # runs a file that the settings name
REVIEWED = {  # (file, what is formatted): one of several texts of ours, chosen a line above
    ("alerts/words/limit.py", "said"),
    ("dashboard/bands.py", "of"),
    ("dashboard/diagnosis_words.py", "said"),
    ("dashboard/quality_words.py", "words"),
    ("dashboard/sweep_figure.py", "text.BEST_AT if sweep.is_best else text.BETTER_AT"),
    ("dashboard/sweep_words.py", "said"),
    ("dashboard/views/incidents.py", "many"),
}


def wrong(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            yield from (f"imports {n}" for n in names if n.partition(".")[0] in PICKLES | TEMPLATES)
        elif isinstance(node, ast.Call):
            yield from wrong_call(node)


def wrong_call(node: ast.Call) -> Iterator[str]:
    if isinstance(node.func, ast.Name) and node.func.id in BUILTINS:
        yield f"calls {node.func.id}"
    if isinstance(node.func, ast.Attribute) and node.func.attr in ("format", "format_map"):
        of = node.func.value
        fixed = isinstance(of, (ast.Constant, ast.Attribute, ast.Subscript)) or (
            isinstance(of, ast.Name) and of.id.isupper()
        )
        if not fixed:
            yield f"formats {ast.unparse(of)}, which is no constant of ours"
    for keyword in node.keywords:
        if keyword.arg == "shell" and not (
            isinstance(keyword.value, ast.Constant) and not keyword.value.value
        ):
            yield "asks a shell"
        if (
            keyword.arg == "verify"
            and isinstance(keyword.value, ast.Constant)
            and keyword.value.value is False
        ):
            yield "does not look at certificates"


def test_nothing_shipped_makes_one() -> None:
    found = {
        (str(path.relative_to(ROOT)), what)
        for path in SOURCES
        for what in wrong(ast.parse(path.read_text(encoding="utf-8")))
        if str(path.relative_to(ROOT)) not in OWN_CODE
    }
    assert found == {(file, f"formats {what}, which is no constant of ours") for file, what in REVIEWED}


@pytest.mark.parametrize(
    "source",
    [
        *("import pickle", "from joblib import load", "import jinja2", "eval(x)", "exec(x)", "compile(x)"),
        *(
            "name.format(x)",
            "row.text().format(a=1)",
            "run(x, shell=True)",
            "run(x, shell=y)",
            "get(verify=False)",
        ),
    ],
)
def test_the_check_sees(source: str) -> None:
    assert list(wrong(ast.parse(source))) != []


def test_ruff_bans_them_too() -> None:
    banned = "import pickle\nimport httpx\nimport time\nimport streamlit as st\n\nst.html('x')\ntime.time()\n"
    command = [sys.executable, "-m", "ruff", "check", "--select", "TID251", "--output-format", "concise", "-"]
    done = subprocess.run(
        [*command, "--stdin-filename", "alerts/x.py"], input=banned, cwd=ROOT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.stdout.count("TID251") == 4


def test_no_library_of_ours_is_given_anything_to_pickle() -> None:
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {
            getattr(node, name, None) for node in ast.walk(tree) for name in ("id", "attr", "arg", "name")
        }
        assert names.isdisjoint(UNPICKLING), path


def reached_for(tree: ast.AST) -> Iterator[str]:
    """The modules that are imported, also by name."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module)):
                yield module
            case ast.Call(func=ast.Name(id="import_module"), args=[ast.Constant(value=str(module)), *_]):
                yield module


def test_other_machines_are_reached_in_few_places() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path in SOURCES
        for module in reached_for(ast.parse(path.read_text(encoding="utf-8")))
        if module.partition(".")[0] in NETWORK or module == "urllib.request"
    }
    assert found == set(REACHING)
