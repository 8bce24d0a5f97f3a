"""One HTTP POST of a channel, and what each answer means for sending again."""

from collections.abc import Container, Mapping
from time import time  # noqa: TID251 - a Retry-After is counted from now
from typing import Literal

from alerts.channels.error import ChannelError
from cascadewatch.outgoing import OutgoingError, Response, request
from cascadewatch.outgoing.retry_after import retry_after

Action = Literal["done", "retry", "permanent"]

RETRIED = {408, 425, 429}
MEANINGS = {
    400: "it does not understand the message",
    401: "it wants other credentials",
    403: "it refuses these credentials",
    404: "there is nothing at this address",
    405: "nothing takes messages at this address",
    410: "this address was given up",
    413: "the message is too long for it",
    429: "it asks to be left alone for a while",
    503: "it cannot take messages now",
}


def action(status: int) -> Action:
    """What a status means; below 200 there was no final answer."""
    if 200 <= status < 300:
        return "done"
    return "retry" if status < 200 or status >= 500 or status in RETRIED else "permanent"


def post(
    url: str,
    content: bytes,
    headers: Mapping[str, str],
    *,
    allow_private: bool,
    timeout: float,
    refusals: Container[str] = (),
) -> None:
    """Posts JSON. ChannelError unless it was taken; a body that is one of the `refusals` is permanent."""
    try:
        response = request(
            "POST",
            url,
            headers={"Content-Type": "application/json", **headers},
            content=content,
            allow_private=allow_private,
            timeout=timeout,
        )
    except OutgoingError as error:
        raise ChannelError(str(error), permanent=error.permanent) from None
    _judge(response, refusals)


def _judge(response: Response, refusals: Container[str]) -> None:
    # Only words known beforehand are repeated: a body may hold the address it was sent to.
    word = response.body[:100].decode("ascii", "replace").strip()
    refused = word in refusals
    found = "permanent" if refused else action(response.status)
    if found == "done":
        return
    meaning = word if refused else MEANINGS.get(response.status, "")
    if 300 <= response.status < 400:
        meaning = "a redirect, which is never followed; write the address it leads to"
    raise ChannelError(
        f"{response.host} answered {response.status}{meaning and f': {meaning}'}.",
        permanent=found == "permanent",
        retry_after=retry_after(response.headers, time()) if found == "retry" else None,
    )
