"""A reader that goes away, such as `| head`, leaves a command the exit code of what it found."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT

CALL = [sys.executable, "-c", "from cascadewatch.cli import main; main()"]


@pytest.mark.parametrize(("command", "code"), [(["report"], 0), (["report", "--json"], 0), (["check"], 0)])
def test_nobody_reads(tmp_path: Path, command: list[str], code: int) -> None:
    gone, end = os.pipe()
    os.close(gone)
    try:
        done = subprocess.run(
            [*CALL, *command], stdout=end, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
            cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    finally:
        os.close(end)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert "Broken" not in done.stderr
