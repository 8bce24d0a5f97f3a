"""The words of a message without any form, and what is made harmless in them for every form."""

import re
from dataclasses import replace

from alerts.message import Item, Message

# Control characters but the line break and the tab, and halves of characters that no encoding can carry.
UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def cleaned(message: Message) -> Message:
    """The same with what cannot be shown as "�", and subjects and titles on one line."""
    return replace(
        message,
        subject=one_line(message.subject),
        items=tuple(_cleaned(item) for item in message.items),
        lines=tuple(_clean(line) for line in message.lines),
    )


def one_line(text: str) -> str:
    """
    >>> one_line("a\\r\\nSubject: b")
    'a Subject: b'
    """
    return " ".join(_clean(text).split())


def plain(message: Message) -> str:
    """Everything but the subject, as text."""
    paragraphs = [*message.lines, *(_paragraph(message, item) for item in message.items)]
    if message.more:
        paragraphs.append(more(message.more))
    if message.link:
        paragraphs.append(f"Open in cascadewatch: {message.link}")
    return "\n\n".join(paragraphs) + "\n"


def context(item: Item) -> str:
    """What one needs to find the episode and its rule again, and to read its times.

    Episode 17 · rule escalation-drift · ticket · times in UTC
    """
    number = [f"Episode {item.episode}"] if item.episode else []  # a sample has none
    zone = [f"times in {item.zone}"] if item.zone else []
    return " · ".join([*number, f"rule {item.rule}", item.severity, *zone])


def more(count: int) -> str:
    """How many episodes are left out."""
    return f"And {count:,} more {'episode' if count == 1 else 'episodes'}."


def _paragraph(message: Message, item: Item) -> str:
    title = [] if item.title == message.subject else [item.title]
    facts = [f"{label}: {text}" for label, text in item.facts]
    link = [item.link] if item.link and item.link != message.link else []
    return "\n".join([*title, *facts, context(item), *link])


def _cleaned(item: Item) -> Item:
    return replace(
        item,
        rule=one_line(item.rule),
        cascade=one_line(item.cascade),
        route=one_line(item.route),
        title=one_line(item.title),
        facts=tuple((one_line(label), _clean(text)) for label, text in item.facts),
    )


def _clean(text: str) -> str:
    return UNPRINTABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
