"""Signed JSON by HTTP POST, for programs (docs/channels.md describes every field)."""

import hashlib
import hmac
import json
from time import time  # noqa: TID251 - when the message leaves
from typing import Any

from alerts.channels.posting import post
from alerts.message import Item, Message
from cascadewatch.moments import rfc3339
from cascadewatch.settings.alerting import Webhook

VERSION = 1  # of the JSON; new fields may come without a new version


def send(channel: Webhook, message: Message, *, timeout: float) -> None:
    """One message to the address. Sent again it has the same body; the signature carries the time anew."""
    address = channel.url if isinstance(channel.url, str) else channel.url.reveal()
    body = json.dumps(payload(message)).encode("ascii")
    headers = {
        "X-Cascadewatch-Delivery": json.dumps(message.id)[1:-1],
        "X-Cascadewatch-Signature": signature(channel.secret.reveal(), body, int(time())),
    }
    post(address, body, headers, allow_private=channel.allow_private, timeout=timeout)


def signature(secret: str, body: bytes, seconds: int) -> str:
    """`t=SECONDS,v1=HEX`, the HMAC-SHA256 of `SECONDS.BODY`: the time is signed too, against replaying."""
    signed = f"{seconds}.".encode() + body
    return f"t={seconds},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def payload(message: Message) -> dict[str, Any]:
    """The message as JSON-ready values."""
    return {
        "version": VERSION,
        "id": message.id,
        "kind": message.kind,
        "subject": message.subject,
        "link": message.link,
        "lines": list(message.lines),
        "items": [_item(item) for item in message.items],
        "more": message.more,
    }


def _item(item: Item) -> dict[str, Any]:
    return {
        "episode": item.episode,
        "status": item.status,
        "severity": item.severity,
        "rule": item.rule,
        "cascade": item.cascade,
        "route": item.route or None,
        "title": item.title,
        "facts": [{"label": label, "text": text} for label, text in item.facts],
        "link": item.link,
        "started": rfc3339(item.started),
        "ended": None if item.ended is None else rfc3339(item.ended),
        "zone": item.zone or None,
    }
