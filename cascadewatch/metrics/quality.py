"""Whether the answers are right, and how often the verifier is wrong about them, from labels.

Only labels that were drawn estimate a rate: executable checks, and labels sampled at random, each
weighted by 1 / its probability (Horvitz & Thompson 1952). Selected ones are shown apart: complaints are
not a sample.
"""

from collections import Counter
from collections.abc import Callable, Iterable

from cascadewatch.metrics.interval import weighted_proportion
from cascadewatch.metrics.spec import MetricSpec
from cascadewatch.metrics.window import LabelCounts, Metric, Window


def estimating(window: Window, role: str) -> list[LabelCounts]:
    """The labels of one role (`cheap` or `served`) that may estimate a rate."""
    return [row for row in window.labels if row.role == role and not _is_selected(row)]


def quality(window: Window) -> Metric:
    """Share of served answers that are right. How old it is: `Window.last_label`."""
    return _share(estimating(window, "served"), lambda row: row.correct, "no served answer has a label")


def selected_quality(window: Window) -> Metric:
    """Share right among labels that somebody chose to give; says nothing of the others."""
    rows = [row for row in window.labels if row.role == "served" and _is_selected(row)]
    right, n = sum(row.counts["n"] for row in rows if row.correct), sum(row.counts["n"] for row in rows)
    if not n:
        return Metric(None, 0, reason="no selected labels")
    return Metric(right / n, n, reason="no interval: selected labels are not a sample")


def label_sources(window: Window) -> dict[str, int]:
    """How many labels of each source the quality rests on."""
    sources: Counter[str] = Counter()
    for row in estimating(window, "served"):
        sources[row.source] += row.counts["n"]
    return dict(sources)


def false_accept_rate(window: Window) -> Metric:
    """P(accept | the cheap answer is wrong): what the verifier lets through."""
    wrong = [row for row in _decided(window) if not row.correct]
    return _share(wrong, lambda row: row.outcome == "accept", "no wrong cheap answer has a label")


def false_escalate_rate(window: Window) -> Metric:
    """P(reject | the cheap answer is right): what the verifier turns away for nothing."""
    right = [row for row in _decided(window) if row.correct]
    return _share(right, lambda row: row.outcome == "reject", "no right cheap answer has a label")


def verifier_precision(window: Window) -> Metric:
    """P(the cheap answer is right | accept)."""
    accepted = [row for row in _decided(window) if row.outcome == "accept"]
    return _share(accepted, lambda row: row.correct, "no accepted cheap answer has a label")


def _is_selected(row: LabelCounts) -> bool:
    return row.source != "executable" and row.sampling != "random"


def _decided(window: Window) -> list[LabelCounts]:
    return [row for row in estimating(window, "cheap") if row.outcome in ("accept", "reject")]


def _share(rows: Iterable[LabelCounts], success: Callable[[LabelCounts], bool], empty: str) -> Metric:
    groups = [(success(r), r.counts["n"], r.counts["weight"], r.counts["weight_sq"]) for r in rows]
    return weighted_proportion(groups, empty)


SPECS = (
    MetricSpec(
        key="quality",
        title="Quality",
        unit="share",
        bad="down",
        definition="Share of the answers users got that are right, estimated from labels.",
        formula="Σ weight of right / Σ weight, over executable and randomly sampled labels of served answers",
        undefined="no served answer has such a label",
        function=quality,
    ),
    MetricSpec(
        key="quality.selected",
        title="Quality of selected labels",
        unit="share",
        bad="down",
        definition="Share right among the labels somebody chose to give, which are not a sample of anything.",
        formula="right / labels, over labels neither executable nor randomly sampled; never an interval",
        undefined="no such labels",
        function=selected_quality,
    ),
    MetricSpec(
        key="false_accept_rate",
        title="False accept rate",
        unit="share",
        bad="up",
        definition="Share of wrong cheap answers that the verifier accepted.",
        formula="accepted / wrong, over labelled cheap answers with a verdict",
        undefined="no wrong cheap answer has a label",
        function=false_accept_rate,
    ),
    MetricSpec(
        key="false_escalate_rate",
        title="False escalate rate",
        unit="share",
        bad="up",
        definition="Share of right cheap answers that the verifier rejected.",
        formula="rejected / right, over labelled cheap answers with a verdict",
        undefined="no right cheap answer has a label",
        function=false_escalate_rate,
    ),
    MetricSpec(
        key="verifier_precision",
        title="Verifier precision",
        unit="share",
        bad="down",
        definition="Share of the cheap answers accepted by the verifier that are right.",
        formula="right / accepted, over labelled cheap answers",
        undefined="no accepted cheap answer has a label",
        function=verifier_precision,
    ),
)
