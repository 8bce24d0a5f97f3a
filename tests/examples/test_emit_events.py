"""What examples/emit.py records of one request."""

from types import ModuleType, SimpleNamespace
from typing import Any

import msgspec
import pytest

from cascadewatch.model import Event
from collectors.decode import decode_event

NOW = 4_000_000_000_000


def recorded(emit: ModuleType, server: Any) -> Event:
    assert emit.flush(10)
    (event,) = server.events
    decoded = decode_event(msgspec.json.encode(event), 0, NOW, 0)
    assert isinstance(decoded, Event), decoded
    return decoded


def test_an_escalated_request_is_an_event_the_server_takes(emit: ModuleType, server: Any) -> None:
    with emit.request("support", route="faq", caller="tenant-42", session="s-9", revision="r1") as r:
        r.attempt("small", model="m", cost_usd=0.001)
        r.verdict(
            False, verifier="judge-v2", score=0.41, threshold=0.5, mechanism="judge", reason="low_score"
        )
        r.attempt("flagship", model="n")
    event = recorded(emit, server)
    assert (event.cascade, event.route, event.caller, event.session) == ("support", "faq", "tenant-42", "s-9")
    small, flagship = event.attempts
    assert (small.tier, small.status, small.cost_usd) == ("small", "ok", 0.001)
    assert small.verdict is not None
    assert (small.verdict.outcome, small.verdict.score, small.verdict.reason) == ("reject", 0.41, "low_score")
    assert flagship.verdict is None


def test_latencies_are_the_times_between_the_calls(
    emit: ModuleType, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([10.0, 10.4, 10.45, 11.0, 11.25])
    monkeypatch.setattr(
        emit, "time", SimpleNamespace(**vars(emit.time) | {"perf_counter": lambda: next(clock)})
    )
    with emit.request("support") as r:
        r.attempt("small")
        r.verdict(False)
        r.attempt("flagship")
    event = recorded(emit, server)
    small, flagship = event.attempts
    assert small.verdict is not None
    assert (small.latency_ms, small.verdict.latency_ms, flagship.latency_ms) == (400, 50, 550)
    assert event.latency_ms == 1250


def test_a_latency_that_is_given_stands(emit: ModuleType, server: Any) -> None:
    with emit.request("support", latency_ms=9000) as r:
        r.attempt("small", latency_ms=7)
    event = recorded(emit, server)
    assert (event.latency_ms, event.attempts[0].latency_ms) == (9000, 7)


@pytest.mark.parametrize(
    ("said", "outcome"),
    [(True, "accept"), (False, "reject"), (None, "unparseable"), ("timeout", "timeout"), (1, "accept")],
)
def test_a_verdict_is_a_truth_value_or_an_outcome(
    emit: ModuleType, server: Any, said: object, outcome: str
) -> None:
    with emit.request("support") as r:
        r.attempt("small")
        r.verdict(said)
    verdict = recorded(emit, server).attempts[0].verdict
    assert verdict is not None
    assert verdict.outcome == outcome


class ThrottledError(Exception):
    status_code = 429


class APITimeoutError(Exception):
    pass


def fail(emit: ModuleType, error: Exception, *steps: str) -> None:
    """A cascade in which something raises after the named steps."""
    with emit.request("support") as r:
        for step in steps:
            r.verdict(False) if step == "reject" else r.attempt(step)
        raise error


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (TimeoutError(), "timeout"),
        (APITimeoutError(), "timeout"),
        (ThrottledError(), "rate_limited"),
        (OSError(), "error"),
    ],
)
def test_an_exception_becomes_a_failed_attempt_of_the_next_tier_and_goes_on(
    emit: ModuleType, server: Any, error: Exception, status: str
) -> None:
    emit.configure(url=server.url, tiers={"support": ["small", "flagship"]})
    with pytest.raises(type(error)):
        fail(emit, error, "small", "reject")
    event = recorded(emit, server)
    assert [(a.tier, a.status) for a in event.attempts] == [("small", "ok"), ("flagship", status)]
    assert event.completed is False


def test_the_first_call_may_fail_too(emit: ModuleType, server: Any) -> None:
    emit.configure(url=server.url, tiers={"support": ["small", "flagship"]})
    with pytest.raises(ThrottledError):
        fail(emit, ThrottledError())
    assert [(a.tier, a.status) for a in recorded(emit, server).attempts] == [("small", "rate_limited")]


def test_tiers_are_learned_from_earlier_requests(emit: ModuleType, server: Any) -> None:
    with emit.request("support") as r:
        r.attempt("small")
    with pytest.raises(ThrottledError):
        fail(emit, ThrottledError())
    assert emit.flush(10)
    assert [e["attempts"][0]["status"] for e in server.events] == ["ok", "rate_limited"]


def test_a_failure_of_an_unknown_tier_is_counted_not_invented(emit: ModuleType, server: Any) -> None:
    with pytest.raises(ThrottledError):
        fail(emit, ThrottledError())
    assert emit.stats()["dropped"] == 1
    assert server.events == []


def test_an_error_in_the_judge_makes_no_attempt(emit: ModuleType, server: Any) -> None:
    emit.configure(url=server.url, tiers={"support": ["small", "flagship"]})
    with pytest.raises(APITimeoutError):
        fail(emit, APITimeoutError(), "small")
    event = recorded(emit, server)
    assert [a.tier for a in event.attempts] == ["small"]
    assert (event.completed, event.attempts[0].verdict) == (False, None)


def test_a_caught_exception_can_be_handed_over_as_the_response(emit: ModuleType, server: Any) -> None:
    with emit.request("support") as r:
        r.attempt("small", TimeoutError())
        r.attempt("flagship")
    assert [a.status for a in recorded(emit, server).attempts] == ["timeout", "ok"]


def test_defaults_of_configure_are_in_every_event(emit: ModuleType, server: Any) -> None:
    emit.configure(url=server.url, revision="2026-11-20.1", tags={"team": "growth"})
    with emit.request("support", tags={"team": "care"}) as r:
        r.attempt("small")
    event = recorded(emit, server)
    assert (event.revision, event.tags) == ("2026-11-20.1", {"team": "care"})


def test_nothing_is_raised_into_the_service(emit: ModuleType, server: Any) -> None:
    with emit.request("support") as r:
        r.verdict(True)  # before any attempt
        r.attempt("small", usage=object())
    assert recorded(emit, server).attempts[0].usage is not None
