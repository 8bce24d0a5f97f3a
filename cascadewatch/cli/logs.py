"""Log lines of the processes: one line an event, logfmt or JSON, on stderr.

Whatever is in a message, a line stays one line of ASCII: control characters arrive escaped.
A message that is itself a JSON object, and the `fields` of a record, become fields of the line.
"""

import json
import logging
from datetime import UTC, datetime
from typing import Any, Literal

from cascadewatch.cli.tracebacks import told

Format = Literal["text", "json"]
QUIET = ("uvicorn", "websockets", "alembic", "httpx", "streamlit", "filelock")  # warnings only
SILENT = ("apscheduler",)  # errors only: a wake-up that finds its job at work is no news


class Structured(logging.Formatter):
    """Formats a record as one line; `form` is `text` (logfmt) or `json`."""

    def __init__(self, form: Format) -> None:
        super().__init__()
        self._form = form

    def format(self, record: logging.LogRecord) -> str:
        found = self._fields(record)
        if self._form == "json":
            line = json.dumps(found, default=str)
        else:
            line = " ".join(f"{key}={_plain(value)}" for key, value in found.items())
        return line.replace("\x7f", "\\u007f")

    def _fields(self, record: logging.LogRecord) -> dict[str, Any]:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        found: dict[str, Any] = {
            "time": moment.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        message = record.getMessage()
        named = "event" if hasattr(record, "fields") else "message"
        found |= _object(message) or {named: message}
        found |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[1] is not None:
            found["exception"] = told(record.exc_info[1])
        return found


def configure(form: Format) -> None:
    """Sends the log of this process to stderr; our own lines from INFO on, libraries' warnings."""
    handler = logging.StreamHandler()
    handler.setFormatter(Structured(form))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in SILENT:
        logging.getLogger(name).setLevel(logging.ERROR)


def adopt(*libraries: str) -> None:
    """Sends to the same place what libraries log by handlers of their own; warnings only."""
    for name, logger in logging.Logger.manager.loggerDict.items():
        if name.partition(".")[0] in libraries and isinstance(logger, logging.Logger):
            logger.handlers.clear()
            logger.propagate = True
            logger.setLevel(logging.WARNING)


def _object(message: str) -> dict[str, Any] | None:
    if not message.startswith("{"):
        return None
    try:
        found = json.loads(message)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _plain(value: object) -> str:
    """The value as logfmt has it: bare where nothing can be mistaken, else quoted.

    >>> _plain("ready"), _plain("two words"), _plain(None)
    ('ready', '"two words"', '""')
    """
    text = "" if value is None else str(value)
    bare = text.isascii() and text.isprintable() and text and not set(text) & set(' ="\\')
    return text if bare else json.dumps(text)
