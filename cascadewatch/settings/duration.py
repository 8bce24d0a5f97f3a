"""Lengths of time as people write them."""

import re

UNIT_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
LONGEST_MS = 100 * 366 * UNIT_MS["d"]

_PATTERN = re.compile(r"([0-9]{1,9})([smhdw])", re.ASCII)


def parse_duration(text: str) -> int:
    """Milliseconds of a length such as "90s", "15m", "24h", "7d" or "2w"; more than nothing.

    ValueError, with a sentence that fits after the name of the setting, for anything else.
    """
    match = _PATTERN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f'is "{text}"; write a number and s, m, h, d or w, such as "7d"')
    milliseconds = int(match[1]) * UNIT_MS[match[2]]
    if not 0 < milliseconds <= LONGEST_MS:
        raise ValueError(f'is "{text}"; it must be more than nothing and at most 100 years')
    return milliseconds
