"""Format `cascadeflow`: the run log of that router's benchmark, JSON Lines.

A log holds one `single_call` for each query, in which the drafter answers alone, and one
`cascade_run`, in which the router decides. One event is made of each run; docs/ingest-files.md
says which fields come from which line and what the log lacks. The whole log is held in memory,
since what its lines mean depends on one another.
"""

from collections.abc import Iterator
from math import floor, log10
from statistics import median
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta, Struct

from cascadewatch.model import Count, Millis, Usage, Usd
from cascadewatch.pricing.book import PriceBook
from cascadewatch.pricing.rates import Rates, cost
from cascadewatch.reasons import cut
from cascadewatch.store.receipt import Rejection
from collectors.decode import decode_event
from collectors.formats import Decoded, Lines, Notice, Options, too_long
from collectors.plausibility import ceiling, implausible, split
from collectors.reading import LongLine

CASCADE, DRAFTER, FLAGSHIP, VERIFIER = "cascadeflow", "drafter", "flagship", "cascadeflow"
# Runs of the recorded log in which the drafter alone answered cost 0.2 to 1.5 times its single
# call, all others more than 280 times; a correct bill of a second model lies beyond 3.
DRAFTER_ONLY, ESCALATED = 2.0, 3.0

LACKS = (
    "a cascadeflow log lacks: the verifier's verdict, cost and latency (the verdict is told from the bill), "
    "tokens and confidence of a run (0 is written for both and not taken), the time of a run and what its "
    "own drafter call used (both are those of the single call of the same query)"
)


class SingleCall(Struct, frozen=True, tag_field="kind", tag="single_call"):
    """The drafter alone, before any cascade ran."""

    query_id: str
    unix_time: Annotated[float, Meta(ge=0, lt=253_402_300_800)]  # before the year 10000
    model: str
    provider: str | None = None
    tokens_used: Count | None = None
    confidence: float | None = None
    latency_ms: Millis | None = None
    cost_usd: Usd | None = None
    error: str | None = None


class CascadeRun(Struct, frozen=True, tag_field="kind", tag="cascade_run"):
    """One query through the router. `tokens_used` and `confidence` are always 0 and left out."""

    query_id: str
    actual_model_used: str
    actual_provider: str | None = None
    domain: str | None = None
    category: str | None = None
    expected_routing: str | None = None
    latency_ms: Millis | None = None
    cost_usd: Usd | None = None


class _Joined(NamedTuple):
    """A run with its drafter's single call, and what the bill says happened."""

    line: int
    raw: bytes
    run: CascadeRun
    call: SingleCall
    route: str  # accepted, escalated, direct, alone (no verifier is named) or unknown

    @property
    def upper(self) -> str:
        """The model that is not the drafter."""
        return self.run.actual_model_used.removeprefix(f"{self.call.model}+")

    @property
    def upper_usd(self) -> float | None:
        """What the run claims to have cost beyond the drafter."""
        if self.run.cost_usd is None or self.route not in ("escalated", "direct"):
            return None
        drafter = self.call.cost_usd or 0.0 if self.route == "escalated" else 0.0
        return max(0.0, self.run.cost_usd - drafter)


class _Findings(NamedTuple):
    """What only the whole log tells."""

    usages: dict[int, Usage]  # of the drafter, by line of the run
    refused: dict[int, str]  # lines whose claimed cost is not taken
    factor: float | None  # how many times too high those are


_decode = msgspec.json.Decoder(SingleCall | CascadeRun).decode


def decode(lines: Lines, options: Options, now: int, oldest: int) -> Iterator[Decoded | Notice]:
    """One event for each run; rejections for lines that cannot be read or joined; notices at the end."""
    calls: dict[str, SingleCall] = {}
    runs: list[tuple[int, bytes, CascadeRun]] = []
    for line, raw in lines:
        if type(raw) is LongLine:
            yield too_long(line, raw)
            continue
        if raw.isspace():
            continue
        try:
            record = _decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            yield Decoded(line, raw, Rejection(line, None, None, cut(str(error))))
            continue
        if isinstance(record, SingleCall):
            calls[record.query_id] = record
        else:
            runs.append((line, raw, record))
    joined = [_Joined(*found, calls[found[2].query_id], "") for found in runs if found[2].query_id in calls]
    joined = [j._replace(route=_route(j.run, j.call)) for j in joined]
    findings = _findings(joined, options.prices or PriceBook())
    for line, raw, run in runs:
        if run.query_id not in calls:
            yield Decoded(line, raw, _unjoined(line, run))
    for j in joined:
        event = msgspec.json.encode(_event(j, findings))
        yield Decoded(j.line, j.raw, decode_event(event, j.line, now, oldest))
    yield from _notices(joined, findings, len(calls.keys() - {run.query_id for _, _, run in runs}))


def _unjoined(line: int, run: CascadeRun) -> Rejection:
    reason = "no single_call has this query_id, so neither its time nor its drafter is known"
    return Rejection(line, run.query_id, "query_id", reason)


def _route(run: CascadeRun, call: SingleCall) -> str:
    """Which models answered, as far as the names and the bill tell.

    Both models are named whenever the drafter ran, also where the second was never asked.
    """
    if run.actual_model_used == call.model:
        return "alone"
    if not run.actual_model_used.startswith(f"{call.model}+"):
        return "direct"
    if run.cost_usd is None or not call.cost_usd:
        return "unknown"
    if run.cost_usd <= DRAFTER_ONLY * call.cost_usd:
        return "accepted"
    return "escalated" if run.cost_usd >= ESCALATED * call.cost_usd else "unknown"


def _findings(joined: list[_Joined], prices: PriceBook) -> _Findings:
    usages = _usages(joined, prices)
    refused: dict[int, str] = {}
    ratios: list[float] = []
    for model in sorted({j.upper for j in joined if j.upper_usd}):
        claims = [(j, r) for j in joined if j.upper == model and j.upper_usd and (r := _rates(j, prices))]
        reasons = {j.line: why for j, r in claims if (why := _impossible(j, r, usages))}
        if 2 * len(reasons) > len(claims):  # the price itself was wrong, so no bill made with it counts
            first = next(iter(reasons.values()))
            reasons = {j.line: reasons.get(j.line, first) for j, _ in claims}
        refused |= reasons
        ratios += [x for j, r in claims if j.line in reasons and (x := _times(j, r, usages))]
    return _Findings(usages, refused, median(ratios) if ratios else None)


def _rates(j: _Joined, prices: PriceBook) -> Rates | None:
    provider = j.run.actual_provider if j.route == "direct" else None  # of a pair it is the drafter's
    return prices.rates(j.upper, provider, int(j.call.unix_time * 1000))


def _impossible(j: _Joined, rates: Rates, usages: dict[int, Usage]) -> str | None:
    prompt = usages[j.line].input if j.line in usages else j.call.tokens_used
    if prompt is None or j.run.latency_ms is None or j.upper_usd is None:
        return None
    return implausible(j.upper_usd, ceiling(prompt, j.run.latency_ms), rates)


def _times(j: _Joined, rates: Rates, usages: dict[int, Usage]) -> float | None:
    """The claimed cost over that of the drafter's token counts at the model's list price."""
    expected = cost(rates, usages.get(j.line, Usage()))
    return (j.upper_usd or 0.0) * 1e9 / expected if expected else None


def _usages(joined: list[_Joined], prices: PriceBook) -> dict[int, Usage]:
    """The drafter's input and output tokens where its bill tells them: for all calls or for none,
    since one bill may come out even by chance."""
    found: dict[int, Usage] = {}
    for j in joined:
        if j.call.error is not None or j.call.tokens_used is None or j.call.cost_usd is None:
            continue
        rates = prices.rates(j.call.model, j.call.provider, int(j.call.unix_time * 1000))
        usage = split(j.call.tokens_used, j.call.cost_usd, rates) if rates else None
        if usage is None:
            return {}
        found[j.line] = usage
    return found


def _event(j: _Joined, findings: _Findings) -> dict[str, Any]:
    attempts = [] if j.route == "direct" else [_drafter(j, findings)]
    if j.route in ("escalated", "direct"):
        attempts.append(_flagship(j, findings))
    tags = {"category": j.run.category, "expected_routing": j.run.expected_routing}
    return _known(
        id=j.run.query_id,
        time=_rfc3339(j.call.unix_time),
        cascade=CASCADE,
        route=j.run.domain,
        latency_ms=j.run.latency_ms,
        attempts=attempts,
        tags=_known(**tags) or None,
    )


def _drafter(j: _Joined, findings: _Findings) -> dict[str, Any]:
    call, usage = j.call, findings.usages.get(j.line)
    if call.error is not None:
        return {"tier": DRAFTER, "model": call.model}
    outcome = {"accepted": "accept", "escalated": "reject"}.get(j.route)
    verdict = _known(outcome=outcome, verifier=VERIFIER, mechanism="confidence", score=call.confidence)
    return _known(
        tier=DRAFTER,
        provider=call.provider,
        model=call.model,
        usage=_known(input=usage.input, output=usage.output) if usage else None,
        cost_usd=call.cost_usd,
        latency_ms=None if _too_slow(j) else call.latency_ms,
        verdict=verdict if outcome else None,
    )


def _flagship(j: _Joined, findings: _Findings) -> dict[str, Any]:
    return _known(
        tier=FLAGSHIP,
        provider=j.run.actual_provider if j.route == "direct" else None,
        model=j.upper,
        cost_usd=None if j.line in findings.refused else j.upper_usd,
    )


def _too_slow(j: _Joined) -> bool:
    """The single call waited longer than the whole run took, so its latency is not the run's."""
    alone, whole = j.call.latency_ms, j.run.latency_ms
    return alone is not None and whole is not None and alone > whole


def _notices(joined: list[_Joined], findings: _Findings, alone: int) -> Iterator[Notice]:
    yield Notice(LACKS)
    if findings.refused:
        times = f"about {_rounded(findings.factor):,} times " if findings.factor else ""
        yield Notice(
            f"{len(findings.refused)} costs {times}too high were not taken, so they count as unpriced: "
            f"{next(iter(findings.refused.values()))}"
        )
    slow = sum(_too_slow(j) for j in joined if j.route != "direct")
    if slow:
        yield Notice(f"{slow} drafter latencies longer than the whole run were not taken")
    unknown = sum(j.route == "unknown" for j in joined)
    if unknown:
        yield Notice(f"{unknown} runs do not tell whether the second model was asked; they have no verdict")
    if alone:
        yield Notice(f"{alone} single calls without a cascade run were left out")


def _rounded(number: float) -> int:
    """One significant digit: the factor is an estimate."""
    return int(round(number, -floor(log10(number))))


def _known(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _rfc3339(unix_time: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(unix_time, UTC).isoformat()
