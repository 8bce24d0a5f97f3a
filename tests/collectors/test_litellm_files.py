"""Calls of LiteLLM, as its loggers and its table write them: which make one event, and what is refused."""

import gzip
import json
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cascadewatch.errors import InputError
from cascadewatch.model import Event, TierOrder, Usage, derive
from cascadewatch.store.receipt import Rejection
from cascadewatch.store.writes import Writer
from collectors.files import Job, ingest
from collectors.formats import Decoded, Notice, Options
from collectors.litellm import decode
from collectors.litellm_calls import read

START = 1_795_176_000.120348  # 2026-11-20T12:00:00.120348Z
NOW = 1_795_262_400_000
OLDEST = NOW - 400 * 86_400_000
ORDER = TierOrder(("small", "flagship"), "small", "flagship")


def call(number: int, trace: str = "t1", after: float = 0.0, **changes: Any) -> dict[str, Any]:
    """A standard logging payload; `after`: seconds from the start."""
    marks, tags = changes.pop("marks", None), changes.pop("tags", [])
    plain = {
        "id": f"chatcmpl-{number}", "litellm_call_id": f"call-{number}", "trace_id": trace, "session_id": "",
        "call_type": "acompletion", "stream": None, "status": "success", "custom_llm_provider": "openai",
        "cache_hit": None, "startTime": START + after, "endTime": START + after + 0.5,
        "completionStartTime": START + after + 0.5, "response_time": 0.5, "model": "openai/gpt-4o-mini",
        "model_group": "small", "response_cost": 1.35e-05, "total_tokens": 30, "prompt_tokens": 10,
        "completion_tokens": 20, "end_user": "tenant-42", "request_tags": tags, "error_str": None,
        "error_information": {"error_code": "", "error_class": ""}, "saved_cache_cost": 0.0,
        "messages": [{"role": "user", "content": "secret prompt"}],
        "response": {"choices": [{"message": {"content": "secret answer"}}]},
        "hidden_params": {"usage_object": None, "response_cost": 1.35e-05},
        "metadata": {"user_api_key_hash": "88dc", "requester_metadata": marks, "spend_logs_metadata": None,
                     "usage_object": {"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30}},
    }  # fmt: skip
    return plain | changes


def big(number: int, after: float, **changes: Any) -> dict[str, Any]:
    return (
        call(number, after=after, model="openai/gpt-4o", model_group="flagship", response_cost=0.000225)
        | changes
    )


def judge(number: int, after: float, trace: str = "t1", **marks: Any) -> dict[str, Any]:
    marks = {"role": "verifier", "verifier": "judge-v2"} | marks
    return call(number, trace, after, marks=marks, model_group="judge", response_cost=2e-05)


def failed(number: int, error: str, code: str, **changes: Any) -> dict[str, Any]:
    about = {"error_class": error, "error_code": code, "error_message": "boom", "llm_provider": "openai"}
    nothing = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0, "response_cost": 0.0}
    broken = {"status": "failure", "error_information": about, "error_str": "boom"}
    return call(number) | nothing | broken | {"metadata": {"usage_object": {}}} | changes  # fmt: skip


def row(number: int, **changes: Any) -> dict[str, Any]:
    """A row of LiteLLM_SpendLogs."""
    plain = {
        "request_id": f"chatcmpl-{number}", "call_type": "acompletion", "api_key": "88dc", "spend": 1.35e-05,
        "total_tokens": 30, "prompt_tokens": 10, "completion_tokens": 20,
        "startTime": "2026-11-20T12:00:00.120Z", "endTime": "2026-11-20T12:00:00.620Z",
        "request_duration_ms": 500, "model": "openai/gpt-4o-mini",
        "model_group": "small", "custom_llm_provider": "openai", "user": "", "cache_hit": "False",
        "cache_key": "Cache OFF", "request_tags": ["cascade:support"], "end_user": "tenant-42",
        "messages": {}, "response": {}, "session_id": "s1", "status": "success",
        "metadata": {"status": "success", "spend_logs_metadata": {"verdict": "accept"}, "usage_object": None,
                     "additional_usage_values": {"prompt_tokens_details": {"cached_tokens": 4}}},
    }  # fmt: skip
    return plain | changes


def lines(*calls: Any) -> bytes:
    return b"".join((c if isinstance(c, bytes) else json.dumps(c).encode()) + b"\n" for c in calls)


def told(data: bytes, **constants: str) -> tuple[list[Event], list[Rejection], list[str]]:
    options = Options(constants=constants or {"cascade": "support"})
    out = list(decode(enumerate(data.splitlines(keepends=True), 1), options, NOW, OLDEST))
    results = [o.result for o in out if isinstance(o, Decoded)]
    events = [r for r in results if isinstance(r, Event)]
    refused = [r for r in results if isinstance(r, Rejection)]
    return events, refused, [o.text for o in out if isinstance(o, Notice)]


def one(*calls: Any, **constants: str) -> Event:
    events, refused, _ = told(lines(*calls), **constants)
    assert refused == []
    (event,) = events
    return event


def counters(path: str, writer: Writer | None, **options: Any) -> tuple[int, ...]:
    (result,) = ingest([path], Job(writer, NOW, OLDEST, **options))
    assert (result.format, result.failure) == ("litellm", None)
    r = result.receipt
    return r.received, r.accepted, r.duplicate, r.conflict, r.rejected


def test_a_payload_of_a_logger_is_an_event_of_one_attempt() -> None:
    event = one(call(1))
    (attempt,) = event.attempts
    assert (event.id, event.time.isoformat(), event.cascade, event.caller) == (
        "call-1", "2026-11-20T12:00:00.120348+00:00", "support", "tenant-42",
    )  # fmt: skip
    assert (attempt.tier, attempt.provider, attempt.model, attempt.status) == (
        "small",
        "openai",
        "gpt-4o-mini",
        "ok",
    )
    assert (attempt.usage, attempt.cost_usd) == (Usage(input=10, output=20), 1.35e-05)
    assert event.latency_ms == attempt.latency_ms == 500.0
    assert event.text is None


def test_a_row_of_the_table_of_spend_is_an_event_too() -> None:
    event = one(row(1))
    (attempt,) = event.attempts
    assert (event.id, event.time.isoformat(), event.caller) == (
        "chatcmpl-1", "2026-11-20T12:00:00.120000+00:00", "tenant-42",
    )  # fmt: skip
    assert (attempt.cost_usd, attempt.latency_ms) == (1.35e-05, 500.0)
    assert attempt.usage == Usage(input=6, cache_read=4, output=20)
    assert attempt.verdict is not None
    assert attempt.verdict.outcome == "accept"


def test_a_dump_of_the_table_has_objects_as_text_and_times_without_zone() -> None:
    dumped = row(1, startTime="2026-11-20 12:00:00.12", endTime="2026-11-20 12:00:00.62")
    dumped |= {name: json.dumps(dumped[name]) for name in ("metadata", "request_tags", "response")}
    assert one(dumped) == one(row(1))


def test_an_escalation_is_told_by_the_verifiers_call_between() -> None:
    event = one(
        big(3, 2), call(1), judge(2, 1, verdict="reject", score=0.41, threshold=0.5, reason="low_score")
    )
    small, flagship = event.attempts
    verdict = small.verdict
    assert verdict is not None
    assert (verdict.outcome, verdict.verifier, verdict.mechanism, verdict.score, verdict.reason) == (
        "reject", "judge-v2", "judge", 0.41, "low_score",
    )  # fmt: skip
    assert (verdict.cost_usd, verdict.latency_ms, verdict.model) == (2e-05, 500.0, "gpt-4o-mini")
    assert (flagship.tier, flagship.verdict, event.latency_ms) == ("flagship", None, 2500.0)
    assert derive(event, ORDER).path == "escalated"


@pytest.mark.parametrize(
    ("answer", "outcome", "score"),
    [
        ("accept", "accept", None),
        ("Reject: it misses the point", "reject", None),
        ('{"verdict": "reject", "score": 0.2, "why": "secret"}', "reject", 0.2),
        ("**Accepted**", "accept", None),
        ("I think it is fine", "unparseable", None),
        ("Acceptance would be wrong", "unparseable", None),
        ('{"verdict": 7}', "unparseable", None),
        ('```json\n{"verdict": "accept", "score": 0.9}\n```', "accept", 0.9),
        ('```json {"verdict": "reject"}``` since it is wrong', "reject", None),
        ("```\naccept\n```", "accept", None),
        ("```accept```", "accept", None),
        ("```json\n{", "unparseable", None),
    ],
)
def test_a_verdict_nobody_marked_is_read_off_the_verifiers_answer(
    answer: str, outcome: str, score: float | None
) -> None:
    asked = judge(2, 1) | {"response": {"choices": [{"message": {"content": answer}}]}}
    verdict = one(call(1), asked).attempts[0].verdict
    assert verdict is not None
    assert (verdict.outcome, verdict.score, verdict.reason) == (outcome, score, None)


SHAPES: dict[str, Any] = {
    "chat completions in parts": {
        "choices": [
            {"message": {"content": [{"type": "text", "text": "acc"}, {"type": "text", "text": "ept"}]}}
        ]
    },
    "Responses": {
        "output": [
            {"type": "reasoning", "content": [{"type": "reasoning_text", "text": "Reject? No."}]},
            {"type": "message", "content": [{"type": "output_text", "text": "accept"}]},
        ]
    },
    "an object alone": '{"verdict": "accept", "content": "reject, I thought"}',
    "Messages": {"content": [{"type": "thinking", "thinking": "Hm"}, {"type": "text", "text": "accept"}]},
}


@pytest.mark.parametrize("dumped", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_verifiers_answer_is_read_in_every_form_an_answer_is_logged_in(shape: str, dumped: bool) -> None:
    shaped = SHAPES[shape]
    response = json.dumps(shaped) if dumped and isinstance(shaped, dict) else shaped
    verdict = one(call(1), judge(2, 1) | {"response": response}).attempts[0].verdict
    assert verdict is not None
    assert verdict.outcome == "accept"


def test_an_answer_may_carry_its_own_verdict_in_metadata_or_tags() -> None:
    for marked in (call(1, marks={"verdict": "reject"}), call(1, tags=["verdict:rejected", "User-Agent: x"])):
        assert derive(one(marked, big(2, 1)), ORDER).path == "escalated"


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        ("RateLimitError", "429", "rate_limited"),
        ("Timeout", "408", "timeout"),
        ("InternalServerError", "500", "error"),
        ("ContentPolicyViolationError", "400", "refused"),
    ],
)
def test_a_fallback_after_a_failure_is_no_escalation(error: str, code: str, status: str) -> None:
    event = one(failed(1, error, code), big(2, 1))
    facts = derive(event, ORDER)
    assert (facts.path, facts.cause, facts.escalations, event.attempts[0].usage) == (
        "fallback",
        status,
        0,
        None,
    )


def test_the_marks_a_router_hands_on_to_its_fallback_are_not_those_of_the_other_tier() -> None:
    event = one(
        failed(1, "Timeout", "408", request_tags=["tier:cheap"]), big(2, 1, request_tags=["tier:cheap"])
    )
    assert [a.tier for a in event.attempts] == ["cheap", "flagship"]


def test_a_verifier_that_failed_is_a_judge_failure_and_its_retry_counts_with_its_cost() -> None:
    lost = failed(
        2, "Timeout", "408", startTime=START + 1, metadata={"requester_metadata": {"role": "verifier"}}
    )
    assert derive(one(call(1), lost, big(3, 2)), ORDER).cause == "judge"
    verdict = one(call(1), judge(2, 1, verdict="reject"), judge(3, 1.6, verdict="accept")).attempts[0].verdict
    assert verdict is not None
    assert (verdict.outcome, verdict.cost_usd) == ("accept", 4e-05)


def test_an_answer_from_the_cache_costs_nothing() -> None:
    event = one(call(1, cache_hit=True, response_cost=0.0))
    (attempt,) = event.attempts
    assert (attempt.kind, attempt.tier, attempt.cost_usd) == ("cache", "cache", 0)
    assert derive(event, ORDER).path == "cached"
    assert one(row(1, cache_hit="True", spend=0.0)).attempts[0].kind == "cache"


def test_a_stream_that_broke_off_keeps_what_it_cost_until_then() -> None:
    broken = failed(1, "APIConnectionError", "500", stream=True, prompt_tokens=10, completion_tokens=3,
                    response_cost=3.3e-06)  # fmt: skip
    (attempt,) = one(broken).attempts
    assert (attempt.status, attempt.cost_usd, attempt.usage) == ("error", 3.3e-06, Usage(input=10, output=3))


def test_a_cost_of_nothing_for_tokens_used_is_not_believed() -> None:
    events, _, notices = told(lines(call(1, response_cost=0.0)))
    assert events[0].attempts[0].cost_usd is None
    assert any(n.startswith("1 calls used tokens at a cost of 0") for n in notices)


@pytest.mark.parametrize(
    ("usage", "disjoint"),
    [
        (
            {"prompt_tokens_details": {"cached_tokens": 600, "cache_creation_tokens": 100}},
            Usage(300, 600, 100, 200),
        ),
        ({"cache_read_input_tokens": 600, "cache_creation_input_tokens": 0}, Usage(400, 600, None, 200)),
        ({"cache_read_input_tokens": 5000, "total_tokens": 6200}, Usage(1000, 5000, None, 200)),
        ({"completion_tokens_details": {"reasoning_tokens": 150}}, Usage(1000, None, None, 200, 150)),
        ({"completion_tokens_details": {"reasoning_tokens": 900}}, Usage(1000, None, None, 1100, 900)),
    ],
)
def test_tokens_become_disjoint(usage: dict[str, Any], disjoint: Usage) -> None:
    total = usage.get("total_tokens", 1200)
    counts = {"prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": total}
    assert one(call(1, **counts, metadata={"usage_object": usage})).attempts[0].usage == disjoint


def test_money_is_read_by_its_digits() -> None:
    (c,) = (read(1, lines(call(1)).replace(b"1.35e-05", b"0.100000000000000000001", 1)),)
    assert not isinstance(c, Rejection | str)
    assert str(c.cost) == "0.100000000000000000001"


def test_a_call_without_a_trace_is_an_event_of_its_own() -> None:
    events, _, _ = told(lines(call(1, trace_id=None, session_id=None), call(2, trace_id="", after=1)))
    assert [e.id for e in events] == ["call-1", "call-2"]


def test_turns_of_a_conversation_that_share_a_trace_are_events_of_their_own() -> None:
    events, _, _ = told(lines(call(1), call(2, after=30), judge(3, 31, verdict="accept"), big(4, 60)))
    assert [(e.id, len(e.attempts)) for e in events] == [("call-1", 1), ("call-2", 1), ("call-4", 1)]


LATER = 6 * 3600.0


@pytest.mark.parametrize(
    "before",
    [
        [call(1)],
        [call(1, marks={"verdict": "reject"})],
        [call(1), judge(2, 1, verdict="reject")],
        [failed(1, "Timeout", "408")],
    ],
    ids=["nobody judged", "rejected", "rejected by a verifier", "failed"],
)
def test_what_follows_hours_later_is_an_event_of_its_own(before: list[dict[str, Any]]) -> None:
    events, refused, _ = told(lines(*before, big(3, LATER)))
    assert [(e.id, len(e.attempts)) for e in events] == [("call-1", 1), ("call-3", 1)]
    assert refused == []
    assert all(e.latency_ms is not None and e.latency_ms < 2_000 for e in events)


def test_the_pause_is_measured_from_the_end_of_what_came_before() -> None:
    slow = [call(1, endTime=START + 100), judge(2, 100, verdict="reject") | {"endTime": START + 200}]
    assert len(one(*slow, big(3, 319)).attempts) == 2
    assert len(told(lines(*slow, big(3, 321)))[0]) == 2


def test_a_verifier_may_judge_hours_later_and_nobody_waits_for_it() -> None:
    event = one(call(1), judge(2, 1, verdict="accept"), judge(3, LATER, verdict="reject"))
    verdict = event.attempts[0].verdict
    assert verdict is not None
    assert (verdict.outcome, event.latency_ms) == ("reject", 1500.0)


def test_calls_marked_as_one_request_are_one_event_whatever_they_are() -> None:
    marks = {
        "request": "r1",
        "cascade": "checkout",
        "route": "faq",
        "revision": "v7",
        "caller": "c",
        "session": "s",
    }
    event = one(call(1, "t1", marks=marks), call(2, "t2", 600, marks=marks))
    assert (event.id, len(event.attempts)) == ("r1", 2)
    assert (event.cascade, event.route, event.revision, event.caller, event.session) == (
        "checkout", "faq", "v7", "c", "s",
    )  # fmt: skip


def test_what_is_set_stands_where_no_call_is_marked() -> None:
    event = one(call(1, tags=["route:faq"], end_user=None), cascade="a", route="b", revision="c", caller="d")
    assert (event.cascade, event.route, event.revision, event.caller) == ("a", "faq", "c", "d")


def test_without_a_name_the_cascade_is_litellm_and_that_is_said() -> None:
    events, _, notices = told(lines(call(1)), route="faq")
    assert events[0].cascade == "litellm"
    assert any("1 events name no cascade" in n for n in notices)


def test_that_nothing_was_judged_is_said_once() -> None:
    notices = told(lines(call(1), call(2, "t2")))[2]
    assert [n.partition(":")[0] for n in notices] == ["nothing was judged"]
    assert told(lines(call(1), judge(2, 1, verdict="accept")))[2] == []


def test_calls_that_answer_nobody_are_left_out_and_counted() -> None:
    events, _, notices = told(
        lines(call(1), call(2, call_type="aembedding"), call(3, call_type="aembedding"))
    )
    assert len(events) == 1
    assert notices[-1] == "2 calls that answer nobody were left out: aembedding"


def test_a_call_that_was_logged_twice_counts_once() -> None:
    events, _, notices = told(lines(failed(1, "Timeout", "408"), failed(1, "Timeout", "408"), big(2, 1)))
    assert [len(e.attempts) for e in events] == [2]
    assert "1 calls stand in the file twice and count once" in notices


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b"{not json", None),
        (b'"text"', None),
        (b'{"id": "x", "model": "m"}', "call_type"),
        (lines(call(1, startTime="yesterday")), "startTime"),
        (lines(call(1, startTime=-1)), "startTime"),
        (lines(call(1, startTime=1e300)), "startTime"),
        (lines(call(1, response_cost=-1)), "response_cost"),
        (lines(call(1, response_cost="NaN")), "response_cost"),
        (lines(call(1)).replace(b"1.35e-05", b"1e400", 1), "response_cost"),
        (lines(call(1, prompt_tokens=-3)), "prompt_tokens"),
        (lines(call(1, metadata={"usage_object": {"total_tokens": "x"}})), "metadata.usage_object"),
        (lines(call(1, metadata="{")), "metadata"),
        (lines(call(1, id="None", litellm_call_id=None)), "id"),
        (lines(call(1, litellm_call_id="x" * 200)), "id"),
        (lines(call(1, marks={"verdict": "maybe"})), "verdict"),
        (lines(call(1, marks={"verdict": "accept", "score": "high"})), "score"),
        (lines(call(1, marks={"verdict": "accept", "score": "nan"})), "score"),
        (lines(call(1, marks={"verdict": "reject", "threshold": "-inf"})), "threshold"),
        (lines(call(1, request_tags="{")), "request_tags"),
        (lines(judge(1, 0, verdict="accept")), "role"),
        (lines(call(1, startTime=START + 90_000_000)), "time"),
        (b"[" * 100_000, None),
        (b'{"metadata": ' + b'{"a":' * 50_000 + b"}" * 50_001, None),
    ],
)
def test_a_hostile_line_is_refused_by_its_row_and_the_others_are_read(raw: bytes, field: str | None) -> None:
    events, refused, _ = told(lines(call(7, "before"), raw.rstrip(b"\n"), call(8, "after")))
    assert [(r.index, r.field) for r in refused] == [(2, field)]
    assert refused[0].reason
    assert [e.id for e in events] == ["call-7", "call-8"]


def test_a_call_that_is_refused_goes_by_the_id_its_event_would_have() -> None:
    for refused, name in ((call(1, response_cost=-1), "call-1"), (row(1, spend=-1), "chatcmpl-1")):
        assert [r.id for r in told(lines(refused))[1]] == [name]
    known = {"litellm_call_id": "call-1"}
    assert (
        one(row(1, metadata=known)).id == told(lines(row(1, metadata=known, spend=-1)))[1][0].id == "call-1"
    )


@pytest.mark.parametrize("response", [{}, "{}", "", None, {"choices": []}, {"candidates": [{}]}])
def test_a_verifier_that_says_nothing_refuses_its_event_not_its_trace_alone(response: Any) -> None:
    silent = judge(2, 1) | {"response": response}
    events, refused, _ = told(lines(call(1), silent, call(3, "t2")))
    assert [(r.index, r.id, r.field) for r in refused] == [(2, "call-1", "verdict")]
    assert [e.id for e in events] == ["call-3"]


def test_a_request_of_more_attempts_than_an_event_has_is_refused() -> None:
    many = [call(n, after=n, marks={"request": "loop"}) for n in range(17)]
    assert [(r.id, r.field) for r in told(lines(*many))[1]] == [("loop", "attempts")]


def test_calls_of_a_trace_are_found_within_the_window_and_later_ones_are_an_event_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("collectors.litellm.WINDOW", 50)
    between = [call(n, f"other-{n}") for n in range(10, 60)]
    near, _, _ = told(lines(failed(1, "Timeout", "408"), *between[1:], big(2, 1)))
    far, _, _ = told(lines(failed(1, "Timeout", "408"), *between, big(2, 1)))
    assert (len(near), len(far)) == (50, 52)
    assert "call-2" in {e.id for e in far} - {e.id for e in near}


def test_memory_is_bounded_by_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collectors.litellm.WINDOW", 100)
    prompt = "x" * 50_000

    def source() -> Iterator[tuple[int, bytes]]:
        for n in range(2_000):
            yield n, lines(call(n, "the same" if n % 2 else f"t{n}", after=n, messages=prompt))

    tracemalloc.start()
    count = sum(isinstance(o, Decoded) for o in decode(source(), Options(), NOW, OLDEST))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 2_000
    assert peak < 5_000_000  # the prompts alone are 100 MB


def test_that_both_shapes_stand_in_one_file_is_said() -> None:
    said = [n.partition(":")[0] for n in told(lines(row(1), row(2, session_id="s2"), call(1)))[2]]
    assert said == ["2 rows of the table of spend stand beside 1 payloads of a logger"]
    for alone in (lines(row(1)), lines(call(1, marks={"verdict": "accept"}))):
        assert told(alone)[2] == []


def test_the_same_file_twice_is_all_duplicates_and_so_is_one_that_was_cut(
    writer: Writer, file: Callable[..., str]
) -> None:
    calls = [
        c for n in range(20) for c in (call(2 * n, f"t{n}"), judge(2 * n + 1, 1, f"t{n}", verdict="accept"))
    ]
    options = Options(constants={"cascade": "support"})
    assert counters(file(lines(*calls[:20])), writer, options=options) == (10, 10, 0, 0, 0)
    assert counters(file(lines(*calls)), writer, options=options) == (20, 10, 10, 0, 0)
    assert counters(file(lines(*calls)), writer, options=options) == (20, 0, 20, 0, 0)


def test_a_request_that_was_cut_apart_is_a_conflict_and_never_counts_twice(
    writer: Writer, file: Callable[..., str]
) -> None:
    calls = [failed(1, "Timeout", "408"), big(2, 1)]
    assert counters(file(lines(calls[0])), writer) == (1, 1, 0, 0, 0)
    assert counters(file(lines(*calls)), writer) == (1, 0, 0, 1, 0)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    "data",
    [
        lines(call(1), call(2, "t2")),
        lines(row(1), row(2, session_id="s2")),
        json.dumps([call(1), call(2, "t2")]).encode(),
        lines([call(1)], [call(2, "t2")]),
        b"[" + json.dumps(row(1)).encode() + b", \n " + json.dumps(row(2, session_id="s2")).encode() + b"]\n",
    ],
    ids=["payloads", "rows", "array", "an array a line", "array with one a line"],
)
def test_auto_recognises_calls_in_lines_and_arrays(
    file: Callable[..., str], data: bytes, packed: bool
) -> None:
    path = file(gzip.compress(data) if packed else data, "export")
    assert counters(path, None) == (2, 2, 0, 0, 0)


def test_an_array_printed_for_people_is_read_a_member_at_a_time(file: Callable[..., str]) -> None:
    data = json.dumps([call(1), {"no": "call"}, call(2, "t2")], indent=2).encode()
    assert counters(file(data, "export.json"), None, format="litellm") == (3, 2, 0, 0, 1)


def test_a_dry_run_writes_nothing(file: Callable[..., str], tmp_path: Path) -> None:
    path = file(lines(call(1), b"{"))
    assert counters(path, None, options=Options(constants={"cascade": "a"})) == (2, 1, 0, 0, 1)
    assert [p.name for p in tmp_path.iterdir()] == ["log.jsonl"]


@pytest.mark.parametrize("form", ["auto", "litellm"])
def test_only_names_can_be_set_and_nothing_can_be_mapped(file: Callable[..., str], form: str) -> None:
    path = file(lines(call(1)))
    for options, said in (
        (Options(constants={"rout": "a"}), r"--set rout: .* gives cascade, route, .*did you mean 'route'"),
        (Options(mapping={"a": "id"}, constants={"route": "a"}), "--map works on CSV only; "),
    ):
        with pytest.raises(InputError, match=said):
            ingest([path], Job(None, NOW, OLDEST, format=form, options=options))


@pytest.mark.parametrize(
    ("refused", "shown"),
    [
        (call(1, marks={"verdict": "maybe"}), '"id":"call-1"'),
        (call(1, response_cost=20_000), '"litellm_call_id":"call-1","trace_id":"t1"'),
        (call(1, end_user=42), '"end_user":42'),
        (call(1, metadata={"usage_object": {"total_tokens": "x"}}), '"metadata":"an object of 1 entries"'),
        (call(1, litellm_call_id=["x"] * 100), '"litellm_call_id":"a list of 100 items"'),
        (call(1, model_group="g" * 5_000, end_user=42), "(5000 characters)"),
        ({k: v for k, v in call(1).items() if k != "startTime"}, '"model_group":"small"'),
        (row(1, spend=-1, messages="secret"), '"request_id":"chatcmpl-1"'),
    ],
)
def test_nothing_of_prompts_and_answers_is_kept_with_what_is_refused(
    refused: dict[str, Any], shown: str
) -> None:
    numbered = enumerate(lines(refused, call(2, "t2")).splitlines(keepends=True), 1)
    out = [o for o in decode(numbered, Options(), NOW, OLDEST) if isinstance(o, Decoded)]
    (kept,) = (o.raw.decode() for o in out if isinstance(o.result, Rejection))
    assert len(out) == 2
    assert "secret" not in kept
    assert shown in kept
    assert len(kept) < 1_000


def test_what_is_kept_of_a_refused_call_is_what_stands_in_the_file_of_rejects(
    writer: Writer, file: Callable[..., str]
) -> None:
    path = file(lines(call(1, response_cost=20_000), call(2, "t2"), {"no": "call"}))
    assert counters(path, writer) == (3, 1, 0, 0, 2)
    one, other = map(json.loads, Path(f"{path}.rejected.jsonl").read_text().splitlines())
    assert (one["line"], one["field"], json.loads(one["record"])["response_cost"]) == (
        1,
        "response_cost",
        20_000,
    )
    assert "secret" not in one["record"]
    assert (other["field"], other["record"]) == ("call_type", '{"no": "call"}')
