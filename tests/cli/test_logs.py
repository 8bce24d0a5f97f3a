"""Log lines: one line an event, whatever it holds."""

import json
import logging

from hypothesis import given
from hypothesis import strategies as st

from cascadewatch.cli.logs import Structured


def record(message: str, *arguments: object, fields: dict[str, object] | None = None) -> logging.LogRecord:
    made = logging.LogRecord("cascadewatch.test", logging.WARNING, __file__, 1, message, arguments, None)
    made.created = 1_795_262_400.25
    if fields is not None:
        made.fields = fields
    return made


def test_text_is_logfmt_with_utc_time() -> None:
    line = Structured("text").format(record("two words"))
    assert line == (
        'time=2026-11-21T12:00:00.250Z level=warning logger=cascadewatch.test message="two words"'
    )


def test_json_is_one_object() -> None:
    line = Structured("json").format(record("start", fields={"pid": 7}))
    assert json.loads(line) == {
        "time": "2026-11-21T12:00:00.250Z", "level": "warning", "logger": "cascadewatch.test",
        "event": "start", "pid": 7,
    }  # fmt: skip


def test_a_message_that_is_json_becomes_fields() -> None:
    line = Structured("text").format(record("%s", '{"event": "refused", "status": 400}'))
    assert line.endswith(" event=refused status=400")


@given(st.text(max_size=60), st.sampled_from(["text", "json"]))
def test_any_message_stays_one_printable_ascii_line(message: str, form: str) -> None:
    line = Structured(form).format(record("%s", message, fields={"path": message}))  # type: ignore[arg-type]
    assert line.isascii()
    assert line.isprintable()


def test_an_exception_stays_on_the_line() -> None:
    made = record("failed")
    try:
        raise ValueError("first\nsecond")
    except ValueError as error:
        made.exc_info = (type(error), error, error.__traceback__)
    line = Structured("json").format(made)
    assert "\n" not in line
    assert json.loads(line)["exception"].endswith("ValueError: first\nsecond")
