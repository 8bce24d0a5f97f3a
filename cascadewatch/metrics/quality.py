"""Whether the answers are right, and how often the verifier is wrong about them, from labels.

Only labels that were drawn estimate a rate: executable checks, and labels sampled at random, each
weighted by 1 / its probability (Horvitz & Thompson 1952). Selected ones are shown apart: complaints are
not a sample.
"""

from collections import Counter
from collections.abc import Callable, Iterable

from cascadewatch.metrics.interval import WeightedGroup, heaviest_weight, weighted_proportion
from cascadewatch.metrics.spec import MetricSpec
from cascadewatch.metrics.window import LabelCounts, Metric, Window


def estimating(window: Window, role: str) -> list[LabelCounts]:
    """The labels of one role (`cheap` or `served`) that may estimate a rate."""
    return [row for row in window.labels if row.role == role and not _is_selected(row)]


def of_judged(window: Window) -> list[LabelCounts]:
    """Those of cheap answers with a verdict: what is known of the verifier. Of accepted answers alone, or of
    rejected ones alone, they leave its error rates undefined."""
    rows = estimating(window, "cheap")
    return [row for row in rows if row.outcome in ("accept", "reject") and row.counts["n"]]


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
    return _error_rate(window, False, "accept", "no wrong cheap answer has a label")


def false_escalate_rate(window: Window) -> Metric:
    """P(reject | the cheap answer is right): what the verifier turns away for nothing."""
    return _error_rate(window, True, "reject", "no right cheap answer has a label")


def verifier_precision(window: Window) -> Metric:
    """P(the cheap answer is right | accept)."""
    accepted = [row for row in of_judged(window) if row.outcome == "accept"]
    return _share(accepted, lambda row: row.correct, "no accepted cheap answer has a label")


def _is_selected(row: LabelCounts) -> bool:
    return row.source != "executable" and row.sampling != "random"


def _error_rate(window: Window, correct: bool, outcome: str, empty: str) -> Metric:
    """Share with the verdict `outcome` among right, or among wrong, cheap answers.

    Labels of rejects alone, as where everything that was escalated is reviewed, tell nothing of accepts:
    without any label on either side the rate is undefined, and neither 0 nor 1. How heavy a label of either
    verdict is, is known from all labels of that verdict, right and wrong.
    """
    decided = of_judged(window)
    rows = [row for row in decided if row.correct is correct]
    accepted, judged = window.counts["cheap_accepted"], window.counts["judged"]
    every, heaviest = heaviest_weight(map(_group, decided)), dict[str, float]()
    for verdict, given in (("accept", accepted), ("reject", judged - accepted)):
        known = heaviest_weight(_group(row) for row in decided if row.outcome == verdict)
        if given and every and not known:
            return Metric(None, 0, reason=f"no {verdict}ed cheap answer has a label")
        heaviest[verdict] = known or every
    other = "reject" if outcome == "accept" else "accept"
    return _share(rows, lambda row: row.outcome == outcome, empty, (heaviest[outcome], heaviest[other]))


def _share(
    rows: Iterable[LabelCounts],
    success: Callable[[LabelCounts], bool],
    empty: str,
    heaviest: tuple[float, float] | None = None,
) -> Metric:
    return weighted_proportion([_group(row, success(row)) for row in rows], empty, heaviest)


def _group(row: LabelCounts, success: bool = True) -> WeightedGroup:
    return success, row.counts["n"], row.counts["weight"], row.counts["weight_sq"]


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
        reads="labels",
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
        reads="labels",
    ),
    MetricSpec(
        key="false_accept_rate",
        title="False accept rate",
        unit="share",
        bad="up",
        definition="Share of wrong cheap answers that the verifier accepted.",
        formula="accepted / wrong, over labelled cheap answers with a verdict",
        undefined="no wrong cheap answer has a label, or of accepted or of rejected ones none has",
        function=false_accept_rate,
        reads="labels",
    ),
    MetricSpec(
        key="false_escalate_rate",
        title="False escalate rate",
        unit="share",
        bad="up",
        definition="Share of right cheap answers that the verifier rejected.",
        formula="rejected / right, over labelled cheap answers with a verdict",
        undefined="no right cheap answer has a label, or of accepted or of rejected ones none has",
        function=false_escalate_rate,
        reads="labels",
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
        reads="labels",
    ),
)
