"""The threshold sweep in words: what another threshold would cost and bring. Pure."""

from dashboard import text_replays as text
from dashboard.formats import dollars, percent, points, span_words
from dashboard.sweep_points import Spot, Sweep, Unit


def threshold(value: float | None) -> str:
    """A threshold as people write it.

    >>> threshold(0.3333), threshold(0.5), threshold(1.0)
    ('0.33', '0.5', '1')
    """
    return text.ESCALATE_ALL if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


def cost(unit: Unit, x: float) -> str:
    """What it costs.

    >>> cost("day", 12.3), cost("escalation", 0.3)
    ('$12.30 a day', '30.0\\xa0% escalate')
    """
    if unit == "escalation":
        return text.ESCALATES.format(share=percent(x))
    return text.COSTS[unit].format(usd=dollars(x))


def difference(unit: Unit, spot: Spot) -> str:
    """What changing to it would do: "−$212/day, −0.4 pts quality (−1.1 … +0.3)"; "" if that is unknown."""
    if spot.more is None or spot.better is None:
        return ""
    paid = points(spot.more) if unit == "escalation" else dollars(spot.more, signed=True)
    reach = ""
    if spot.better_low is not None and spot.better_high is not None:
        reach = f" ({signed(spot.better_low)} … {signed(spot.better_high)})"
    return f"{paid}{text.PER[unit]}, {points(spot.better)} {text.OF_QUALITY}{reach}"


def signed(share: float) -> str:
    """Percentage points without their unit.

    >>> signed(-0.0114), signed(0.003), signed(0)
    ('−1.1', '+0.3', '0.0')
    """
    rounded = round(share * 100, 1)
    return f"{'−' if rounded < 0 else '+' if rounded > 0 else ''}{abs(rounded):.1f}"


def hover(sweep: Sweep, spot: Spot) -> str:
    """What a point says: the price, the quality, and what changing to it would pay and lose."""
    name = (
        text.EVERYTHING_UP if spot.threshold is None else text.AT.format(threshold=threshold(spot.threshold))
    )
    lines = [
        f"<b>{name}</b>",
        f"{cost(sweep.unit, spot.x)}",
        f"{percent(spot.quality)} right{span_words(spot.low, spot.high)}",
    ]
    if sweep.unit != "escalation":
        lines.append(text.ESCALATES.format(share=percent(spot.escalation)))
    changed = difference(sweep.unit, spot)
    if changed and (spot.more or spot.better):
        lines.append(text.AGAINST_NOW.format(words=changed))
    return "<br>".join(lines)


def advice(sweep: Sweep) -> str:
    """One sentence for whoever pays the bill."""
    chosen, now = sweep.recommended, sweep.present
    if chosen is None:
        if sweep.bar is None:
            return text.NO_PRESENT if now is None else text.NOTHING_CHEAPER
        return text.NOTHING_MEETS.format(bar=percent(sweep.bar, 0))
    why = text.BECAUSE_BUDGET if sweep.bar is None else text.BECAUSE_BAR.format(bar=percent(sweep.bar, 0))
    if sweep.is_best:
        return text.STAY.format(threshold=threshold(chosen.threshold), why=why)
    what = difference(sweep.unit, chosen)
    if not what:
        what = f"{cost(sweep.unit, chosen.x)}, {percent(chosen.quality)} right"
    return text.CHANGE.format(threshold=threshold(chosen.threshold), why=why, what=what)


def proof(sweep: Sweep) -> str | None:
    """Whether the advice held on the half of the cases that did not choose it."""
    if sweep.held_out is None:
        return None
    value, low, high, n = sweep.held_out
    said = text.HELD if sweep.holds else text.DID_NOT_HOLD
    if sweep.holds and sweep.bar is not None and low < sweep.bar:
        said = text.HELD_UNSURE
    return said.format(value=percent(value), reach=span_words(low, high), n=f"{n:,}")
