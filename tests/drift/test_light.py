"""Detectors run inside small processes: they bring nothing heavy with them."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEAVY = {"numpy", "scipy", "pandas", "sklearn", "sqlalchemy", "httpx"}


def test_the_whole_package_needs_the_standard_library_alone() -> None:
    names = sorted(path.stem for path in (ROOT / "cascadewatch" / "drift").glob("[a-z]*.py"))
    imports = ", ".join(f"cascadewatch.drift.{name}" for name in names)
    code = f"import sys, {imports}; print(sorted({HEAVY} & set(sys.modules)))"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout == "[]\n"
