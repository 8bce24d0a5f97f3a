"""Names from outside arrive as written, and are nothing but text: no mention, link, tag or header."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from alerts.channels import send
from alerts.channels.text import cleaned
from alerts.message import Message
from tests.alerts.channel_material import ITEM, LINK, MESSAGE, Make, hostile_message
from tests.alerts.hostile import HOSTILE
from tests.alerts.http_receiver import Receiver, receiving
from tests.alerts.mail_receiver import Mailbox, receiving_mail

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
MESSAGES = [pytest.param(text, id=ascii(text)[:30]) for text in HOSTILE]


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    with receiving_mail() as running:
        yield running


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return Make(tmp_path)


def texts(message: Message) -> list[str]:
    """Every text of the message as a person should read it."""
    message = cleaned(message)
    facts = [text for item in message.items for _, text in item.facts]
    return [message.subject, *message.lines, *facts, *(item.title for item in message.items)]


def posted(receiver: Receiver) -> Any:
    return json.loads(receiver.received[-1].body)


def objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(inner)


def test_there_are_enough_of_them() -> None:
    assert len(set(HOSTILE)) == len(HOSTILE) >= 50


class TestSlack:
    @pytest.mark.parametrize("text", MESSAGES)
    def test_it_is_plain_text_without_markup(self, text: str, receiver: Receiver, make: Make) -> None:
        message = hostile_message(text)
        send(make("slack", receiver.port), message)
        found = posted(receiver)
        plain = [one["text"] for one in objects(found) if one.get("type") == "plain_text"]
        assert {one["emoji"] for one in objects(found) if one.get("type") == "plain_text"} == {False}
        shown = [entities_decoded(one) for one in plain]
        for expected in texts(message):
            assert any(shortened(expected, one) for one in shown), expected
        everything = json.dumps(found, ensure_ascii=False)
        assert "<" not in everything
        assert ">" not in everything
        assert re.sub("&(amp|lt|gt);", "", everything.replace(LINK, "")).count("&") == 0

    @pytest.mark.parametrize("text", MESSAGES)
    def test_nothing_is_formatted_and_the_only_link_is_ours(
        self, text: str, receiver: Receiver, make: Make
    ) -> None:
        send(make("slack", receiver.port), hostile_message(text))
        found = posted(receiver)
        assert [one for one in objects(found) if one.get("type") in ("mrkdwn", "markdown", "rich_text")] == []
        assert {one["url"] for one in objects(found) if "url" in one} == {LINK}


class Page(HTMLParser):
    """What a browser would make of it."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.comments: list[str] = []
        self.text = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [str(value) for name, value in attrs if name in ("href", "src")]
        if tag == "br":
            self.text += "\n"

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


class TestMail:
    @pytest.mark.parametrize("text", MESSAGES)
    def test_headers_are_ours_alone(self, text: str, mailbox: Mailbox, make: Make) -> None:
        message = hostile_message(text)
        send(make("email", mailbox.port), message)
        mail = mailbox.mails[-1]
        ours = [
            *("From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "MIME-Version"),
            *("Auto-Submitted", "X-Auto-Response-Suppress", "Content-Type", "X-Cascadewatch-Message"),
            *(f"X-Cascadewatch-{name}" for name in ("Kind", "Episode", "Status", "Severity")),
            *(f"X-Cascadewatch-{name}" for name in ("Rule", "Cascade", "Route")),
            *("X-Peer", "X-MailFrom", "X-RcptTo"),  # the receiver's own
        ]
        assert set(mail.keys()) <= set(ours)
        assert len(mail.keys()) == len(set(mail.keys())), "each of them once"
        assert same(mail["Subject"], cleaned(message).subject)
        assert mailbox.envelopes[-1].rcpt_tos == ["team@example.com", "boss@example.com"]

    @pytest.mark.parametrize("text", MESSAGES)
    def test_the_text_part_has_it_as_it_is(self, text: str, mailbox: Mailbox, make: Make) -> None:
        message = hostile_message(text)
        send(make("email", mailbox.port), message)
        body = mailbox.mails[-1].get_body(("plain",))
        assert body is not None
        for expected in texts(message)[1:]:
            assert same(body.get_content(), expected, inside=True), expected

    @pytest.mark.parametrize("text", MESSAGES)
    def test_the_html_part_gets_no_tag_and_no_link(self, text: str, mailbox: Mailbox, make: Make) -> None:
        message = hostile_message(text)
        send(make("email", mailbox.port), MESSAGE)
        usual = page(mailbox)
        send(make("email", mailbox.port), message)
        found = page(mailbox)
        for expected in texts(message):
            assert same(found.text, expected, inside=True), expected
        assert found.tags <= usual.tags | {"br", "h2"}
        assert found.attributes == usual.attributes
        assert set(found.links) == {LINK}
        assert found.comments == []


class TestJson:
    @pytest.mark.parametrize("text", MESSAGES)
    def test_a_webhook_gets_it_to_the_letter(self, text: str, receiver: Receiver, make: Make) -> None:
        message = hostile_message(text)
        send(make("webhook", receiver.port), message)
        found = posted(receiver)
        item = found["items"][0]
        assert (item["rule"], item["cascade"], item["route"]) == (text, text, text)
        assert (found["subject"], found["lines"]) == (f"{text} rose", [text])
        assert item["facts"][0] == {"label": "What moved", "text": text}

    @pytest.mark.parametrize("text", MESSAGES)
    def test_alertmanager_gets_it_as_labels(self, text: str, receiver: Receiver, make: Make) -> None:
        message = hostile_message(text)
        send(make("alertmanager", receiver.port), message)
        (alert,) = posted(receiver)
        item = cleaned(message).items[0]
        assert (alert["labels"]["rule"], alert["labels"]["route"]) == (item.rule, item.route)
        assert alert["annotations"]["summary"] == item.title
        assert set(alert["labels"]) == {
            *("alertname", "cascade", "episode", "route", "rule", "severity", "source")
        }

    @pytest.mark.parametrize("text", MESSAGES)
    def test_apprise_passes_it_on(self, text: str, receiver: Receiver, make: Make) -> None:
        message = hostile_message(text)
        send(make("apprise", receiver.port), message)
        found = posted(receiver)
        assert same(found["title"], cleaned(message).subject)
        for expected in texts(message)[1:]:
            assert same(found["message"], expected, inside=True), expected


def test_a_name_with_nothing_in_it(receiver: Receiver, mailbox: Mailbox, make: Make) -> None:
    for kind in ("slack", "webhook", "alertmanager", "apprise"):
        send(make(kind, receiver.port), hostile_message(""))
    send(make("email", mailbox.port), hostile_message(""))
    assert ITEM.title in MESSAGE.subject


def page(mailbox: Mailbox) -> Page:
    body = mailbox.mails[-1].get_body(("html",))
    assert body is not None
    return Page(body.get_content())


def entities_decoded(text: str) -> str:
    """As Slack does, once."""
    return re.sub("&(amp|lt|gt);", lambda found: {"amp": "&", "lt": "<", "gt": ">"}[found[1]], text)


def shortened(expected: str, shown: str) -> bool:
    """A header holds 150 characters, and blanks at the ends are not kept."""
    return shown == expected.strip() or (shown.endswith("…") and expected.startswith(shown[:-1]))


def same(shown: str, expected: str, inside: bool = False) -> bool:
    """But for the blanks of line breaks, which mail programs fold as they like."""
    shown, expected = " ".join(shown.split()), " ".join(expected.split())
    return expected in shown if inside else shown == expected
