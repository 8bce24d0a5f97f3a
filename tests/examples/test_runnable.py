"""The examples run as their first lines say."""

import subprocess
import sys
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_toy_cascade_is_short_and_reports_each_request(server: Any) -> None:
    example = EXAMPLES / "cascade.py"
    assert len(example.read_text().splitlines()) <= 35
    done = subprocess.run(
        [sys.executable, example, server.url, "cw_a_b"],
        check=True, timeout=20, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout.startswith("sent")
    assert server.headers[0]["Authorization"] == "Bearer cw_a_b"
    assert len(server.events) == 200
    escalated = [e for e in server.events if len(e["attempts"]) == 2]
    assert 0 < len(escalated) < 100
    assert all(e["attempts"][0]["verdict"]["outcome"] == "reject" for e in escalated)


def test_plain_http_sends_one_event(server: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("gzip.decompress", lambda body: body)  # this example does not compress
    done = subprocess.run(
        [sys.executable, EXAMPLES / "plain_http.py", server.url, "cw_a_b"],
        check=True, timeout=20, capture_output=True, text=True,
    )  # fmt: skip
    assert '"accepted": 1' in done.stdout
    assert server.headers[0]["Authorization"] == "Bearer cw_a_b"
