"""Answers that are not a success, all of one form: `{"error": {"code", "message"}}`.

"Never" is a 4xx, "later" is a 503 with Retry-After, the one status that senders of every kind
keep their data for. There is no 500 and no redirect.
"""

import json
import logging
from typing import Any

from msgspec.json import encode
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from cascadewatch.errors import BusyError, CascadewatchError, ConfigError, NotFoundError, StoreError
from cascadewatch.reasons import cut
from collectors.decode import TooManyError

log = logging.getLogger("cascadewatch.api")

CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "timeout",
    409: "not_yet",
    413: "too_large",
    415: "unsupported_media_type",
    421: "wrong_host",
    503: "unavailable",
}


class RefusalError(Exception):
    """Ends a request with this status; the message is for the person who sent it, `key` for the log alone."""

    def __init__(
        self, status: int, message: str, headers: dict[str, str] | None = None, key: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}
        self.key = key  # which key was refused, and why


def later(message: str, seconds: int = 1) -> RefusalError:
    """Try again in some seconds; nothing was taken."""
    return RefusalError(503, message, {"Retry-After": str(max(1, seconds))})


def refusal_of(error: Exception) -> RefusalError:
    """The answer to anything a handler may raise."""
    match error:
        case RefusalError():
            found = error
        case TooManyError():
            found = RefusalError(413, str(error))
        case BusyError():
            found = later(str(error), error.retry_after)
        case StoreError():
            log.error("%s", line("store", error=str(error)))
            found = later(str(error), 5)
        case NotFoundError():
            found = RefusalError(404, str(error))
        case ConfigError():
            log.error("%s", line("settings", error=str(error)))
            found = later(str(error), 60)
        case CascadewatchError():
            found = RefusalError(400, str(error))
        case HTTPException():
            found = RefusalError(error.status_code, error.detail, dict(error.headers or {}))
        case SQLAlchemyError() | OSError():
            log.error("%s", line("database", error=type(error).__name__), exc_info=error)
            found = later("the database cannot be used now; see the server's log", 5)
        case _:
            log.error("%s", line("unexpected", error=type(error).__name__), exc_info=error)
            found = later("something unexpected failed; see the server's log", 5)
    return found


def answer(refusal: RefusalError, request: Request, source: str | None = None) -> Response:
    """The response of a refusal, noted in the log without anything of the body."""
    level = logging.WARNING if refusal.status >= 500 else logging.INFO
    code = CODES.get(refusal.status, "refused")
    message = None if refusal.status == 400 else refusal.message  # a 400 may repeat a value of the body
    said = {
        "method": request.method,
        "path": request.scope["path"],
        "source": source,
        "key": refusal.key,
        "message": message,
    }
    log.log(level, "%s", line("refused", status=refusal.status, **said))
    body = encode({"error": {"code": code, "message": cut(refusal.message)}})
    headers = {**NO_STORE, **refusal.headers}
    return Response(body, refusal.status, headers, media_type="application/json")


NO_STORE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def line(event: str, **fields: Any) -> str:
    """One line of JSON with every control and non-ASCII character escaped, whatever was sent."""
    text = json.dumps({"event": event, **{k: v for k, v in fields.items() if v is not None}})
    return text.replace("\x7f", "\\u007f")


def respond(content: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(encode(content), status, NO_STORE, media_type="application/json")
