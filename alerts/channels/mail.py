"""A message as a mail: the same content as text and as HTML, and headers that mail programs understand."""

import re
from email.charset import QP, Charset
from email.header import Header
from email.message import Message as Mail
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.utils import formataddr, formatdate, parseaddr
from urllib.parse import urlsplit

from alerts.channels.error import ChannelError
from alerts.channels.mail_html import html
from alerts.channels.text import cleaned, one_line, plain
from alerts.message import Item, Message
from cascadewatch.settings.alerting import Email

NOT_IN_IDS = re.compile(r"[^A-Za-z0-9._-]+")
ADDRESS = re.compile(r"[^\s@<>(),:;\"\\\[\]]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
UTF_8 = Charset("utf-8")
UTF_8.body_encoding = QP  # short lines that every server takes, and readable in the source


def mail(channel: Email, message: Message) -> Mail:
    """The mail; ChannelError when the addresses of the channel are none.

    Its Message-ID is made from `Message.id`, so that a copy is known as one. What is said of an episode
    points to one thread, whose first mail is nobody's: no mail of an episode is sure to be the first.
    """
    message = cleaned(message)
    sender = _address("from", channel.sender)
    domain = sender[1].rpartition("@")[2]
    found = MIMEMultipart("alternative")
    found["From"] = formataddr(sender)
    found["To"] = ", ".join(formataddr(_address("to", text)) for text in channel.to)
    found["Date"] = formatdate()
    found["Message-ID"] = f"<{NOT_IN_IDS.sub('-', message.id)}@{domain}>"
    if threads := [_thread(item, domain) for item in message.items if item.episode]:
        found["In-Reply-To"] = threads[0]
        found["References"] = " ".join(threads)
    for name, text in {"Subject": message.subject, **_marks(message)}.items():
        found[name] = _header(name, text)
    found.attach(_part("plain", plain(message)))
    found.attach(_part("html", html(message)))
    return found


def envelope(channel: Email) -> tuple[str, list[str]]:
    """The bare addresses of the sender and of the recipients."""
    return _address("from", channel.sender)[1], [_address("to", text)[1] for text in channel.to]


def _part(subtype: str, text: str) -> MIMENonMultipart:
    part = MIMENonMultipart("text", subtype)
    part.set_payload(text, UTF_8)
    return part


def _address(key: str, text: str) -> tuple[str, str]:
    """Name (or "") and address of "cascadewatch <alerts@example.com>"."""
    name, address = parseaddr(text)
    bare = text == address or text.endswith(f"<{address}>")  # else something was left out of it
    if not (bare and ADDRESS.fullmatch(address) and address.isascii() and text.isprintable()):
        raise ChannelError(
            f'`{key}` of this channel holds "{one_line(text)}", which is no mail address; write one such as '
            '"alerts@example.com".',
            permanent=True,
        )
    return name, address


def _header(name: str, text: str) -> str:
    """The text on one line, encoded where it would not arrive as it is.

    What looks encoded already is encoded once more, else a name could smuggle in whatever it decodes to.
    """
    text = one_line(text)
    harmless = text.isascii() and "=?" not in text and all(len(word) < 60 for word in text.split())
    return text if harmless else Header(text, "utf-8", header_name=name).encode(linesep="")


def _thread(item: Item, domain: str) -> str:
    # Two installations may send from one address; their pages differ.
    place = NOT_IN_IDS.sub("-", urlsplit(item.link).netloc) or "cascadewatch"
    return f"<episode-{item.episode}.{place}@{domain}>"


def _marks(message: Message) -> dict[str, str]:
    """Headers for filters, and those that keep "out of office" from answering."""
    about: dict[str, list[str]] = {
        "Episode": [str(item.episode) for item in message.items],
        "Status": [item.status for item in message.items],
        "Severity": [item.severity for item in message.items],
        "Rule": [item.rule for item in message.items],
        "Cascade": [item.cascade for item in message.items],
        "Route": [item.route for item in message.items],
    }
    joined = {name: ", ".join(dict.fromkeys(filter(None, values))) for name, values in about.items()}
    return {
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "X-Cascadewatch-Message": message.id,
        "X-Cascadewatch-Kind": message.kind,
        **{f"X-Cascadewatch-{name}": text for name, text in joined.items() if text},
    }
