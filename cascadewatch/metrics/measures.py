"""The whole numbers kept per bucket; every metric is a function of their sums.

The store builds its rollup columns from these tuples, the writer adds to them, the metrics read
them: a name exists once, here. Money is in nano-dollars. Sums are exact because they are integers.
"""

from math import floor, log10

PARTS = ("cheap", "verify", "escalated", "fallback", "routed", "other")

EVENT_MEASURES: tuple[str, ...] = (
    "events",
    "completed",
    "judged",
    "escalated",
    "double_escalated",
    "escalations",  # hops; may pass `judged`
    "exhausted",
    "fallbacks",
    "fallback_error",
    "fallback_timeout",
    "fallback_refused",
    "fallback_rate_limited",
    "fallback_judge",
    "fallback_unknown",
    "cached",
    "routed",
    "accepted",
    "unverified",
    "cheap_accepted",  # judged, and the verdict was accept
    "retried",
    "flagship",  # events in which the flagship was tried
    *(f"cost_{part}" for part in PARTS),  # what is known; see priced / priceable
    "priceable",  # attempts and verdicts that ought to have a price
    "priced",
    # comparable events: fully priced, not cached, with a flagship-only figure
    "comparable",
    "comparable_cost",
    "real",  # ... of which the flagship was really asked
    "real_cost",  # what it cost, without verdicts
    "counterfactual",  # ... of which it is worked out from the cheap tier's tokens
    "counterfactual_input",  # flagship price on the cheap tier's input tokens, at ratio 1
    "counterfactual_output",
    "averaged",  # ... of which there are no tokens or no price: the mean real cost stands in
    # events with both a cheap and a flagship answer whose tokens are known
    "pairs",
    "pair_cheap_input",
    "pair_cheap_output",
    "pair_flagship_input",
    "pair_flagship_output",
    # judged and fully priced events: break-even
    "even",
    "even_cheap",  # cost of the cheap-tier attempts with their verdicts
    "even_escalated",
    "even_after",  # cost of everything after them in escalated events
    "even_real",
    "even_real_cost",
    "even_counterfactual",
    "even_counterfactual_input",
    "even_counterfactual_output",
    "even_averaged",
)

# What the intervals of money need of each hour: those of EVENT_MEASURES that costs, the flagship-only
# bill and break-even are made of.
HOURLY_MEASURES: tuple[str, ...] = (
    "events",
    "completed",
    *(f"cost_{part}" for part in PARTS),
    "comparable_cost",
    "real_cost",
    "counterfactual_input",
    "counterfactual_output",
    "averaged",
    "even",
    "even_cheap",
    "even_escalated",
    "even_after",
    "even_real_cost",
    "even_counterfactual_input",
    "even_counterfactual_output",
    "even_averaged",
)

# Those of ATTEMPT_MEASURES that count verdicts which failed.
FAILED_VERDICTS: tuple[str, ...] = ("judge_error", "judge_timeout", "judge_unparseable")

ATTEMPT_MEASURES: tuple[str, ...] = (
    "attempts",
    "reached",  # events that came to this tier
    "served",  # events whose answer came from here
    "ended",  # events whose last attempt was here
    "ok",
    "error",
    "timeout",
    "refused",
    "rate_limited",
    "cost",
    "priceable",
    "priced",
    "tokens_known",  # attempts whose input and output counts are known
    "input",
    "cache_read",
    "cache_write",
    "output",
    "reasoning",
    "cache_known",  # attempts that reported cached tokens at all, zero included
    "cache_known_prompt",  # all input tokens of those
    "latency_known",
    "latency_us",
    "accept",
    "reject",
    *FAILED_VERDICTS,
    "skipped",
    "verify_cost",
    "verify_priceable",
    "verify_priced",
    "verify_latency_known",
    "verify_latency_us",
)

LABEL_MEASURES: tuple[str, ...] = (
    "labels",  # every label of this source
    "n",  # those in force: the label of highest precedence of an attempt
    "weight",  # sum of 1,000 / probability over those in force
    "weight_sq",
    "extra_cost",  # cost of everything after the cheap tier / probability, of fully priced events
    "extra_n",  # weight of the labels behind extra_cost, so 1,000 times too large to divide by
)

CALLER_MEASURES: tuple[str, ...] = (
    "events",
    "judged",
    "escalated",
    "cost",
    "extra_cost",
    "priceable",
    "priced",
)

LATENCY_BINS_PER_DECADE = 20  # edges 12 % apart, read by interpolation
SCORE_BINS = 50  # every fifth edge is one of ECE's ten


def latency_bin(milliseconds: float) -> int:
    """Bin of a latency; bin b covers [10**(b/20), 10**((b+1)/20)) ms, bin -1 less than 1 ms."""
    if milliseconds < 1:
        return -1
    return floor(log10(milliseconds) * LATENCY_BINS_PER_DECADE)


def latency_edge(bin_index: int) -> float:
    """Lower edge of a latency bin in milliseconds."""
    return 0.0 if bin_index < 0 else 10 ** (bin_index / LATENCY_BINS_PER_DECADE)


def score_bin(score: float) -> int | None:
    """One of 50 equal bins over [0, 1], the last closed; None for a score outside."""
    if not 0 <= score <= 1:
        return None
    return min(SCORE_BINS - 1, int(score * SCORE_BINS))
