"""What is shipped, and that it can be installed as locked."""

import os
import re
import subprocess
import sys
import tomllib
import urllib.request
import venv
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
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


def test_the_wheel_holds_nothing_that_python_runs_by_itself(wheel: Path) -> None:
    """A .pth file's lines run whenever Python starts, as do modules of these names."""
    names = [Path(name) for name in ZipFile(wheel).namelist()]
    assert {str(name) for name in names if name.suffix in (".pth", ".so", ".pyd", ".exe")} == set()
    assert {name.stem for name in names} & {"sitecustomize", "usercustomize"} == set()
    assert [str(name) for name in names if ".data" in name.parts[0] or "scripts" in name.parts] == []


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


def offered(python: Path, wheel: Path) -> list[str]:
    """How the command is called in an environment in which the wheel was unpacked."""
    (site,) = python.parent.parent.glob("lib/python*/site-packages")
    ZipFile(wheel).extractall(site)
    code = (
        "from importlib.metadata import entry_points as e; "
        "e(group='console_scripts')['cascadewatch'].load()()"
    )
    return [str(python), "-P", "-c", code]


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The wheel in an environment of its own, beside what requirements.lock names and nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, symlinks=True)
    (site,) = folder.glob("lib/python*/site-packages")
    for name in pins("requirements.lock"):
        try:
            files = distribution(name).files or []
        except PackageNotFoundError:
            continue  # of another system or another Python
        for top in {Path(file.parts[0]) for file in files} - {Path("..")}:
            if not (site / top).exists():
                (site / top).symlink_to(str(distribution(name).locate_file(top)))
    return offered(folder / "bin" / "python", wheel)


def alone(folder: Path) -> dict[str, str]:
    """An environment without anything of this checkout."""
    return {"PATH": os.environ["PATH"], "HOME": str(folder)}


def test_the_wheel_needs_nothing_that_only_developers_have(installed: list[str], tmp_path: Path) -> None:
    run = subprocess.run(
        [installed[0], "-P", "-c", "import pytest"], env=alone(tmp_path), capture_output=True, check=False
    )
    assert b"ModuleNotFoundError" in run.stderr
    told = subprocess.run(
        [*installed, "--help"], cwd=tmp_path, env=alone(tmp_path), capture_output=True, text=True, check=True
    )
    assert "backup" in told.stdout


def test_its_server_answers(installed: list[str], tmp_path: Path) -> None:
    serving(installed, tmp_path, "serve")


@pytest.mark.soak
def test_the_wheel_runs_beside_what_the_lock_downloads(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--require-hashes", "--only-binary", ":all:"]
    subprocess.run([*install, "-r", str(ROOT / "requirements.lock")], check=True)
    serving(offered(python, wheel), tmp_path, "up")


def serving(installed: list[str], folder: Path, command: str) -> None:
    """Starts it, asks whether it is ready, and ends it."""
    with subprocess.Popen(
        [*installed, command, "--port", "0", "--log-format", "json"],
        cwd=folder, env=alone(folder), stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stderr is not None
        log = []
        for line in process.stderr:
            log.append(line)
            if found := re.search(r'"url": "([^"]+)"', line):
                with urllib.request.urlopen(f"{found[1]}/readyz", timeout=60) as answer:
                    assert b'"ready":true' in answer.read()
                process.terminate()
                break
        process.stderr.read()
        assert process.wait(30) == 0, "".join(log)
