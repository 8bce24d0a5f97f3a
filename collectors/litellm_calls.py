"""One logged call of LiteLLM: a standard logging payload, or a row of its table of spend.

Of messages and answers nothing is kept, and nothing is read but a verifier's word.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

import msgspec
from msgspec import Raw, Struct

from cascadewatch.model import ID_LENGTH, Count, Usage
from cascadewatch.openai_usage import Told, usage_of
from cascadewatch.reasons import cut, explain
from cascadewatch.store.receipt import Rejection
from collectors.litellm_answers import told_by
from collectors.litellm_marks import FaultError, marks_of, verdict_of

END_OF_TIME = 253_402_300_800  # seconds: the year 10000
SILENT = (
    "a verifier's call that says none: mark it, or log its answer (accept or reject) in the form of chat "
    "completions, Responses or Messages"
)
ANSWERING = ("completion", "responses", "messages", "generate_content", "pass_through", "passthrough")

Kind = TypeVar("Kind", dict[str, Any], list[Any])


class _Hidden(Struct):
    usage_object: dict[str, Any] | None = None


class _Logged(Struct, rename={"start_time": "startTime", "end_time": "endTime"}):
    """The keys that are read of a line; all others are passed over."""

    call_type: str
    start_time: float | str
    end_time: float | str | None = None
    id: str | None = None
    request_id: str | None = None
    litellm_call_id: str | None = None
    trace_id: str | None = None
    session_id: str | None = None
    status: str | None = None
    model: str | None = None
    model_group: str | None = None
    custom_llm_provider: str | None = None
    end_user: str | None = None
    response_cost: Decimal | None = None
    spend: Decimal | None = None
    prompt_tokens: Count | None = None
    completion_tokens: Count | None = None
    total_tokens: Count | None = None
    cache_hit: bool | str | None = None
    error_str: str | None = None
    error_information: dict[str, Any] | None = None
    request_tags: list[Any] | str | None = None
    metadata: dict[str, Any] | str | None = None
    hidden_params: _Hidden | None = None
    response: Raw = Raw(b"null")


class Call(NamedTuple):
    """What is kept of a call until its request is whole. Times are UTC epoch microseconds."""

    line: int
    row: bool  # of the table of spend, else a logger's payload
    id: str
    trace: str
    start: int
    end: int | None
    group: str  # the model group, else the model
    model: str | None
    provider: str | None
    status: str
    cached: bool
    usage: dict[str, int]
    cost: Decimal | None
    verifier: bool
    marks: dict[str, str]
    verdict: dict[str, Any]
    caller: str | None
    session: str | None
    fault: tuple[str | None, str] | None

    @property
    def latency_ms(self) -> float | None:
        """From start to end; None where the end is not known or lies before the start."""
        return None if self.end is None or self.end < self.start else (self.end - self.start) / 1000

    @property
    def free_by_mistake(self) -> bool:
        """Whether tokens were used for which LiteLLM says no cost, as it does where it knows no price."""
        return bool(self.usage) and self.cost is None and self.status == "ok" and not self.cached


_decode = msgspec.json.Decoder(_Logged).decode


def read(line: int, raw: bytes) -> Call | Rejection | str:
    """The call of a line, why it is none, or its type where such calls answer nobody."""
    try:
        logged = _decode(raw)
    except msgspec.ValidationError as error:
        return Rejection(line, None, *explain(error, raw, _Logged))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Rejection(line, None, None, cut(f"not valid JSON: {error}"))
    metadata: dict[str, Any] = {}
    try:
        metadata = _from_text("metadata", logged.metadata, dict)
        return _call(line, logged, metadata)
    except FaultError as fault:
        identity = _identity(logged, metadata)
        return Rejection(line, identity and identity[:ID_LENGTH], fault.field, fault.reason)


def _call(line: int, logged: _Logged, metadata: dict[str, Any]) -> Call | str:
    marks = marks_of(metadata, _from_text("request_tags", logged.request_tags, list))
    if not _answers(logged.call_type) and not marks.keys() & {"tier", "role", "verdict"}:
        return logged.call_type
    status, cached = _status(logged, metadata), str(logged.cache_hit).lower() == "true"
    verifier = marks.get("role", "").lower() == "verifier"
    verdict, fault = _verdict(logged, marks, verifier, status)
    identity, (provider, model) = _identity(logged, metadata), _sold(logged, status)
    if identity is None:
        raise FaultError("id", "missing; a call has an id, a request_id or a litellm_call_id")
    group = logged.model_group or logged.model or marks.get("tier") or ""
    return Call(
        line=line,
        row=bool(logged.request_id and not logged.id),
        id=identity,
        trace=_trace(logged, marks, identity),
        start=_micros("startTime", logged.start_time),
        end=None if logged.end_time in (None, "") else _micros("endTime", logged.end_time),
        group=group,
        model=model,
        provider=provider,
        status=status,
        cached=cached,
        usage={} if cached else _usage(logged, metadata),
        cost=Decimal(0) if cached else _cost(logged),
        verifier=verifier,
        marks=marks,
        verdict=verdict,
        caller=marks.get("caller") or logged.end_user or metadata.get("user_api_key_end_user_id") or None,
        session=marks.get("session") or (logged.session_id if logged.trace_id else None) or None,
        fault=fault or (None if group else ("model_group", "missing, and no model and no mark tier either")),
    )


def _verdict(
    logged: _Logged, marks: dict[str, str], verifier: bool, status: str
) -> tuple[dict[str, Any], tuple[str | None, str] | None]:
    """What the call says of an attempt's verdict, and what is wrong with that."""
    try:
        said = verdict_of(marks) if verifier or "verdict" in marks else {}
    except FaultError as fault:
        return {}, (fault.field, fault.reason)
    if not verifier:
        return (said if status == "ok" else {}), None  # a call that failed answered nothing to judge
    if status != "ok":
        return said | {"outcome": "timeout" if status == "timeout" else "error"}, None
    said = said if "outcome" in said else told_by(bytes(logged.response)) | said
    if "outcome" in said:
        return said, None
    return {}, ("verdict", SILENT)


def _from_text(field: str, value: Any, kind: type[Kind]) -> Kind:
    """A value that a dump of the table has as text; empty where it is of another kind."""
    if isinstance(value, str) and value:
        try:
            value = msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError):
            word = "an object" if kind is dict else "an array"
            raise FaultError(field, f"expected {word}, got text that is none") from None
    return value if isinstance(value, kind) else kind()


def _answers(call_type: str) -> bool:
    return not call_type or any(word in call_type for word in ANSWERING)


def _identity(logged: _Logged, metadata: dict[str, Any]) -> str | None:
    """LiteLLM's own id of the call before the provider's: some servers give every answer the same one."""
    own = logged.litellm_call_id or metadata.get("litellm_call_id")
    for name in (own, logged.id, logged.request_id):
        if isinstance(name, str) and name and name != "None":
            return name
    return None


def _trace(logged: _Logged, marks: dict[str, str], identity: str) -> str:
    """The key calls are brought together by. A mark never meets a trace that is called like it."""
    if "request" in marks:
        return f"request {marks['request']}"
    return f"trace {logged.trace_id or logged.session_id or identity}"


def _micros(field: str, value: float | str | None) -> int:
    """UTC epoch microseconds. A time without a zone is UTC: so the table keeps it."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise FaultError(field, f"expected a time or epoch seconds, got {value[:40]!r}") from None
        zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        value = zoned.timestamp()
    if value is None or not 0 <= value < END_OF_TIME:
        raise FaultError(field, "expected seconds since 1970")
    return round(value * 1_000_000)


def _status(logged: _Logged, metadata: dict[str, Any]) -> str:
    if (logged.status or metadata.get("status") or "success") == "success":
        return "ok"
    error = logged.error_information or metadata.get("error_information") or {}
    error = error if isinstance(error, dict) else {}
    name, code = str(error.get("error_class") or logged.error_str or ""), str(error.get("error_code") or "")
    if "Timeout" in name or code in ("408", "504"):
        return "timeout"
    if "RateLimit" in name or code == "429":
        return "rate_limited"
    return "refused" if "ContentPolicy" in name or "Guardrail" in name else "error"


def _sold(logged: _Logged, status: str) -> tuple[str | None, str | None]:
    """The provider, and the model as it calls it: LiteLLM writes the provider before the model, and of
    some calls that failed nowhere else."""
    provider, model = logged.custom_llm_provider, logged.model or ""
    if not provider and status != "ok" and "/" in model:
        provider = model.partition("/")[0]
    return provider or None, model.removeprefix(f"{provider}/") or None


def _cost(logged: _Logged) -> Decimal | None:
    """What LiteLLM worked out. It writes 0 where it knows no price and for what failed, so 0 is not taken."""
    field = "spend" if logged.response_cost is None else "response_cost"
    cost = logged.spend if logged.response_cost is None else logged.response_cost
    if not cost:
        return None
    if not cost.is_finite() or not 0 < cost <= 10_000:
        raise FaultError(field, f"expected dollars from 0 to 10,000, got {str(cost)[:40]}")
    return cost


def _usage(logged: _Logged, metadata: dict[str, Any]) -> dict[str, int]:
    """Disjoint counts; {} where none were used, since LiteLLM writes 0 for unknown."""
    extra = metadata.get("usage_object") or metadata.get("additional_usage_values")
    extra = extra or (logged.hidden_params and logged.hidden_params.usage_object) or {}
    try:
        told = msgspec.convert(extra, Told, strict=False)
    except msgspec.ValidationError as error:
        raise FaultError("metadata.usage_object", cut(str(error))) from None
    told.prompt_tokens = logged.prompt_tokens or told.prompt_tokens or 0
    told.completion_tokens = logged.completion_tokens or told.completion_tokens or 0
    told.total_tokens = logged.total_tokens or told.total_tokens
    if not told.prompt_tokens and not told.completion_tokens:
        return {}
    counts = msgspec.structs.asdict(usage_of(told) or Usage())
    return {name: n for name, n in counts.items() if n or name in ("input", "output")}
