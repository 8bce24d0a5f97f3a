"""What one event means: path, cause, judged, escalated, exhausted, hops, retries."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hypothesis import given

from cascadewatch.metrics import compute
from cascadewatch.metrics.window import TierCounts, Window
from cascadewatch.model import PATHS, Attempt, Event, Facts, TierOrder, Verdict, derive
from cascadewatch.pricing import PriceBook
from cascadewatch.settings import Settings
from cascadewatch.store.cells import Cells
from cascadewatch.store.reads.sums import zero
from cascadewatch.store.rollup_tables import ROLLUPS
from cascadewatch.store.rows import Context, Flagship, build
from cascadewatch.store.state import Names
from tests.model.events import NOON, THREE, attempt, event, lists_of_events
from tests.store.opened import PRICES


class Case(NamedTuple):
    """Some attempts, and the facts that are not as in an event nobody verified."""

    name: str
    attempts: list[Attempt]
    facts: dict[str, Any]
    order: TierOrder = THREE


def case(name: str, *attempts: Attempt, order: TierOrder = THREE, **facts: Any) -> Case:
    return Case(name, list(attempts), facts, order)


def small(outcome: Any = None, **fields: Any) -> Attempt:
    return attempt("small", outcome, **fields)


def top(outcome: Any = None, **fields: Any) -> Attempt:
    return attempt("flagship", outcome, **fields)


def middle(outcome: Any = None, **fields: Any) -> Attempt:
    return attempt("middle", outcome, **fields)


UNKNOWN = TierOrder((), None, None)
ACCEPTED: dict[str, Any] = {"path": "accepted", "judged": True}
ESCALATED: dict[str, Any] = {
    "path": "escalated",
    "judged": True,
    "escalated": True,
    "escalations": 1,
    "flagship": True,
}
FALLBACK: dict[str, Any] = {"path": "fallback", "flagship": True}

CASES = [
    case("cheap accepted", small("accept"), **ACCEPTED),
    case("cheap rejected, flagship answers", small("reject"), top(), **ESCALATED, served_index=1),
    case("429, retried, then rejected", small(status="rate_limited"), small("reject"), top(),
         **ESCALATED, retries=1, cheap_index=1, served_index=2),
    case("rejected, retried and accepted", small("reject"), small("accept"),
         **ACCEPTED, retries=1, cheap_index=1, served_index=1),
    case("429, retried and accepted", small(status="rate_limited"), small("accept"),
         **ACCEPTED, retries=1, cheap_index=1, served_index=1),
    case("flagship tried twice", small("reject"), top(status="error"), top(),
         **ESCALATED, retries=1, served_index=2),
    *(
        case(f"{status}, then flagship", small(status=status), top(),
             **FALLBACK, cause=status, served_index=1)
        for status in ("error", "timeout", "refused", "rate_limited")
    ),
    *(
        case(f"judge {outcome}, then flagship", small(outcome), top(),
             **FALLBACK, cause="judge", served_index=1)
        for outcome in ("error", "timeout", "unparseable")
    ),
    *(
        case(f"judge {outcome}, served as it was", small(outcome), path="unverified")
        for outcome in ("error", "timeout", "unparseable")
    ),
    case("rejected, nothing after", small("reject"), path="unverified", judged=True, exhausted=True),
    case("rejected twice, nothing after", small("reject"), small("reject"),
         path="unverified", judged=True, exhausted=True, retries=1, cheap_index=1, served_index=1),
    case("routed", top("accept"), path="routed", flagship=True, cheap_index=None),
    case("routed to the middle, rejected there", middle("reject"), top(),
         path="routed", flagship=True, escalations=1, cheap_index=None, served_index=1),
    case("cache hit", attempt("cache"), path="cached", cheap_index=None),
    case("cache missed, cheap accepted", attempt("cache", status="error"), small("accept"),
         **ACCEPTED, cheap_index=1, served_index=1),
    case("rule tier answers", attempt("rules"), path="unverified", cheap_index=None),
    case("rule tier, then straight to the flagship", attempt("rules", status="refused"), top(),
         path="routed", flagship=True, cheap_index=None, served_index=1),
    case("rejected, a person answers", small("reject"), attempt("person"),
         **{**ESCALATED, "flagship": False}, served_index=1),
    case("timeout whose text was judged and rejected", small("reject", status="timeout"), top(),
         **ESCALATED, served_index=1),
    case("timeout whose judge failed too", small("error", status="timeout"), top(),
         **FALLBACK, cause="timeout", served_index=1),
    case("429 on the cheap tier, judge failed in the middle",
         small(status="rate_limited"), middle("error"), top(),
         **FALLBACK, cause="rate_limited", served_index=2),
    case("accepted, yet something above was asked", small("accept"), top(),
         **ACCEPTED, flagship=True, served_index=1),
    case("nobody verified, yet the flagship was asked", small(), top(),
         **FALLBACK, cause="unknown", served_index=1),
    case("verifying skipped, yet the flagship was asked", small("skipped"), top(),
         **FALLBACK, cause="unknown", served_index=1),
    case("verifying skipped", small("skipped"), path="unverified"),
    case("nobody verified", small(), path="unverified"),
    case("three tiers, two hops", small("reject"), middle("reject"), top("accept"),
         **{**ESCALATED, "escalations": 2}, served_index=2),
    case("three tiers, every answer rejected", small("reject"), middle("reject"), top("reject"),
         **{**ESCALATED, "escalations": 2}, exhausted=True, served_index=2),
    case("three tiers, the middle one fails", small("reject"), middle(status="error"), top(),
         **ESCALATED, served_index=2),
    case("three tiers, the middle one is enough", small("reject"), middle("accept"),
         **{**ESCALATED, "flagship": False}, served_index=1),
    case("rejected, and the flagship failed", small("reject"), top(status="timeout"), **ESCALATED),
    case("nothing answered", small(status="error"), top(status="error"),
         **FALLBACK, cause="error", served_index=None, served_tier=None, completed=False),
    case("a tier the order does not name stands nowhere", small("reject"), attempt("unheard-of"),
         path="unverified", judged=True, served_index=1),
    case("no order known yet", small("reject"), top(),
         order=UNKNOWN, path="unverified", cheap_index=None, served_index=1),
    case("one model tier known yet", small("reject"), order=TierOrder(("small",), "small", None),
         path="unverified", judged=True, exhausted=True),
]  # fmt: skip


@pytest.mark.parametrize("one", CASES, ids=lambda c: c.name)
def test_the_facts_of(one: Case) -> None:
    facts = derive(event("e", *one.attempts), one.order)
    served = one.facts.get("served_index", 0)
    expected = {
        "cause": None,
        "judged": False,
        "escalated": False,
        "escalations": 0,
        "exhausted": False,
        "completed": True,
        "retries": 0,
        "flagship": False,
        "cheap_index": 0,
        "served_index": 0,
        "served_tier": None if served is None else one.attempts[served].tier,
        **one.facts,
    }
    assert facts._asdict() == expected


def test_completed_is_what_the_sender_said_else_whether_anything_was_ok() -> None:
    failed, answered = small(status="error"), small()
    said = [
        event("a", failed),
        event("b", answered),
        event("c", failed, completed=True),
        event("d", answered, completed=False),
    ]
    assert [derive(e, THREE).completed for e in said] == [False, True, True, False]


def test_a_failed_judge_is_no_reject_on_any_tier() -> None:
    facts = derive(event("e", small("accept"), middle("unparseable"), top()), THREE)
    assert (facts.escalations, facts.exhausted) == (0, False)


def derived(events: list[Event]) -> list[Facts]:
    return [derive(e, THREE) for e in events]


@given(lists_of_events())
def test_escalated_double_escalated_and_exhausted_events_are_judged_ones(events: list[Event]) -> None:
    for facts in derived(events):
        assert facts.judged or not (facts.escalated or facts.exhausted)
        assert facts.cause is None or not facts.judged


@given(lists_of_events())
def test_every_event_has_one_path_and_only_a_fallback_has_a_cause(events: list[Event]) -> None:
    for facts in derived(events):
        assert facts.path in PATHS
        assert facts.cause is not None or facts.path != "fallback"
        assert facts.escalated or facts.path != "escalated"
        assert facts.judged or facts.path != "accepted"


@given(lists_of_events())
def test_what_served_gave_an_answer(events: list[Event]) -> None:
    for e, facts in zip(events, derived(events), strict=True):
        answered = [i for i, a in enumerate(e.attempts) if a.status == "ok"]
        assert facts.served_index == (answered[-1] if answered else None)


def summed(events: list[Event]) -> Window:
    """A window over the events, by way of rows and sums as the store makes them."""

    book = PriceBook(PRICES, bundled=False)
    context = Context(THREE, Flagship(None, "flagship-1"), book, lambda name: name)
    cells = Cells(Names(Settings(), ()).of("support"), lambda t: t - t % 86_400_000)
    for number, e in enumerate(events):
        cells.add(*build(e, number, "local", NOON, "live", context))
    sums = cells.tables()
    names = {family: ROLLUPS[family].measures for family in ("events", "attempts")}
    counts, tiers = zero("events"), []
    for key, values in sums["events", "day"].items():
        if key[2] == "":
            counts = {m: counts[m] + v for m, v in zip(names["events"], values, strict=True)}
    for key, values in sums["attempts", "day"].items():
        if key[2] == "":
            tier, model, verifier = map(str, key[5:8])
            said = dict(zip(names["attempts"], values, strict=True))
            tiers.append(TierCounts(tier, model, verifier, said))
    return Window(NOON, NOON + 1, counts, THREE, tiers=tuple(tiers))


@given(lists_of_events())
def test_no_share_of_anything_passes_1(events: list[Event]) -> None:
    window = summed(events)
    for key, metric in compute(window).items():
        if metric.unit == "share" and metric.value is not None and key not in MAY_PASS_1:
            assert 0 <= metric.value <= 1, key


MAY_PASS_1 = {"savings_share", "break_even_rate", "headroom", "slo.budget_left"}  # losses and distances


@given(lists_of_events())
def test_the_six_parts_are_what_the_attempts_and_verdicts_cost(events: list[Event]) -> None:
    window = summed(events)
    parts = sum(n for name, n in window.counts.items() if name.startswith("cost_"))
    assert parts == sum(t.counts["cost"] + t.counts["verify_cost"] for t in window.tiers)


@given(lists_of_events())
def test_counts_of_events_are_sums_of_their_facts(events: list[Event]) -> None:
    facts, counts = derived(events), summed(events).counts
    expected: dict[str, Callable[[Facts], int]] = {
        "events": lambda f: 1,
        "judged": lambda f: f.judged,
        "escalated": lambda f: f.escalated,
        "double_escalated": lambda f: f.escalated and f.escalations > 1,
        "escalations": lambda f: f.escalations,
        "exhausted": lambda f: f.exhausted,
        "fallbacks": lambda f: f.cause is not None,
        "cached": lambda f: f.path == "cached",
        "routed": lambda f: f.path == "routed",
        "accepted": lambda f: f.path == "accepted",
        "unverified": lambda f: f.path == "unverified",
        "retried": lambda f: f.retries > 0,
        "flagship": lambda f: f.flagship,
        "completed": lambda f: f.completed,
    }
    assert {k: counts[k] for k in expected} == {k: sum(map(of, facts)) for k, of in expected.items()}


def test_a_verdict_of_a_higher_tier_does_not_judge_the_event() -> None:
    verdict = Verdict("reject", mechanism="judge")
    assert not derive(event("e", attempt("flagship", verdict=verdict)), THREE).judged
