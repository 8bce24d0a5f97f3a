"""The number an answer ends with."""

import re
from decimal import Decimal, InvalidOperation

_NUMBER = re.compile(r"[-+−]?(?:\d{1,3}(?:[,\u00a0\u202f]\d{3})+|\d+)?(?:\.\d+)?(?:[eE][-+]?\d{1,3})?")
LOOKED_AT = 100_000  # characters from the end


def last_number(text: str) -> Decimal | None:
    """The last number in a text, thousands separators and a trailing dot left out; None without one.

    >>> last_number("That makes 1,250.50 dollars."), last_number("It is -3e2"), last_number("none")
    (Decimal('1250.50'), Decimal('-3E+2'), None)
    """
    found = [match for match in _NUMBER.findall(text[-LOOKED_AT:]) if any(c.isdigit() for c in match)]
    for raw in reversed(found):
        try:
            return Decimal(raw.translate({ord(","): None, 0xA0: None, 0x202F: None, ord("−"): "-"}))
        except InvalidOperation:
            continue
    return None
