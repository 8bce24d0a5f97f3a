"""How much of what costs money has a price, and what may be said of money when not all has.

Costs are sums of what is known. Where nothing is known the sum is no cost of 0, but no cost at all.
"""

from math import floor

from cascadewatch.metrics.interval import proportion
from cascadewatch.metrics.measures import PARTS
from cascadewatch.metrics.window import Counts, Metric, Window

MIN_COVERAGE = 0.95
NO_PRICE = "nothing here has a price: add [[price]] entries or send cost_usd"


def price_coverage(window: Window) -> Metric:
    """Attempts and verdicts with a price / those that ought to have one."""
    return proportion(window.counts["priced"], window.counts["priceable"], "nothing ought to have a price")


def is_priced(window: Window) -> bool:
    """Whether the sum of its costs says anything: as of a single event, or because some of it has a price and
    its range is free.

    Event sums alone could not tell that: verdicts by a rule are free and so are calls that failed, and where
    only they are priced nothing is known of the answers.
    """
    return is_event_priced(window.counts) or (window.counts["priced"] > 0 and window.is_free)


def is_event_priced(counts: Counts) -> bool:
    """Whether the cost of one event says anything: all of it has a price, or something costs money."""
    return counts["priced"] == counts["priceable"] or total_nano(counts) > 0


def coverage_note(priced: int, priceable: int) -> str | None:
    """How much is priced, rounded down, so that 100 % is never claimed in vain; None when all is.

    >>> coverage_note(9_999, 10_000)
    '99.9 % of attempts priced'
    """
    if priced >= priceable:
        return None
    return f"{floor(priced * 1000 / priceable) / 10} % of attempts priced"


def withheld(window: Window) -> str | None:
    """Why ratios of money are not shown: less than 95 % of attempts have a price."""
    priced, priceable = window.counts["priced"], window.counts["priceable"]
    if priced >= MIN_COVERAGE * priceable:
        return None
    return f"withheld: {coverage_note(priced, priceable)}, 95 % needed"


def total_nano(counts: Counts) -> int:
    """All six parts of the known cost, in nano-dollars."""
    return sum(counts[f"cost_{part}"] for part in PARTS)
