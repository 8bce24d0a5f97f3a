"""The bench of the rules runs and prints its figures. Speed itself is never asserted."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_it_looks_walks_and_back_tests() -> None:
    command = [sys.executable, str(ROOT / "bench" / "rules.py"), "--quick"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["databases"]["sqlite"]
    assert found["look"]["streams"] == found["first_walk"]["streams"] == 7
    assert found["look"]["look_p50_ms"] > 0
    assert found["back_test"]["episodes"] == 0
