"""What the same requests would have cost at the flagship alone.

An event's flagship-only cost is the model cost of its real flagship attempt where one happened, else
the flagship's price on the tokens of the cheap tier times the token ratios, else the cascade's mean
real flagship cost. Never with the verifier. The store sums the three kinds; the ratios come in here.
"""

from collections.abc import Mapping

from cascadewatch.metrics.coverage import NO_PRICE, coverage_note, is_priced, withheld
from cascadewatch.metrics.escalation import ONE_TIER
from cascadewatch.metrics.spec import MetricSpec
from cascadewatch.metrics.window import Counts, Metric, TokenRatios, Window

NANO = 1_000_000_000
MIN_PAIRS = 30
# What a cache read costs as a share of the input price where it is cheapest, so that the range errs
# towards a cheap flagship.
CACHED_INPUT_PRICE = 0.1
NOT_COMPARABLE = "no event is fully priced, not cached and has a flagship-only figure"
NO_MEAN = "some events lack tokens or a price, and no real flagship call has set a mean cost yet"


def route_ratios(route: str, per_route: Mapping[str, Counts]) -> TokenRatios:
    """Token ratios of one route: its own from 30 pairs on, else the cascade's, else 1.

    `per_route` holds the event sums of every route of the cascade. `pairs` is the number the ratios
    were learned from, or, where they are assumed, the number there is.
    """
    own, pooled = per_route[route]["pairs"], sum(c["pairs"] for c in per_route.values())
    if own >= MIN_PAIRS:
        return _learned([per_route[route]], "route", own)
    if pooled >= MIN_PAIRS:
        return _learned(list(per_route.values()), "cascade", pooled)
    return TokenRatios(pairs=pooled)


def token_ratios(per_route: Mapping[str, Counts]) -> TokenRatios:
    """Token ratios of a whole cascade, such that its routes' flagship-only figures add up to its own.

    The routes' ratios, weighted by the counterfactual cost they apply to. `basis` is the best of the
    routes' bases.
    """
    routes = [(counts, route_ratios(route, per_route)) for route, counts in per_route.items()]
    pairs = sum(counts["pairs"] for counts in per_route.values())
    pooled = _learned(list(per_route.values()), "cascade", pairs) if pairs >= MIN_PAIRS else TokenRatios()
    bases = {ratios.basis for _, ratios in routes}
    return TokenRatios(
        input=_weighted([(c["counterfactual_input"], r.input) for c, r in routes], pooled.input),
        output=_weighted([(c["counterfactual_output"], r.output) for c, r in routes], pooled.output),
        basis=next((basis for basis in ("route", "cascade") if basis in bases), "assumed"),
        pairs=pairs,
        even_input=_weighted([(c["even_counterfactual_input"], r.input) for c, r in routes], pooled.input),
        even_output=_weighted(
            [(c["even_counterfactual_output"], r.output) for c, r in routes], pooled.output
        ),
    )


def flagship_only(
    counts: Counts, ratios: TokenRatios, flagship_mean: float | None, cached: float = 0.0
) -> float:
    """Flagship-only cost of the comparable events in nano-dollars.

    `cached` is the share of input tokens a prompt cache would have served, at a tenth of the price.
    """
    given = counts["counterfactual_input"] * ratios.input * (1 - cached * (1 - CACHED_INPUT_PRICE))
    written = counts["counterfactual_output"] * ratios.output
    averaged = counts["averaged"] * (flagship_mean or 0)
    return counts["real_cost"] + given + written + averaged


def even_flagship_only(counts: Counts, ratios: TokenRatios, flagship_mean: float | None) -> float:
    """Flagship-only cost of the judged, fully priced events in nano-dollars."""
    given = counts["even_counterfactual_input"] * ratios.even_input
    written = counts["even_counterfactual_output"] * ratios.even_output
    averaged = counts["even_averaged"] * (flagship_mean or 0)
    return counts["even_real_cost"] + given + written + averaged


def undefined_reason(window: Window) -> str | None:
    """Why this window has no flagship-only figure; None where it has one."""
    if window.order.flagship is None:
        return ONE_TIER
    if window.counts["comparable"] == 0:
        return NOT_COMPARABLE if is_priced(window) else NO_PRICE
    if window.counts["averaged"] and window.flagship_mean is None:
        return NO_MEAN
    return None


def flagship_only_cost(window: Window) -> Metric:
    """Cost of the comparable events at the flagship alone, in USD; n is their number.

    `low` and `high` are the range of methods, not a sampling interval: token ratios 1 or measured, and
    prompt-cache share 0 or the one measured on the busiest tier (cached input at a tenth of the input
    price, on the worked-out part only, since real calls are billed with their cache). `value` takes the
    measured ratios and no cache. No range where less than 95 % of attempts have a price.
    """
    reason = undefined_reason(window)
    n = window.counts["comparable"]
    if reason:
        return Metric(None, n, unit="usd", reason=reason)
    value, *others = (
        flagship_only(window.counts, ratios, window.flagship_mean, cached) / NANO
        for ratios in (window.ratios, TokenRatios())
        for cached in (0.0, window.cache_share or 0.0)
    )
    low, high = (None, None) if withheld(window) else (min(value, *others), max(value, *others))
    return Metric(value, n, low, high, "usd", _method(window))


def _method(window: Window) -> str | None:
    """What a reader should know of how the figure came about."""
    counts, ratios = window.counts, window.ratios
    notes = [coverage_note(counts["priced"], counts["priceable"])]
    if counts["counterfactual"] and ratios.basis == "assumed":
        notes.append(f"token ratios assumed to be 1: {ratios.pairs} of {MIN_PAIRS} pairs seen")
    if counts["averaged"]:
        notes.append(f"{counts['averaged']} of {counts['comparable']} events at the flagship's mean cost")
    return "; ".join(filter(None, notes)) or None


def _learned(group: list[Counts], basis: str, pairs: int) -> TokenRatios:
    given = _ratio(group, "pair_flagship_input", "pair_cheap_input")
    written = _ratio(group, "pair_flagship_output", "pair_cheap_output")
    return TokenRatios(given, written, basis, pairs, given, written)


def _ratio(group: list[Counts], top: str, bottom: str) -> float:
    """1 where the cheap tier had no tokens of this kind: there is nothing to multiply."""
    cheap = sum(counts[bottom] for counts in group)
    return sum(counts[top] for counts in group) / cheap if cheap else 1.0


def _weighted(parts: list[tuple[int, float]], otherwise: float) -> float:
    total = sum(weight for weight, _ in parts)
    return sum(weight * ratio for weight, ratio in parts) / total if total else otherwise


SPECS = (
    MetricSpec(
        key="flagship_only_cost_usd",
        title="Flagship-only cost",
        unit="usd",
        bad="none",
        definition="What the same comparable events would have cost at the flagship, without a verifier.",
        formula=(
            "real flagship cost + flagship price on the cheap tier's tokens × token ratios"
            " + events without tokens × mean real flagship cost; low and high: range of methods"
        ),
        undefined="only one model tier seen so far, no comparable event, or no mean where one is needed",
        function=flagship_only_cost,
    ),
)
