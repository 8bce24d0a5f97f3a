"""Prometheus Alertmanager, through its v2 API: one alert for each episode.

It keeps an alert until the `endsAt` it was told last. An open episode is posted again only when there is news
or a repeat is due, and an acknowledged one not even then, so `endsAt` lies far ahead; the resolved notice,
which is always sent, ends the alert.
"""

import json
from time import time  # noqa: TID251 - when the message leaves
from typing import Any

from alerts.channels.posting import post
from alerts.channels.text import cleaned
from alerts.message import Item, Message
from cascadewatch.moments import rfc3339
from cascadewatch.settings.alerting import Alertmanager

DAY_MS = 86_400_000
OPEN_MS = 30 * DAY_MS
# Long enough to pass Alertmanager's usual `group_wait` of 30 s: it never tells what is over when it comes in.
BRIEF_MS = 5 * 60_000
# An end that its clock has not reached yet would lose against the far end told before.
SKEW_MS = 5 * 60_000


def send(channel: Alertmanager, message: Message, *, timeout: float) -> None:
    """Its episodes as alerts. A digest is none, and is not sent."""
    alerts = payload(message, int(time() * 1000))
    if alerts:
        post(
            f"{channel.url}/api/v2/alerts",
            json.dumps(alerts).encode("ascii"),
            {},
            allow_private=channel.allow_private,
            timeout=timeout,
        )


def payload(message: Message, now: int) -> list[dict[str, Any]]:
    """The alerts of a message at `now` (epoch ms)."""
    message = cleaned(message)
    if message.kind == "digest":
        return []
    if not message.items:
        return [_notice(message, now)]
    return [
        _alert(item, severity, _ends(message, item, now)) for item in message.items for severity in _as(item)
    ]


def _as(item: Item) -> list[str]:
    """The severities an alert may be known under there: one that grew has two sets of labels to end."""
    ended = item.status == "resolved" and item.severity == "page"
    return ["ticket", "page"] if ended else [item.severity]


def _alert(item: Item, severity: str, ends: int) -> dict[str, Any]:
    labels = {
        "alertname": item.rule,
        "source": "cascadewatch",
        "rule": item.rule,
        "cascade": item.cascade,
        "route": item.route,
        "severity": severity,
        "episode": str(item.episode),
    }
    said = "\n".join(f"{label}: {text}" for label, text in item.facts)
    return {
        # A label without a value is no label there.
        "labels": {name: value for name, value in labels.items() if value},
        "annotations": {"summary": item.title, "description": said},
        "startsAt": rfc3339(min(item.started, ends)),
        "endsAt": rfc3339(ends),
        **({"generatorURL": item.link} if item.link else {}),
    }


def _ends(message: Message, item: Item, now: int) -> int:
    if message.kind == "test" or item.status == "missed":
        return now + BRIEF_MS
    if item.status == "resolved":
        return min(now if item.ended is None else item.ended, now - SKEW_MS)
    return now + OPEN_MS


def _notice(message: Message, now: int) -> dict[str, Any]:
    """A message about cascadewatch itself: an alert that passes."""
    return {
        "labels": {
            "alertname": f"cascadewatch-{message.kind}",
            "source": "cascadewatch",
            "severity": "ticket",
            "message": message.id,
        },
        "annotations": {"summary": message.subject, "description": "\n".join(message.lines)},
        "startsAt": rfc3339(now),
        "endsAt": rfc3339(now + BRIEF_MS),
        **({"generatorURL": message.link} if message.link else {}),
    }
