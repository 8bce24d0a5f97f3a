"""How often requests leave the cheap tier, and why."""

from cascadewatch.metrics.interval import proportion
from cascadewatch.metrics.measures import FAILED_VERDICTS
from cascadewatch.metrics.spec import MetricSpec
from cascadewatch.metrics.window import Metric, Window
from cascadewatch.model import CAUSES

NO_EVENTS = "no events"
NO_JUDGED = "no judged events"
ONE_TIER = "only one model tier seen so far"
CAUSE_WORDS = {
    "error": "the cheap tier's attempt failed",
    "timeout": "the cheap tier timed out",
    "refused": "the cheap tier refused to answer",
    "rate_limited": "the cheap tier was rate-limited",
    "judge": "the verdict failed",
    "unknown": "nobody said why",
}


def escalation_rate(window: Window) -> Metric:
    """Escalated / judged events. Escalated events are judged ones, so it never passes 100 %."""
    return proportion(window.counts["escalated"], window.counts["judged"], NO_JUDGED)


def double_escalation_rate(window: Window) -> Metric:
    """Judged events with two or more escalating hops / judged events."""
    return proportion(window.counts["double_escalated"], window.counts["judged"], NO_JUDGED)


def flagship_share(window: Window) -> Metric:
    """Events in which the flagship was tried / events; undefined while one model tier is known."""
    if window.order.flagship is None:
        return Metric(None, window.counts["events"], reason=ONE_TIER)
    return _of_events(window, "flagship")


def fallback_rate(window: Window) -> Metric:
    """Events that went up for another reason than a reject / events."""
    return _of_events(window, "fallbacks")


def judge_failure_rate(window: Window) -> Metric:
    """Verdicts that failed / verdicts asked, over all tiers. `skipped` was not asked."""
    failed = sum(tier.counts[key] for tier in window.tiers for key in FAILED_VERDICTS)
    said = sum(tier.counts[key] for tier in window.tiers for key in ("accept", "reject"))
    return proportion(failed, failed + said, "no verdict was asked for")


def exhausted_rate(window: Window) -> Metric:
    """Judged events whose final attempt was rejected / judged events."""
    return proportion(window.counts["exhausted"], window.counts["judged"], NO_JUDGED)


def cache_hit_rate(window: Window) -> Metric:
    """Events answered from a cache tier / events."""
    return _of_events(window, "cached")


def retry_rate(window: Window) -> Metric:
    """Events in which some tier was tried twice / events."""
    return _of_events(window, "retried")


def cheap_resolution_rate(window: Window) -> Metric:
    """Judged events whose cheap answer was accepted / judged events."""
    return proportion(window.counts["cheap_accepted"], window.counts["judged"], NO_JUDGED)


def _of_events(window: Window, measure: str) -> Metric:
    return proportion(window.counts[measure], window.counts["events"], NO_EVENTS)


def _fallback_spec(cause: str) -> MetricSpec:
    def rate(window: Window) -> Metric:
        return _of_events(window, f"fallback_{cause}")

    return MetricSpec(
        key=f"fallback_rate.{cause}",
        title=f"Fallback rate: {cause.replace('_', ' ')}",
        unit="share",
        bad="up",
        definition=f"Share of events that fell back to a higher tier because {CAUSE_WORDS[cause]}.",
        formula=f"fallbacks with cause `{cause}` / events",
        undefined="no events",
        function=rate,
    )


SPECS = (
    MetricSpec(
        key="escalation_rate",
        title="Escalation rate",
        unit="share",
        bad="up",
        definition="Share of judged events whose cheap answer was rejected and handed to a higher tier.",
        formula="escalated / judged",
        undefined="no judged events",
        function=escalation_rate,
    ),
    MetricSpec(
        key="double_escalation_rate",
        title="Double escalation rate",
        unit="share",
        bad="up",
        definition="Share of judged events that were rejected twice or more on the way up.",
        formula="judged events with ≥ 2 escalating hops / judged",
        undefined="no judged events",
        function=double_escalation_rate,
    ),
    MetricSpec(
        key="flagship_share",
        title="Flagship share",
        unit="share",
        bad="up",
        definition="Share of events in which the flagship was tried, for whatever reason.",
        formula="events with a flagship attempt / events",
        undefined="no events, or only one model tier seen so far",
        function=flagship_share,
    ),
    MetricSpec(
        key="fallback_rate",
        title="Fallback rate",
        unit="share",
        bad="up",
        definition="Share of events that went to a higher tier although no verifier had rejected the answer.",
        formula="fallbacks / events; the causes add up to it",
        undefined="no events",
        function=fallback_rate,
    ),
    *(_fallback_spec(cause) for cause in CAUSES),
    MetricSpec(
        key="judge_failure_rate",
        title="Judge failure rate",
        unit="share",
        bad="up",
        definition="Share of the verdicts asked for that came back as an error, a timeout or unparseable.",
        formula="failed verdicts / (accepts + rejects + failed verdicts)",
        undefined="no verdict was asked for",
        function=judge_failure_rate,
    ),
    MetricSpec(
        key="exhausted_rate",
        title="Exhausted rate",
        unit="share",
        bad="up",
        definition="Share of judged events whose very last answer was rejected too.",
        formula="exhausted / judged",
        undefined="no judged events",
        function=exhausted_rate,
    ),
    MetricSpec(
        key="cache_hit_rate",
        title="Cache hit rate",
        unit="share",
        bad="down",
        definition="Share of events answered by a cache tier.",
        formula="cached / events",
        undefined="no events",
        function=cache_hit_rate,
    ),
    MetricSpec(
        key="retry_rate",
        title="Retry rate",
        unit="share",
        bad="up",
        definition="Share of events in which a tier was tried more than once.",
        formula="events with a retry / events",
        undefined="no events",
        function=retry_rate,
    ),
    MetricSpec(
        key="cheap_resolution_rate",
        title="Cheap resolution rate",
        unit="share",
        bad="down",
        definition="Share of judged events that the verifier let the cheap tier answer.",
        formula="accepted / judged",
        undefined="no judged events",
        function=cheap_resolution_rate,
    ),
)
