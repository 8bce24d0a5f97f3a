"""Who may import whom. The picture is in CONTRIBUTING.md; this holds it."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = sorted(path.parent.name for path in ROOT.glob("*/__init__.py"))
LEAVES = {"collectors", "alerts", "dashboard"}

BOTTOM, PURE, STORE, REPLAY, LEAF, ROOM_FOR_ALL = range(6)
# Every module directly in cascadewatch/. One imports its own layer and those below.
LAYER = {
    "__init__": BOTTOM,
    "errors": BOTTOM,
    "login": BOTTOM,
    "model": BOTTOM,
    "openai_usage": BOTTOM,
    "order": BOTTOM,
    "outgoing": STORE,
    "ownership": BOTTOM,
    "parquet": BOTTOM,
    "private": BOTTOM,
    "moments": BOTTOM,
    "reasons": BOTTOM,
    "settings": BOTTOM,
    "demo": PURE,
    "drift": PURE,
    "metrics": PURE,
    "pricing": PURE,
    "spreadsheet": BOTTOM,
    "store": STORE,
    "replay": REPLAY,
    "__main__": ROOM_FOR_ALL,
    "cli": ROOM_FOR_ALL,
    "job": ROOM_FOR_ALL,
    "jobs": ROOM_FOR_ALL,
    "worker": ROOM_FOR_ALL,
    "nightly": ROOM_FOR_ALL,
    "upkeep": ROOM_FOR_ALL,
}
IO_LIBRARIES = {"alembic", "apscheduler", "httpx", "psycopg", "sqlalchemy", "starlette", "streamlit"}
CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today"}
CLOCK_MODULES = {"time"}


def sources() -> list[str]:
    return sorted(str(path.relative_to(ROOT)) for name in PACKAGES for path in (ROOT / name).rglob("*.py"))


def imported(tree: ast.AST) -> Iterator[str]:
    """Dotted names; `from a import b` gives both `a` and `a.b`, since b may be a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def layer(path: str) -> int | None:
    """None: a file of `migrations`, which stands beside the layers."""
    parts = Path(path).with_suffix("").parts
    if parts[0] == "cascadewatch":
        assert parts[1] in LAYER, f"{path}: give it a layer in tests/test_layers.py"
        return LAYER[parts[1]]
    return LEAF if parts[0] in LEAVES else None


def clock_readings(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ".".join(ast.unparse(node).split(".")[-2:]) in CLOCKS:
            yield f"reads the clock in line {node.lineno}; let the caller pass `now`"
    for name in imported(tree):
        if name in CLOCK_MODULES:
            yield f"imports {name}; let the caller pass `now`"


def wrong_imports(path: str, names: set[str]) -> Iterator[str]:
    own, package = layer(path), path.split("/", 1)[0]
    for name in names:
        top, _, rest = name.partition(".")
        module = rest.split(".", 1)[0]
        if name.startswith("."):
            yield f"imports {name}, relatively"
        elif top == "migrations" and package != "migrations" and path != "cascadewatch/store/migrate.py":
            yield "imports migrations; only the store knows where they lie"
        elif top in LEAVES and top != package and own != ROOM_FOR_ALL:
            yield f"imports {name}; leaves are reached from the composition root alone"
        elif top == "cascadewatch" and LAYER.get(module, BOTTOM) > (STORE if own is None else own):
            yield f"imports {name}, which lies above it"
        elif top in IO_LIBRARIES and own in {BOTTOM, PURE}:
            yield f"imports {name}; IO belongs to the layers above"


def violations(path: str, source: str) -> list[str]:
    tree = ast.parse(source)
    found = list(wrong_imports(path, set(imported(tree))))
    if layer(path) in {BOTTOM, PURE}:
        found += clock_readings(tree)
    return sorted(found)


def test_imports_point_downwards() -> None:
    found = {path: violations(path, (ROOT / path).read_text()) for path in sources()}
    assert {path: said for path, said in found.items() if said} == {}


def circle(modules: dict[str, str]) -> list[str] | None:
    """Modules, given with their source, each of which imports the next, and the last one the first."""
    graph = {}
    for module, source in modules.items():
        known = {name for name in imported(ast.parse(source)) if name in modules}
        # `from a import b` is of `a` itself only where `b` is no module
        graph[module] = {name for name in known if not any(one.startswith(f"{name}.") for one in known)}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return None


def test_no_two_modules_need_each_other() -> None:
    modules = {
        path.removesuffix(".py").replace("/", ".").removesuffix(".__init__"): (ROOT / path).read_text()
        for path in sources()
    }
    assert circle(modules) is None


def test_a_circle_is_seen_wherever_its_imports_stand() -> None:
    modules = {
        "a": "def f():\n    from b import c",
        "b": "",
        "b.c": "if TYPE_CHECKING:\n    from a import f",
    }
    assert circle(modules) == ["a", "b.c", "a"]
    assert circle(modules | {"b.c": "import json"}) is None


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("collectors/files.py", "from alerts.rules import Rule"),
        ("dashboard/views/cost.py", "import collectors.api"),
        ("dashboard/app.py", "from cascadewatch import cli"),
        ("dashboard/app.py", "from . import charts"),
        ("cascadewatch/store/reads.py", "from cascadewatch.replay import runner"),
        ("cascadewatch/store/reads.py", "def f():\n    from dashboard import data"),
        ("cascadewatch/store/reads.py", "import migrations"),
        ("cascadewatch/model.py", "from cascadewatch.metrics import interval"),
        ("cascadewatch/pricing.py", "from cascadewatch import store"),
        ("cascadewatch/pricing.py", "import httpx"),
        ("cascadewatch/metrics/cost.py", "from sqlalchemy import select"),
        ("cascadewatch/metrics/cost.py", "from time import time"),
        ("cascadewatch/metrics/cost.py", "import datetime\nnow = datetime.datetime.now()"),
        ("cascadewatch/drift/ks.py", "from datetime import datetime\nnow = datetime.now()"),
        ("migrations/env.py", "from cascadewatch import cli"),
    ],
)
def test_the_check_sees(path: str, source: str) -> None:
    assert violations(path, source) != []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("cascadewatch/cli/serve.py", "from collectors.api import app\nfrom dashboard import server"),
        ("cascadewatch/store/migrate.py", "import migrations"),
        ("cascadewatch/store/reads.py", "import time\nfrom cascadewatch.metrics import measures"),
        ("cascadewatch/replay/runner.py", "from cascadewatch.store import writes"),
        ("collectors/api.py", "from cascadewatch.store import writes\nfrom collectors import files"),
        ("migrations/env.py", "from cascadewatch.store import tables"),
    ],
)
def test_the_check_allows(path: str, source: str) -> None:
    assert violations(path, source) == []


def test_no_page_hides_a_package_of_the_same_name() -> None:
    # Streamlit puts its entry file's folder first on the path: dashboard/alerts.py would become `alerts`.
    names = {path.stem for path in (ROOT / "dashboard").iterdir()}
    assert names.isdisjoint({*PACKAGES, *LEAVES, "tests"})


def test_tests_are_not_packages() -> None:
    # tests/alerts/__init__.py would make `import alerts` return the folder of tests.
    assert [str(path) for path in (ROOT / "tests").rglob("__init__.py")] == []
