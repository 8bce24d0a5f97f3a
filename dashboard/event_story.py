"""What one event means, in words. Pure.

`event` is what `data.event` answers; `story` contains names that somebody sent.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from dashboard import text
from dashboard.formats import dollars, dollars_exact, milliseconds

Row = dict[str, str]


def story(event: Mapping[str, Any]) -> str:
    """One or two sentences: which path, why, who answered, what it cost and how long it took."""
    facts = event["facts"]
    words = [_path(facts)]
    if facts["exhausted"]:
        words.append("The last answer was rejected too, and nothing stronger followed.")
    if facts["retries"]:
        n = facts["retries"]
        words.append("One attempt was a retry." if n == 1 else f"{n} attempts were retries.")
    if not facts["completed"]:
        words.append("It did not complete.")
    words.append(_price(event))
    return " ".join(words)


def _path(facts: Mapping[str, Any]) -> str:
    who = facts["served_tier"]
    answered = f"{who} answered" if who else "nothing answered"
    hops = f", {facts['escalations']} hops up" if facts["escalations"] > 1 else ""
    cause = text.CAUSE_NAMES.get(facts["cause"], facts["cause"])
    return {
        "accepted": f"Accepted: {answered} and the verifier let it pass.",
        "escalated": f"Escalated: the cheap answer was rejected{hops}; {answered}.",
        "fallback": f"Fallback: no verdict on the cheap tier ({cause}), so {answered}.",
        "routed": f"Routed: sent past the cheap tier; {answered}.",
        "cached": f"Cached: {answered} without asking a model.",
        "unverified": f"Unverified: {answered}, and no verdict let it pass.",
    }[facts["path"]]


def _price(event: Mapping[str, Any]) -> str:
    took = "" if event["latency_ms"] is None else f", {milliseconds(event['latency_ms'])} in all"
    total = event["cost_usd"]["total"]
    if total is None:
        return f"What it cost is not known: nothing of it has a price{took}."
    if not event["priced"]:
        return f"It cost {dollars(total)} or more: not every attempt has a price{took}."
    return f"It cost {dollars(total)}{took}."


def trace_link(template: str | None, event_id: str) -> str | None:
    """The event in the user's tracing tool; its id cannot leave its place in the address.

    >>> trace_link("https://traces.example.com/{id}?x=1", "a/../b?c#d")
    'https://traces.example.com/a%2F..%2Fb%3Fc%23d?x=1'
    """
    return None if template is None else template.replace("{id}", quote(event_id, safe=""))


def cost_rows(event: Mapping[str, Any]) -> list[Row]:
    """Every attempt and verdict with its cost and where the price came from, then the whole."""
    rows = []
    for number, a in enumerate(event["attempts"], 1):
        rows.append(_cost_row(f"{number}. {a['tier']}", a["model"], a["cost_usd"], a["price_source"]))
        v = a["verdict"]
        if v is not None and (v["cost_usd"] is not None or v["price_source"] is not None):
            name = v["verifier"] or v["mechanism"] or text.VERIFIER
            rows.append(_cost_row(f"{number}. {name}", v["model"], v["cost_usd"], v["price_source"]))
    whole = event["cost_usd"]["total"]
    return [*rows, _cost_row(text.WHOLE, None, whole, None)]


def _cost_row(what: str, model: str | None, usd: float | None, source: str | None) -> Row:
    digits = 2 if usd is None or usd >= 1 or usd == 0 else 6
    return {
        "what": what,
        "model": model or "",
        "cost": dollars_exact(usd, digits),
        "source": source or ("" if usd is not None else text.NO_PRICE),
    }
