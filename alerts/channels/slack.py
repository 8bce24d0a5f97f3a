"""Slack's incoming webhooks: a header, then a bar for each episode in the colour of its state.

All of it is `plain_text`, where Slack knows no mention, link or formatting, since names from outside may
stand anywhere; the three characters it reads as markup are entities there too, as its documentation asks.
"""

import json
from collections.abc import Sequence
from typing import Any

from alerts.channels.colours import NEUTRAL, colour
from alerts.channels.posting import post
from alerts.channels.text import cleaned, context, more
from alerts.message import Item, Message
from cascadewatch.settings.alerting import Slack

# Slack's own limits, in characters.
HEADER, SMALL, SECTION, ADDRESS = 150, 2000, 3000, 3000
# What keeps a message below Slack's 50 blocks: sections of lines, facts of an only episode, episodes with
# their facts, episodes by title alone.
LINES, FACTS, DETAILED, LISTED = 12, 10, 10, 25
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# Slack's words for what will not work again by itself, whatever the status.
REFUSALS = {
    *("account_inactive", "action_prohibited", "channel_is_archived", "channel_not_found", "invalid_blocks"),
    *("invalid_payload", "invalid_token", "no_active_hooks", "no_service", "no_service_id", "no_team"),
    *("no_text", "posting_to_general_channel_denied", "team_disabled", "token_revoked", "user_not_found"),
}

Block = dict[str, Any]


def send(channel: Slack, message: Message, *, timeout: float) -> None:
    """One message to the webhook's channel."""
    post(
        channel.webhook_url.reveal(),
        json.dumps(payload(message)).encode(),
        {},
        allow_private=channel.allow_private,
        timeout=timeout,
        refusals=REFUSALS,
    )


def payload(message: Message) -> dict[str, Any]:
    """What Slack is posted. `text` is what its notifications show."""
    message = cleaned(message)
    top = [{"type": "header", "text": _plain(message.subject, HEADER)}, *map(_section, _lines(message.lines))]
    left_out = message.more + max(0, len(message.items) - LISTED)
    end = [_section(more(left_out))] if left_out else []
    end += _button(message.link, "open")
    bars = _bars(message, end)
    return {
        "text": escaped(message.subject, SECTION),
        "blocks": top if bars else top + end,
        "attachments": bars,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def escaped(text: str, limit: int) -> str:
    """The text with entities, cut so that no entity is cut; never empty, which Slack refuses.

    >>> escaped("a <!channel>", 9)
    'a &lt;!c…'
    """
    parts = [ENTITIES.get(character, character) for character in text.strip() or "–"]
    # Slack may count a character beyond the first plane as two.
    if sum(map(_length, parts)) <= limit:
        return "".join(parts)
    used = 1
    for position, part in enumerate(parts):
        used += _length(part)
        if used > limit:
            return "".join(parts[:position]) + "…"
    raise AssertionError("a text longer than the limit reaches it")


def _length(part: str) -> int:
    return len(part) + (part > "\uffff")


def _bars(message: Message, end: Sequence[Block]) -> list[Block]:
    """Attachments, a coloured bar each: the only episode at length, several in short, many by title."""
    if len(message.items) == 1:
        item = message.items[0]
        title = [] if item.title == message.subject else [_section(item.title)]
        facts = [block for fact in item.facts[:FACTS] for block in _fact(*fact)]
        return [_bar(item, [*title, *facts, *end, _small(context(item))])]
    detailed = len(message.items) <= DETAILED
    bars = [_bar(item, _in_short(item, detailed)) for item in message.items[:LISTED]]
    return [*bars, {"color": NEUTRAL, "blocks": list(end)}] if bars and end else bars


def _bar(item: Item, blocks: list[Block]) -> Block:
    return {"color": colour(item), "fallback": escaped(item.title, SMALL), "blocks": blocks}


def _fact(label: str, text: str) -> list[Block]:
    return [_small(label), _section(text)]


def _in_short(item: Item, detailed: bool) -> list[Block]:
    title = _section(item.title if detailed else f"{item.title}\n{context(item)}")
    if buttons := _button(item.link, f"open-{item.episode}", "Open"):
        title["accessory"] = buttons[0]["elements"][0]
    if not detailed:
        return [title]
    facts = "\n".join(f"{label}: {text}" for label, text in item.facts)
    return [title, _section(facts), _small(context(item))]


def _button(link: str, action: str, words: str = "Open in cascadewatch") -> list[Block]:
    if not link.startswith(("http://", "https://")) or len(link) > ADDRESS:
        return []
    button = {"type": "button", "text": _plain(words, HEADER), "url": link, "action_id": action}
    return [{"type": "actions", "elements": [button]}]


def _lines(lines: Sequence[str]) -> list[str]:
    if len(lines) <= LINES:
        return list(lines)
    return [*lines[: LINES - 1], "\n\n".join(lines[LINES - 1 :])]


def _small(text: str) -> Block:
    return {"type": "context", "elements": [_plain(text, SMALL)]}


def _section(text: str) -> Block:
    return {"type": "section", "text": _plain(text, SECTION)}


def _plain(text: str, limit: int) -> Block:
    return {"type": "plain_text", "text": escaped(text, limit), "emoji": False}
