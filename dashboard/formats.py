"""Numbers, money, times and names as people read them. Pure.

Prose has at most three significant digits (`dollars`), tables are exact (`dollars_exact`). None is
shown as "–", never as 0.
"""

import re
from datetime import datetime
from math import floor, log10
from zoneinfo import ZoneInfo

UNKNOWN = "–"
NB = "\u00a0"  # between a number and its unit: a line must not break there
_JOINED = "\u2060"  # nor here, where no space is
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
_MARKDOWN = re.compile(r"([!-/:-@\[-`{-~])")  # every ASCII punctuation mark may be escaped
_PLAIN = re.compile(r"[A-Za-z0-9]+(?:[ _-][A-Za-z0-9]+)*")


def percent(share: float | None, digits: int = 1) -> str:
    """A share as a percentage.

    >>> percent(0.3014), percent(None)
    ('30.1\xa0%', '–')
    """
    return UNKNOWN if share is None else f"{_signless_zero(share * 100, digits):,.{digits}f}{NB}%"


def points(difference: float | None, digits: int = 1, signed: bool = True) -> str:
    """A difference of two shares, in percentage points.

    >>> points(0.061), points(-0.1, 0), points(0.26, 0, signed=False)
    ('+6.1\xa0pts', '−10\xa0pts', '26\xa0pts')
    """
    if difference is None:
        return UNKNOWN
    text = f"{abs(_signless_zero(difference * 100, digits)):,.{digits}f}{NB}pts"
    rounded = round(difference * 100, digits)
    return f"{_sign(rounded, signed)}{text}"


def span(low: float | None, high: float | None) -> str | None:
    """An interval of a share in whole percent; None where there is none.

    >>> span(0.281, 0.323)
    '28–32\xa0%'
    """
    if low is None or high is None:
        return None
    wide = high - low >= 0.02
    return f"{low * 100:.0f}–{high * 100:.0f}{NB}%" if wide else f"{low * 100:.1f}–{high * 100:.1f}{NB}%"


def span_words(low: float | None, high: float | None) -> str:
    """An interval of a share in brackets behind its value; nothing where there is none.

    >>> span_words(0.281, 0.323), span_words(None, 0.3)
    (' (28–32)', '')
    """
    return "" if low is None or high is None else f" ({low * 100:.0f}–{high * 100:.0f})"


def dollars(usd: float | None, signed: bool = False) -> str:
    """Money for prose: thousands, and three significant digits at most.

    >>> dollars(628.4), dollars(1234567), dollars(0.00031), dollars(-12.345), dollars(146, signed=True)
    ('$628', '$1,230,000', '$0.00031', '−$12.30', '+$146')
    """
    if usd is None:
        return UNKNOWN
    return f"{_sign(usd, signed)}${_significant(abs(usd))}"


def dollars_exact(usd: float | None, digits: int = 2) -> str:
    """Money for tables.

    >>> dollars_exact(1234.5), dollars_exact(-0.5)
    ('$1,234.50', '−$0.50')
    """
    return UNKNOWN if usd is None else f"{_sign(usd, False)}${abs(usd):,.{digits}f}"


def dollar_span(low: float | None, high: float | None) -> str | None:
    """A range of money for prose; None where there is none.

    >>> dollar_span(480, 690)
    '$480–690'
    """
    if low is None or high is None:
        return None
    if low < 0 or high < 0:
        return f"{dollars(low)} to {dollars(high)}"
    return f"{dollars(low)}–{_significant(high)}"


def dollar_reach(low: float | None, high: float | None) -> str | None:
    """A range of money whose ends may be one: None where they read the same.

    >>> dollar_reach(480, 690), dollar_reach(2.551, 2.554)
    ('$480–690', None)
    """
    return None if dollars(low) == dollars(high) else dollar_span(low, high)


def count(n: float | None) -> str:
    """A whole number with thousands.

    >>> count(41200)
    '41,200'
    """
    return UNKNOWN if n is None else f"{n:,.0f}"


def ratio(value: float | None) -> str:
    """A ratio such as a burn rate.

    >>> ratio(1.23456)
    '1.23'
    """
    return UNKNOWN if value is None else f"{value:,.2f}"


def milliseconds(value: float | None) -> str:
    """A latency.

    >>> milliseconds(412.3), milliseconds(1840), milliseconds(125_000)
    ('412\xa0ms', '1.84\xa0s', '2.1\xa0min')
    """
    if value is None:
        return UNKNOWN
    if value < 1000:
        return f"{value:.0f}{NB}ms"
    return f"{value / 1000:.3g}{NB}s" if value < 100_000 else f"{value / MINUTE:.1f}{NB}min"


def unit_words(unit: str, value: float | None, digits: int = 1) -> str:
    """A value in the unit of a metric; small shares keep a decimal.

    >>> unit_words("share", 0.3614, 0), unit_words("share", 0.021, 0), unit_words("ratio", 1.125)
    ('36\xa0%', '2.1\xa0%', '1.12')
    """
    match unit:
        case "share":
            small = value is not None and 0 < abs(value) < 0.1
            return percent(value, max(1, digits) if small else digits)
        case "usd":
            return dollars(value)
        case "ms":
            return milliseconds(value)
        case "count":
            return count(value)
    return ratio(value)


def duration(millis: int) -> str:
    """A length of time in its largest fitting unit.

    >>> duration(6 * 3_600_000), duration(9 * 86_400_000), duration(30_000), duration(86_400_000)
    ('6\xa0h', '9\xa0days', 'less than a minute', '24\xa0h')
    """
    if millis < MINUTE:
        return "less than a minute"
    if millis < HOUR:
        return f"{millis // MINUTE}{NB}min"
    return f"{millis // HOUR}{NB}h" if millis < 2 * DAY else f"{millis // DAY}{NB}days"


def ago(then: int | None, now: int) -> str:
    """How long ago a moment (epoch ms) was.

    >>> ago(0, 6 * 3_600_000), ago(None, 0), ago(5, 5)
    ('6\xa0h ago', 'never', 'just now')
    """
    if then is None:
        return "never"
    return "just now" if now - then < MINUTE else f"{duration(now - then)} ago"


def local(millis: int, zone: str) -> datetime:
    """A moment as a naive datetime on the wall clock of a zone: what charts and tables plot."""
    return datetime.fromtimestamp(millis / 1000, ZoneInfo(zone)).replace(tzinfo=None)


def moment(millis: int | None, zone: str) -> str:
    """Day and minute in a zone.

    >>> moment(1_795_262_400_000, "Europe/Berlin")
    'Sat 21 Nov, 13:00'
    """
    return UNKNOWN if millis is None else f"{local(millis, zone):%a %-d %b, %H:%M}"


def days(start: int, end: int, zone: str) -> str:
    """A range of days; `end` is no longer in it.

    >>> days(1_795_262_400_000, 1_795_262_400_000 + 7 * DAY, "UTC")
    '21–28 Nov'
    """
    first, last = local(start, zone), local(end - 1, zone)
    same = (first.year, first.month) == (last.year, last.month)
    return f"{first:%-d}–{last:%-d %b}" if same else f"{first:%-d %b} – {last:%-d %b}"


def when(millis: int, now: int, zone: str) -> str:
    """A moment as people say it: the time today, the weekday within six days, else the date.

    >>> when(1_795_262_400_000, 1_795_262_460_000, "UTC"), when(1_795_262_400_000, 1_795_500_000_000, "UTC")
    ('12:00', 'Sat 12:00')
    >>> when(1_795_262_400_000, 1_797_000_000_000, "UTC")
    '21 Nov, 12:00'
    """
    then, today = local(millis, zone), local(now, zone)
    if then.date() == today.date():
        return f"{then:%H:%M}"
    return f"{then:%a %H:%M}" if abs(now - millis) < 6 * DAY else f"{then:%-d %b, %H:%M}"


def quoted(words: str) -> str:
    """Plain text whose `code` stands in quotation marks: what is shown here reads no markup.

    >>> quoted("Rejects with reason `format`, and one ` more")
    'Rejects with reason “format”, and one ` more'
    """
    return re.sub("`([^`]+)`", r"“\1”", words)


def escaped(words: str) -> str:
    r"""Our own words where Streamlit reads Markdown: `$5 … $6` would become a formula.

    Words of others never go there: they are shown by `st.text`, `st.code` or a table's cells. No line
    ends between a minus and its dollar.

    >>> escaped("$480–690")
    '\\$480–690'
    """
    return _MARKDOWN.sub(r"\\\1", words).replace("−\\$", f"−{_JOINED}\\$")


def is_plain(name: str) -> bool:
    """Whether somebody else's name is made of letters, digits and single separators alone, so that no
    syntax can hide in it and a heading may show it.

    >>> is_plain("support-v2"), is_plain("![](//x)"), is_plain("www.example.org")
    (True, False, False)
    """
    return _PLAIN.fullmatch(name) is not None


def _significant(value: float, digits: int = 3) -> str:
    if value == 0:
        return "0"
    places = digits - 1 - floor(log10(value))
    rounded = round(value, places)
    if 1 <= rounded < 100:
        return f"{rounded:.2f}"  # dollars and cents, as on every bill
    text = f"{rounded:,.{max(0, places)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _sign(value: float, plus: bool) -> str:
    return "−" if value < 0 else "+" if plus and value > 0 else ""


def _signless_zero(value: float, digits: int) -> float:
    """-0.04 is shown as 0.0, not as -0.0."""
    return 0.0 if round(value, digits) == 0 else value
