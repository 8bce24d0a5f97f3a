"""Hostile text on its way into the log: every line is one line of JSON, and says nothing of a body."""

import io
import json
import logging
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from cascadewatch.cli.logs import Structured
from tests.collectors.bad.asked import Asked, encoded, event

STRINGS = (
    "\n", "\r", "\r\n", "\n\n{}", '\n{"event": "forged"}', "\0", "\x07", "\x08\x08", "\x1b[2J",
    "\x1b]0;x\x07", "\x7f", "\x85",
    "\x9b31m", "\u2028", "\u2029", "\u202e", "\ufeff", '"', '", "level": "error', "}",
    '{"event": "refused"}', "\\", "\\n",
    "%s %d %(x)s", "{0.__class__}", "${jndi:ldap://x}", "\U0001f600", "\ufffe", "a" * 10_000,
    "'; DROP TABLE log; --",
    "time=2026-11-21T12:00:00Z level=error", "\t", "\v\f", "\u0085\u000b",
)  # fmt: skip


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the processes write to stderr with `--log-format json`."""
    written, root = io.StringIO(), logging.getLogger("cascadewatch")
    handler = logging.StreamHandler(written)
    handler.setFormatter(Structured("json"))
    root.addHandler(handler)
    before = root.level
    root.setLevel(logging.INFO)
    yield written
    root.setLevel(before)
    root.removeHandler(handler)


@pytest.mark.parametrize("text", STRINGS, ids=[f"{ascii(s)[:24]}/{len(s)}" for s in STRINGS])
def test_every_line_still_parses(asked: Asked, log: io.StringIO, text: str) -> None:
    canary = "canary-of-the-body"
    path = quote(text, safe="")
    asked("GET", f"/v1/nowhere/{path}")
    asked("POST", f"/v1/rules/{path}/test", b"{}")
    asked("DELETE", f"/v1/silences/{path}")
    asked("GET", f"/v1/metrics?cascade={path}&{path}=1")
    asked("GET", "/v1/status", Host=text.encode().replace(b"\0", b""))
    asked.post(encoded({"text": canary + text, "time": text}), "/v1/annotations")
    asked.post(encoded([event(text, time=canary)]))
    logging.getLogger("cascadewatch.test").warning("%s", text)
    logging.getLogger("cascadewatch.test").warning("named", extra={"fields": {"path": text, text: 1}})
    try:
        raise ValueError(text)
    except ValueError:
        logging.getLogger("cascadewatch.test").exception("failed")
    lines = log.getvalue().split("\n")
    assert lines.pop() == ""
    assert len(lines) >= 5
    for line in lines:
        assert line.isascii()
        assert line.isprintable()
        assert {"time", "level", "logger"} <= json.loads(line).keys()
    assert canary not in log.getvalue()
