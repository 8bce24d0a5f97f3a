"""The HTML twin of a mail. Every text is escaped; the only links are our own.

Styles are inline, since many mail programs drop everything else, and neither the ground nor the colour of
the text is set, so that each program's dark mode can do its work.
"""

from html import escape

from alerts.channels.colours import NEUTRAL, colour
from alerts.channels.text import context, more
from alerts.message import Item, Message

FONT = "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
SMALL = f"font-size:13px;line-height:18px;color:{NEUTRAL}"
ACCENT = "#0072B2"
HEAD = (
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width">'
    '<meta name="color-scheme" content="light dark">'
    '<meta name="supported-color-schemes" content="light dark">'
    "<style>:root{color-scheme:light dark}"
    "@media (prefers-color-scheme:dark){.small{color:#9AA4AF!important}}</style>"
)


def html(message: Message) -> str:
    """The whole page of a message whose texts are `cleaned`."""
    parts = [f'<h1 style="margin:0 0 20px;font-size:20px;line-height:27px">{escape(message.subject)}</h1>']
    parts += [_paragraph(line) for line in message.lines]
    parts += [_item(message, item) for item in message.items]
    if message.more:
        parts.append(_paragraph(more(message.more)))
    parts.append(_button(message.link))
    body = "\n".join(part for part in parts if part)
    return (
        f"{HEAD}<title>{escape(message.subject)}</title></head>\n"
        f'<body style="margin:0;padding:0;{FONT};font-size:16px;line-height:24px">'
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr>'
        '<td align="center" style="padding:28px 16px">'
        '<table role="presentation" width="600" cellpadding="0" cellspacing="0" border="0" '
        'style="width:100%;max-width:600px;text-align:left"><tr><td>\n'
        f"{body}\n</td></tr></table></td></tr></table></body></html>\n"
    )


def _item(message: Message, item: Item) -> str:
    title = ""
    if item.title != message.subject:
        words = _anchor(item.link, escape(item.title), "color:inherit") or escape(item.title)
        title = f'<h2 style="margin:0 0 12px;font-size:16px;line-height:24px">{words}</h2>'
    facts = "".join(_fact(label, text) for label, text in item.facts)
    return (
        f'<div style="border-left:4px solid {colour(item)};padding:2px 0 2px 18px;margin:0 0 24px">'
        f"{title}{facts}"
        f'<p class="small" style="margin:0;{SMALL}">{escape(context(item))}</p></div>'
    )


def _fact(label: str, text: str) -> str:
    name = f'<span class="small" style="display:block;{SMALL}">{escape(label)}</span>'
    return f'<p style="margin:0 0 14px">{name}{_escaped(text)}</p>'


def _button(link: str) -> str:
    words = _anchor(link, "Open in cascadewatch", "color:#ffffff;text-decoration:none;font-weight:600")
    if not words:
        return ""
    return (
        '<table role="presentation" cellpadding="0" cellspacing="0" border="0"><tr>'
        f'<td bgcolor="{ACCENT}" style="background:{ACCENT};border-radius:6px;padding:10px 20px">{words}</td>'
        "</tr></table>"
    )


def _anchor(link: str, words: str, style: str) -> str:
    """Words that lead there; nothing when it is no address of a page."""
    if not link.startswith(("http://", "https://")):
        return ""
    return f'<a href="{escape(link)}" style="{style}">{words}</a>'


def _paragraph(text: str) -> str:
    return f'<p style="margin:0 0 16px">{_escaped(text)}</p>'


def _escaped(text: str) -> str:
    return escape(text).replace("\n", "<br>")
