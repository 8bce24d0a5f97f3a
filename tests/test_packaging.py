"""What is shipped, and that it can be installed as locked."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib.metadata import packages_distributions
from pathlib import Path
from zipfile import ZipFile

import pytest

from cascadewatch import PROJECT, __version__
from cascadewatch.ownership import LEAVES

ROOT = Path(__file__).parent.parent
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = {"cascadewatch", *LEAVES}
# Everything in the wheel that is not Python; `*` also matches folders below.
DATA = ("cascadewatch/demo/recorded/*", "dashboard/icon.svg", "migrations/script.py.mako")
DIST_INFO = f"cascadewatch-{__version__}.dist-info"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.iterdir())


@pytest.fixture(scope="module")
def shipped(wheel: Path) -> set[str]:
    names = set(ZipFile(wheel).namelist())
    return {name for name in names if not name.startswith(DIST_INFO)}


def kept_files() -> Iterator[str]:
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield str(path.relative_to(ROOT))


def test_the_packages_are_listed_in_one_way_everywhere() -> None:
    tool = CONFIG["tool"]
    assert set(tool["hatch"]["build"]["targets"]["wheel"]["packages"]) == PACKAGES
    assert {path.parent.name for path in ROOT.glob("*/__init__.py")} == PACKAGES
    assert set(tool["mypy"]["files"]) == PACKAGES | {"tests"}
    assert set(tool["ruff"]["lint"]["isort"]["known-first-party"]) >= PACKAGES


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_each_package_says_whose_it_is(package: str) -> None:
    lines = (ROOT / package / "__init__.py").read_text().splitlines()
    assert any(line.startswith(f'PROJECT = "{PROJECT}"') for line in lines)


def test_the_wheel_holds_our_packages_and_no_others(wheel: Path) -> None:
    assert {name.split("/")[0] for name in ZipFile(wheel).namelist()} == {*PACKAGES, DIST_INFO}


def test_the_wheel_leaves_nothing_behind(shipped: set[str]) -> None:
    assert shipped == set(kept_files())


def test_the_wheel_holds_no_data_but_what_is_expected(shipped: set[str]) -> None:
    data = {name for name in shipped if not name.endswith(".py")}
    assert {name for name in data if not any(fnmatch(name, pattern) for pattern in DATA)} == set()


@pytest.mark.parametrize("pattern", DATA)
def test_the_wheel_holds_the_data_the_program_reads(pattern: str, shipped: set[str]) -> None:
    assert any(fnmatch(name, pattern) for name in shipped)


def test_the_wheel_runs_from_where_it_is_unpacked(wheel: Path, tmp_path: Path) -> None:
    ZipFile(wheel).extractall(tmp_path)
    code = "import cascadewatch, cascadewatch.ownership as o; o.check(); print(cascadewatch.__file__)"
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert Path(result.stdout.strip()) == tmp_path / "cascadewatch" / "__init__.py"


def test_the_command_is_installed_under_the_name_of_the_project() -> None:
    assert CONFIG["project"]["scripts"] == {"cascadewatch": "cascadewatch.cli:main"}


def imported_distributions() -> set[str]:
    """Distributions that our code imports, by their normalised names."""
    owners = packages_distributions()
    found: set[str] = set()
    for path in kept_files():
        if path.endswith(".py"):
            for name in re.findall(r"^\s*(?:import|from) (\w+)", (ROOT / path).read_text(), re.MULTILINE):
                found |= {normal(owner) for owner in owners.get(name, [])}
    return found - {PROJECT}


def test_every_library_imported_is_a_declared_dependency() -> None:
    declared = {normal(re.split(r"[\[<>=]", line)[0]) for line in CONFIG["project"]["dependencies"]}
    assert imported_distributions() - declared == set()


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lock: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found


def test_the_development_lock_runs_what_the_runtime_lock_ships() -> None:
    runtime, development = pins("requirements.lock"), pins("requirements-dev.lock")
    assert {name: development.get(name) for name in runtime} == runtime


@pytest.mark.parametrize(
    ("lock", "requirements"),
    [
        ("requirements.lock", CONFIG["project"]["dependencies"]),
        ("requirements-dev.lock", CONFIG["project"]["dependencies"] + CONFIG["dependency-groups"]["dev"]),
    ],
)
def test_every_declared_dependency_is_locked(lock: str, requirements: list[str]) -> None:
    assert {normal(re.split(r"[\[<>=]", line)[0]) for line in requirements} <= set(pins(lock))


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
class TestLocks:
    def test_every_entry_is_hashed(self, lock: str) -> None:
        for entry in re.split(r"^(?=[\w.-]+==)", (ROOT / lock).read_text(), flags=re.MULTILINE)[1:]:
            assert "--hash=sha256:" in entry, entry

    def test_no_registry_or_folder_is_named(self, lock: str) -> None:
        assert re.findall(r"^-.*|://|^.*(?<!\w)/\w+/.*$", (ROOT / lock).read_text(), re.MULTILINE) == []
