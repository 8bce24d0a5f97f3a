"""Each promise of docs/reliability.md names tests, and they exist."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "reliability.md").read_text()
HEAD = "| promise | fault | test | figure |"
ROWS = [line for line in PAGE.partition(HEAD)[2].splitlines()[2:] if line.startswith("|")]
NAMED = re.compile(r"(\*soak\* )?`(tests/[\w/]+\.py)::(\w+)`")


@cache
def found_in(path: str) -> dict[str, bool]:
    """The tests of a file, and whether they, or a form of them, run in the soak alone."""
    tree = ast.parse((ROOT / path).read_text())
    all_of_them = any(
        isinstance(node, ast.Assign) and "pytestmark" in ast.unparse(node) and "soak" in ast.unparse(node)
        for node in tree.body
    )
    return {
        node.name: all_of_them or any("soak" in ast.unparse(mark) for mark in node.decorator_list)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


@pytest.mark.parametrize("row", ROWS, ids=[row.split("|")[1].strip()[:60] for row in ROWS])
def test_a_promise_names_tests_that_exist_and_a_figure(row: str) -> None:
    _, promise, fault, tests, figure, _ = (cell.strip() for cell in row.split("|"))
    found = NAMED.findall(tests)
    assert found
    assert len(found) == tests.count("::"), "each is written as `path::name`"
    for is_soak, path, name in found:
        assert (ROOT / path).exists(), path
        assert found_in(path).get(name) == bool(is_soak), f"{path}::{name}"
    assert all((promise, fault, figure))


def test_there_are_promises() -> None:
    assert len(ROWS) > 20
