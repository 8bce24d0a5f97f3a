"""The command line as a person calls it, in this process or in one of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cascadewatch.cli import main

ROOT = Path(__file__).parent.parent.parent


@dataclass
class Result:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings of the machine, and a folder of its own."""
    for name in ("CASCADEWATCH_CONFIG", "CASCADEWATCH_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Calls a command in this process, where a database in the present folder is used."""

    def call(*arguments: object) -> Result:
        monkeypatch.setattr(sys, "argv", ["cascadewatch", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capsys.readouterr()
        code = ended.value.code
        return Result(code if isinstance(code, int) else 0, shown.out, shown.err)

    return call


@pytest.fixture
def run_apart(tmp_path: Path) -> Run:
    """Calls a command in a process of its own; `stdin` and `before` (code to run first) may be given."""

    def call(*arguments: object, stdin: str = "", before: str = "", after: str = "") -> Result:
        code = f"{before}\nfrom cascadewatch.cli import main\ntry:\n  main()\nfinally:\n  pass\n  {after}"
        done = subprocess.run(
            [sys.executable, "-c", code, *map(str, arguments)],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT), "XDG_DATA_HOME": str(tmp_path / "data")},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture
def event() -> Callable[..., dict[str, Any]]:
    """Builds an event as a sender would, an hour ago."""
    from datetime import UTC, datetime, timedelta

    time = (datetime.now(UTC) - timedelta(hours=1)).isoformat()

    def build(number: object = 0, **fields: Any) -> dict[str, Any]:
        small = {"tier": "small", "cost_usd": 0.001, "verdict": {"outcome": "reject", "mechanism": "schema"}}
        attempts = [small, {"tier": "flagship", "cost_usd": 0.02}]
        return {"id": f"e-{number}", "time": time, "cascade": "support", "attempts": attempts, **fields}

    return build


@pytest.fixture
def log_file(tmp_path: Path, event: Callable[..., dict[str, Any]]) -> Path:
    """Ten events, one a line."""
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(event(n)) + "\n" for n in range(10)))
    return path
