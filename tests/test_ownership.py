"""A stranger of the same import name is found before it is imported."""

import subprocess
import sys
from pathlib import Path

import pytest

from cascadewatch.ownership import LEAVES

CHECK = "from cascadewatch import ownership; ownership.check(); print('ours')"
TELLTALE = "print('the stranger ran')"


def check(first_on_path: Path) -> subprocess.CompletedProcess[str]:
    """In a process of its own, since a package already imported would hide the stranger."""
    root = Path(__file__).parent.parent
    code = f"import sys; sys.path[:0] = [{str(first_on_path)!r}, {str(root)!r}]; {CHECK}"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_our_own_packages_pass(tmp_path: Path) -> None:
    assert check(tmp_path).stdout == "ours\n"


@pytest.mark.parametrize("leaf", LEAVES)
def test_a_stranger_is_named_with_its_path_and_never_run(leaf: str, tmp_path: Path) -> None:
    stranger = tmp_path / leaf / "__init__.py"
    stranger.parent.mkdir()
    stranger.write_text(TELLTALE)
    result = check(tmp_path)
    assert f"The package '{leaf}' at {stranger} is not part of cascadewatch" in result.stderr
    assert result.stdout == ""


def test_a_stranger_with_our_marker_elsewhere_is_still_a_stranger(tmp_path: Path) -> None:
    stranger = tmp_path / "collectors" / "__init__.py"
    stranger.parent.mkdir()
    stranger.write_text('PROJECT = "cascadewatch"\n')
    assert f"at {stranger} is not part of" in check(tmp_path).stderr


def test_a_single_file_is_a_stranger(tmp_path: Path) -> None:
    stranger = tmp_path / "dashboard.py"
    stranger.write_text('PROJECT = "cascadewatch"\n')
    assert f"at {stranger} is not part of" in check(tmp_path).stderr


class TestInAnInstallation:
    """The core and its leaves copied elsewhere, as a wheel would put them."""

    @pytest.fixture
    def site(self, tmp_path: Path) -> Path:
        root = Path(__file__).parent.parent
        for name in ("cascadewatch/__init__.py", "cascadewatch/errors.py", "cascadewatch/ownership.py"):
            copy(root / name, tmp_path / name)
        for leaf in LEAVES:
            copy(root / leaf / "__init__.py", tmp_path / leaf / "__init__.py")
        return tmp_path

    def run(self, site: Path) -> subprocess.CompletedProcess[str]:
        # -S: the checkout of an editable install must not step in for what is missing here.
        command = [sys.executable, "-S", "-c", CHECK]
        return subprocess.run(command, cwd=site, capture_output=True, text=True, check=False)

    def test_a_whole_one_passes(self, site: Path) -> None:
        assert self.run(site).stdout == "ours\n"

    def test_one_overwritten_by_another_distribution_is_found(self, site: Path) -> None:
        overwritten = site / "collectors" / "__init__.py"
        overwritten.write_text(TELLTALE)
        result = self.run(site)
        assert f"The package 'collectors' at {overwritten} is not part of cascadewatch" in result.stderr
        assert result.stdout == ""

    def test_one_that_lost_its_files_names_the_folder_left(self, site: Path) -> None:
        (site / "migrations" / "__init__.py").unlink()
        assert f"The package 'migrations' at {site / 'migrations'} is not part of" in self.run(site).stderr

    def test_a_missing_leaf_is_named_with_the_way_out(self, site: Path) -> None:
        (site / "dashboard" / "__init__.py").unlink()
        (site / "dashboard").rmdir()
        result = self.run(site)
        assert "The package 'dashboard' of cascadewatch is missing" in result.stderr
        assert "Install cascadewatch again" in result.stderr


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(source.read_bytes())
