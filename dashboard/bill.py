"""The bill of a cascade in words and rows. Pure."""

from cascadewatch.metrics import compute
from cascadewatch.metrics.breakeven import Economics, economics, undefined_reason
from cascadewatch.metrics.cost import cost
from cascadewatch.metrics.counterfactual import NANO
from cascadewatch.metrics.coverage import is_priced, total_nano
from cascadewatch.metrics.measures import PARTS
from cascadewatch.metrics.planning import Plan
from cascadewatch.metrics.window import Metric, Window
from dashboard import text
from dashboard.formats import count, dollar_reach, dollars, dollars_exact, percent, points

Row = dict[str, object]
SHOWN = (
    "cost_usd",
    "flagship_only_cost_usd",
    "savings_usd",
    "savings_share",
    "blended_cost_usd",
    "cost_per_completed_usd",
    "price_coverage",
    "wasted_escalation_usd",
    "verifier_overhead",
    "verifier_overhead.latency",
)


def sentence(metrics: dict[str, Metric], range_name: str) -> str:
    """What was paid, what the flagship alone would have cost, and the difference."""
    paid, alone, saved = (metrics[k] for k in ("cost_usd", "flagship_only_cost_usd", "savings_usd"))
    if paid.value is None:
        return text.COST_UNKNOWN.format(reason=paid.reason)
    first = f"{range_name}: {dollars(paid.value)} paid."
    if alone.value is None or saved.value is None:
        return f"{first} What the flagship alone would have cost is unknown: {alone.reason}."
    share = metrics["savings_share"].value
    part = "" if share is None else f" ({percent(abs(share), 0)})"
    between = dollar_reach(saved.low, saved.high)
    reach = f", between {between} depending on the method" if between else ""
    verb = "saved" if saved.value >= 0 else "lost"
    if alone.n == paid.n:
        same = "the same events"
    else:  # else the three sums would not add up
        theirs = dollars(alone.value - saved.value)
        same = f"the {count(alone.n)} of {count(paid.n)} events that can be compared, which cost {theirs}"
    return (
        f"{first} The flagship alone would have cost {dollars(alone.value)} for {same}:"
        f" {dollars(abs(saved.value))}{part} {verb}{reach}."
    )


def parts(window: Window) -> list[Row]:
    """The bill, split without rest: one row per part and the total, exact to the nano-dollar; None where
    nothing has a price."""
    total, known = total_nano(window.counts), is_priced(window)
    rows: list[Row] = [
        _part(text.PARTS[part], text.PART_MEANINGS[part], window.counts[f"cost_{part}"], total, known)
        for part in PARTS
    ]
    return [*rows, _part(text.TOTAL, "", total, total, known)]


def _part(name: str, meaning: str, nano: int, total: int, known: bool) -> Row:
    return {
        text.PART: name,
        text.COST: nano / NANO if known else None,
        text.SHARE_OF_BILL: 100 * nano / total if total else None,
        text.WHAT_IT_IS: meaning,
    }


def by_tier(window: Window) -> list[Row]:
    """Cost per tier, model and verifier, in the cascade's order; money in USD."""
    order = {name: i for i, name in enumerate(window.order.names)}
    rows = sorted(window.tiers, key=lambda t: (order.get(t.tier, len(order)), -t.counts["cost"], t.model))
    return [
        {
            text.TIER: t.tier,
            text.MODEL: t.model or None,
            text.VERIFIER: t.verifier or None,
            text.ATTEMPTS: t.counts["attempts"],
            text.COST: t.counts["cost"] / NANO if t.counts["priced"] or not t.counts["priceable"] else None,
            text.PER_ATTEMPT: t.counts["cost"] / t.counts["priced"] / NANO if t.counts["priced"] else None,
            text.VERIFIER_COST: t.counts["verify_cost"] / NANO if t.counts["verify_priced"] else None,
        }
        for t in rows
    ]


def unpriced(window: Window) -> list[Row]:
    """Models and verifiers of which some attempts or verdicts have no price, the most first."""
    rows: list[Row] = []
    for t in window.tiers:
        for kind, name, prefix in ((text.MODEL, t.model, ""), (text.VERIFIER, t.verifier, "verify_")):
            missing = t.counts[f"{prefix}priceable"] - t.counts[f"{prefix}priced"]
            if missing:
                rows.append(
                    {
                        text.TIER: t.tier,
                        text.KIND: kind,
                        text.NAME: name or text.UNNAMED,
                        text.UNPRICED: missing,
                        text.OTHERS_PRICED: t.counts[f"{prefix}priced"],
                    }
                )
    return sorted(rows, key=lambda row: -int(str(row[text.UNPRICED])))


def break_even(window: Window) -> list[str]:
    """The break-even explained step by step with the measured terms; or why there is none."""
    terms = economics(window)
    if terms is None:
        return [f"No break-even yet: {undefined_reason(window)}."]
    return [
        f"Every judged event pays {_usd(terms.c)}: the cheap tier and its verdict (c).",
        f"An escalated one pays {_usd(terms.E)} more for everything after (E)"
        + (
            ", assumed to be what the flagship costs: fewer than 30 escalations seen."
            if terms.assumed
            else "."
        ),
        f"The flagship alone would cost {_usd(terms.F)} an event (F).",
        _conclusion(terms),
    ]


def _conclusion(terms: Economics) -> str:
    formula = f"(F − c) / E = {percent(terms.break_even, 0)}"
    if terms.break_even > 1:
        return f"Break-even {formula}: above 100 %, so the cascade pays even if everything escalates."
    if terms.break_even < 0:
        return f"Break-even {formula}: below zero, so the cascade does not pay at any escalation rate."
    far = points(abs(terms.headroom), 0, signed=False)
    state = f"{far} of headroom" if terms.headroom >= 0 else f"{far} too many"
    return f"So it pays while fewer than {formula} escalate. Now {percent(terms.e, 0)} do: {state}."


def _usd(value: float) -> str:
    """Costs of one event are often far below a cent."""
    return dollars(value) if abs(value) < 1 else dollars_exact(value)


def plan(window: Window, days: float) -> Plan | None:
    """The planning calculator's inputs as measured; None where there is no break-even."""
    terms = economics(window)
    if terms is None:
        return None
    verify = sum(t.counts["verify_cost"] for t in window.tiers if t.tier == window.order.cheap)
    verifier = min(terms.c, verify / max(1, window.counts["judged"]) / NANO)
    return Plan(
        cheap_usd=terms.c - verifier,
        verifier_usd=verifier,
        flagship_usd=terms.F,
        requests_per_day=round(window.counts["events"] / days),
        escalation_rate=terms.e,
    )


def across(rows: list[tuple[str, Window]]) -> list[Row]:
    """One row per cascade: what it costs and spares; money in USD."""
    out: list[Row] = []
    for name, window in rows:
        found = compute(
            window, ("cost_usd", "flagship_only_cost_usd", "savings_usd", "savings_share", "headroom")
        )
        share, room = found["savings_share"].value, found["headroom"].value
        out.append(
            {
                text.CASCADE: name,
                text.COST: found["cost_usd"].value,
                text.FLAGSHIP_ONLY: found["flagship_only_cost_usd"].value,
                text.SAVINGS: found["savings_usd"].value,
                text.SHARE_SAVED: None if share is None else 100 * share,
                text.HEADROOM: None if room is None else 100 * room,
            }
        )
    return out


def known_cost(window: Window) -> float | None:
    """Everything paid, in USD."""
    return cost(window).value
