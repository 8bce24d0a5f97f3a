"""Shares, times, money and names as sentences say them. Pure.

Plain text for every channel. Names from outside appear literally, except that what would break a line or
move the cursor is shown as a sign for itself.
"""

from datetime import datetime
from math import floor, log10
from zoneinfo import ZoneInfo

UNKNOWN = "–"
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
DUST = 1e-6  # points that are left of sums which cancel
_SOON = 6 * DAY  # within it the day of the week says which day is meant
_BREAKS = {0x2028: "\u2424", 0x2029: "\u2424", 0x7F: "\u2421"}
_CONTROLS = {code: chr(0x2400 + code) for code in range(0x20)} | _BREAKS
_CONTROLS |= dict.fromkeys(range(0x80, 0xA0), "\ufffd")


def shown(name: str) -> str:
    r"""A name on one line.

    >>> shown("faq"), shown("a\r\nBcc: b")
    ('faq', 'a␍␊Bcc: b')
    """
    return name.translate(_CONTROLS)


def percent(share: float | None, more: int = 0) -> str:
    """A share in whole percent, below 10 % with one decimal; with so many decimals more.

    >>> percent(0.364), percent(0.0042), percent(0), percent(None)
    ('36 %', '0.4 %', '0 %', '–')
    >>> percent(-0.12), percent(-0.042), percent(-0.0001), percent(0.947, more=1)
    ('−12 %', '−4.2 %', '0.0 %', '94.7 %')
    """
    return UNKNOWN if share is None else f"{_percent(share, share, more)} %"


def between(low: float | None, high: float | None, more: int = 0) -> str | None:
    """An interval of a share.

    >>> between(0.331, 0.394), between(0.011, 0.026), between(None, 0.1)
    ('33–39 %', '1.1–2.6 %', None)
    >>> between(-0.31, -0.12), between(-0.02, 0.04), between(0.9451, 0.9489, more=1)
    ('−31 to −12 %', '−2.0 to 4.0 %', '94.5–94.9 %')
    """
    if low is None or high is None:
        return None
    largest = max(abs(low), abs(high))
    ends = _percent(low, largest, more), _percent(high, largest, more)
    return f"{(' to ' if low < 0 else '–').join(ends)} %"


def points(difference: float) -> str:
    """The size of a difference of two shares, without its sign.

    >>> points(0.061), points(-0.0123), points(0.01), points(0.0004)
    ('6 points', '1.2 points', '1 point', '0.04 points')
    """
    number = _points(difference)
    return f"{number} {'point' if number == '1' else 'points'}"


def signed(difference: float) -> str:
    """A difference of two shares with its sign.

    >>> signed(0.061), signed(-0.0123), signed(0), signed(3e-17)
    ('+6 points', '−1.2 points', '0 points', '0 points')
    """
    said = points(difference)
    return said if said.startswith("0 ") else f"{'−' if difference < 0 else '+'}{said}"


def part_of(part: float, whole: float) -> str:
    """How much of a move something explains.

    >>> part_of(0.052, 0.061), part_of(0.08, 0.061), part_of(-0.01, 0.06)
    ('5 of the 6 points', 'all of it', 'none of it')
    """
    if not whole or part / whole <= 0:
        return "none of it"
    if part / whole >= 1 or _points(part) == _points(whole):
        return "all of it"
    return f"{_points(part)} of the {points(whole)}"


def count(n: float) -> str:
    """A whole number with thousands.

    >>> count(2410)
    '2,410'
    """
    return f"{n:,.0f}"


def amount(value: float, more: int = 0) -> str:
    """A number without a unit, with three significant digits and so many more.

    >>> amount(1.084), amount(20_000), amount(0.000012), amount(-3), amount(0), amount(1.0004, more=2)
    ('1.08', '20,000', '0.000012', '−3', '0', '1.0004')
    """
    size = abs(value)
    text = f"{size:.{3 + more}g}" if 0.001 <= size < 999.5 else _significant(size, 3 + more)
    return f"−{text}" if value < 0 else text


def dollars(usd: float, sign: bool = False, more: int = 0) -> str:
    """Money with three significant digits at most, and so many more.

    >>> dollars(146.3, sign=True), dollars(-1234567), dollars(0.00031), dollars(12.345), dollars(0)
    ('+$146', '−$1,230,000', '$0.00031', '$12.30', '$0')
    >>> dollars(146.3, more=1), dollars(12.345, more=1), dollars(12.345, more=2)
    ('$146.3', '$12.35', '$12.345')
    """
    mark = "−" if usd < 0 else "+" if sign and usd > 0 else ""
    return f"{mark}${_significant(abs(usd), 3 + more)}"


def dollar_span(low: float | None, high: float | None) -> str | None:
    """A range of money by its size: both ends below 0 are told as what was saved.

    >>> dollar_span(120, 170), dollar_span(-200, -160), dollar_span(-5, 20)
    ('$120–170', '$160–200', '−$5.00 to $20.00')
    """
    if low is None or high is None:
        return None
    if low < 0 < high:
        return f"{dollars(low)} to {dollars(high)}"
    small, large = sorted((abs(low), abs(high)))
    return f"${_significant(small)}–{_significant(large)}"


def duration(millis: float) -> str:
    """A length of time in its largest fitting unit.

    >>> duration(40_000), duration(720_000), duration(6.4 * HOUR), duration(9 * DAY)
    ('less than a minute', '12 min', '6 h', '9 days')
    """
    if millis < MINUTE:
        return "less than a minute"
    if millis < HOUR:
        return f"{millis / MINUTE:.0f} min"
    return f"{millis / HOUR:.0f} h" if millis < 2 * DAY else f"{millis / DAY:.0f} days"


def moment(millis: int, now: int, zone: str, dated: bool = False) -> str:
    """A moment as people write it: the weekday while that is enough, else (or where it is `dated`, for
    words that are kept) the date too.

    >>> moment(1_795_262_400_000, 1_795_300_000_000, "Europe/Berlin")
    'Sat 13:00'
    >>> moment(1_795_262_400_000, 1_797_262_400_000, "Europe/Berlin")
    'Sat 21 Nov 13:00'
    """
    local, today = (datetime.fromtimestamp(t / 1000, ZoneInfo(zone)) for t in (millis, now))
    if abs(now - millis) < _SOON and not dated:
        return f"{local:%a %H:%M}"
    year = "" if local.year == today.year else f" {local.year}"
    return f"{local:%a} {local.day} {local:%b}{year} {local:%H:%M}"


def listed(names: list[str]) -> str:
    """Several things in a sentence.

    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else "".join(names)


def _percent(share: float, largest: float, more: int) -> str:
    size = abs(share) * 100
    whole = abs(largest) >= 0.0995 or size == 0
    text = f"{size:.{more + (0 if whole else 1)}f}"
    return f"−{text}" if share < 0 and float(text) else text


def _points(difference: float) -> str:
    size = abs(difference) * 100
    if size >= 2.95 or size < DUST:
        return f"{size:.0f}"
    text = f"{size:.1f}" if size >= 0.05 else f"{size:.1g}"
    return text.removesuffix(".0")


def _significant(value: float, digits: int = 3) -> str:
    if value == 0:
        return "0"
    places = digits - 1 - floor(log10(value))
    rounded = round(value, places)
    if 1 <= rounded < 100:
        return f"{rounded:.{max(2, places)}f}"  # dollars and cents, as on every bill
    text = f"{rounded:,.{max(0, places)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
