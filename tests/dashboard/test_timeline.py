"""One event as a timeline: what followed what, for how long, and in which words."""

from typing import Any

import pytest

from dashboard import timeline
from dashboard.timeline import Step, caption, heading, in_words, rest_ms, steps

HOSTILE = "<a href='//x'>%{y}</a>"


def attempt(tier: str, latency_ms: float | None = 100.0, **more: Any) -> dict[str, Any]:
    usage = {"input": 500, "cache_read": 20, "cache_write": None, "output": 100, "reasoning": None}
    given = {
        "tier": tier, "model": f"{tier}-model", "status": "ok", "usage": usage, "cost_usd": 0.001,
        "latency_ms": latency_ms, "verdict": None,
    }  # fmt: skip
    return given | more


def verdict(outcome: str = "reject", latency_ms: float | None = 40.0, **more: Any) -> dict[str, Any]:
    usage = {"input": 700, "cache_read": None, "cache_write": None, "output": 8, "reasoning": None}
    given = {
        "outcome": outcome, "verifier": "judge", "mechanism": "judge", "score": 0.41, "threshold": 0.5,
        "reason": "low_score", "usage": usage, "cost_usd": 0.00002, "latency_ms": latency_ms,
    }  # fmt: skip
    return given | more


def event(
    *attempts: dict[str, Any], latency_ms: float | None = None, served: int | None = None
) -> dict[str, Any]:
    return {"attempts": list(attempts), "latency_ms": latency_ms, "facts": {"served_attempt": served}}


ESCALATED = event(attempt("small", verdict=verdict()), attempt("flagship", 900.0), latency_ms=1100, served=1)


def test_the_verdict_stands_between_the_attempts() -> None:
    assert [(s.kind, s.name) for s in steps(ESCALATED)] == [
        ("attempt", "small"),
        ("verdict", "judge"),
        ("attempt", "flagship"),
    ]


def test_each_step_begins_where_the_one_before_ended() -> None:
    assert [(s.start, s.length) for s in steps(ESCALATED)] == [(0, 100), (100, 40), (140, 900)]


def test_what_the_event_took_beyond_its_steps_is_told() -> None:
    assert rest_ms(ESCALATED, steps(ESCALATED)) == 60


@pytest.mark.parametrize(
    "shown",
    [
        event(attempt("small", None), latency_ms=1000),
        event(attempt("small"), latency_ms=None),
        event(attempt("small"), attempt("flagship"), latency_ms=150),  # they ran side by side
    ],
)
def test_the_rest_is_unknown_where_a_length_is_missing_or_steps_overlapped(shown: dict[str, Any]) -> None:
    assert rest_ms(shown, steps(shown)) is None


def test_a_step_without_length_moves_nothing_and_says_so() -> None:
    first, second = steps(event(attempt("small", None), attempt("flagship")))
    assert first.length is None
    assert second.start == 0
    assert caption(first).startswith("latency not sent")


def test_a_retry_and_the_answer_served_are_named() -> None:
    first, second = steps(event(attempt("small", status="error"), attempt("small"), served=1))
    assert heading(first) == "small · small-model · error"
    assert heading(second) == "small · small-model · retry · answered"


def test_a_verdict_shows_score_against_threshold_and_its_reason() -> None:
    said = steps(ESCALATED)[1]
    assert heading(said) == "judge: rejected · low_score"
    assert caption(said).startswith("score 0.41, threshold 0.50 · 40")
    assert caption(said).replace("\u00a0", " ").endswith("700 tokens in, 8 out")


def test_an_attempt_shows_time_cost_and_tokens() -> None:
    words = caption(steps(ESCALATED)[0]).replace("\u00a0", " ")
    assert words == "100 ms · $0.001 · 520 tokens in, 100 out"


def test_an_attempt_without_price_says_so_and_a_free_verdict_does_not() -> None:
    bare = event(attempt("small", cost_usd=None, verdict=verdict(cost_usd=None)))
    first, second = steps(bare)
    assert "no price" in caption(first)
    assert "no price" not in caption(second)


@pytest.mark.parametrize(
    ("state", "failed"), [("ok", False), ("timeout", True), ("reject", False), ("unparseable", True)]
)
def test_a_reject_is_no_failure(state: str, failed: bool) -> None:
    assert Step("attempt", "small", state, None, 0, 1, None).failed is failed


def test_the_figure_is_told_in_words_too() -> None:
    said = in_words(steps(ESCALATED))
    assert said.index("small") < said.index("judge: rejected") < said.index("flagship")


@pytest.mark.parametrize("dark", [False, True])
def test_attempts_are_bars_in_their_tiers_colours(dark: bool) -> None:
    fig = timeline.figure(ESCALATED, {"small": "#009E73", "flagship": "#0072B2"}, dark)
    assert [(bar.base[0], bar.x[0]) for bar in fig.data] == [(0, 100), (100, 40), (140, 900)]
    assert [fig.data[i].marker.color for i in (0, 2)] == ["#009E73", "#0072B2"]


def test_an_event_without_any_length_still_draws() -> None:
    fig = timeline.figure(event(attempt("small", None), attempt("flagship", None)), {}, dark=False)
    assert len(fig.data) == 2
    assert fig.layout.xaxis.showticklabels is False


def test_a_failed_attempt_is_hatched_not_only_coloured() -> None:
    fig = timeline.figure(event(attempt("small", status="timeout"), attempt("flagship")), {}, dark=False)
    assert [bar.marker.pattern.shape for bar in fig.data] == ["/", ""]


def test_names_cannot_be_markup_in_the_figure() -> None:
    bad = event(attempt(HOSTILE, model=HOSTILE, verdict=verdict(verifier=HOSTILE, reason=HOSTILE)))
    texts = [a.text for a in timeline.figure(bad, {}, dark=False).layout.annotations]
    assert texts
    assert not any("<" in text or "%{" in text for text in texts)
