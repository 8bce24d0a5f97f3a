"""The calls of one trace as requests, and a request as an event."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec

from cascadewatch.model import ID_LENGTH
from cascadewatch.moments import EPOCH
from cascadewatch.store.receipt import Rejection
from collectors.decode import decode_event
from collectors.formats import SET_OF_CALLS, Decoded
from collectors.litellm_calls import Call

CASCADE = "litellm"
PAUSE = 120 * 1_000_000  # microseconds; a router waits less between an answer and the next try

_encode = msgspec.json.Encoder(decimal_format="number").encode


@dataclass
class Request:
    """Calls that belong together: attempts in the order they began, and what was said of each."""

    attempts: list[Call] = field(default_factory=list)
    tiers: list[str] = field(default_factory=list)
    judging: dict[int, list[Call]] = field(default_factory=dict)  # verifier's calls by attempt
    owners: dict[str, str] = field(default_factory=dict)  # the model group a mark `tier` was first seen with

    @property
    def calls(self) -> list[Call]:
        """All, verifiers' calls among them."""
        return self.attempts + [call for calls in self.judging.values() for call in calls]

    @property
    def latency_ms(self) -> float | None:
        """From the first start to the last end; a verifier's calls that began so long after the answer,
        as at night, that nobody waited for them do not count. None where an end is not known."""
        waited = self.attempts.copy()
        for index, calls in self.judging.items():
            there = _ended(self.attempts[index])
            waited += [call for call in calls if call.start - there <= PAUSE]
        start, ends = min(c.start for c in waited), [c.end for c in waited if c.end is not None]
        return (max(ends) - start) / 1000 if len(ends) == len(waited) and max(ends) >= start else None

    @property
    def judged(self) -> bool:
        """Whether anything was said of any attempt."""
        return bool(self.judging) or any(call.verdict for call in self.attempts)

    def add(self, call: Call) -> None:
        """One more call. A verifier's is of the attempt before it."""
        if call.verifier:
            self.judging.setdefault(len(self.attempts) - 1, []).append(call)
            return
        self.tiers.append(self.tier_of(call))
        self.owners.setdefault(call.marks.get("tier", ""), call.group)
        self.attempts.append(call)

    def tier_of(self, call: Call) -> str:
        """The mark, else the model group. A router hands the marks of a call that failed on to the call
        it falls back to: there the mark is that of the other one."""
        if call.cached:
            return "cache"
        mark = call.marks.get("tier")
        failed = bool(self.attempts) and self.attempts[-1].status != "ok"
        if mark is None or (failed and self.owners.get(mark, call.group) != call.group):
            return call.group
        return mark

    def goes_on_with(self, call: Call) -> bool:
        """Whether a later call of the same trace belongs to this request: it judges the answer before
        it; or it follows soon, and that answer failed or was not accepted, or nobody judged it and a
        tier not yet tried follows."""
        if call.verifier or not self.attempts:
            return bool(self.attempts)
        index = len(self.attempts) - 1
        last = self.attempts[index]
        if call.start - max(map(_ended, (last, *self.judging.get(index, ())))) > PAUSE:
            return False
        if last.status != "ok":
            return True
        outcome = self.verdict(index).get("outcome", "skipped")
        return outcome != "accept" and (outcome != "skipped" or self.tier_of(call) not in self.tiers)

    def verdict(self, index: int) -> dict[str, Any]:
        """What was said of an attempt by the last of the verifier's calls or its own marks; {}: nothing."""
        attempt, calls = self.attempts[index], self.judging.get(index)
        if not calls:
            named = {"verifier": attempt.marks.get("verifier")}
            return _known(**attempt.verdict, **named) if "outcome" in attempt.verdict else {}
        call, costs = calls[-1], [c.cost for c in calls if c.cost is not None]
        return _known(
            **{"mechanism": "judge"} | call.verdict,
            verifier=call.marks.get("verifier") or call.marks.get("tier") or call.group,
            provider=call.provider,
            model=call.model,
            usage=call.usage or None,
            cost_usd=sum(costs, Decimal(0)) if costs and call.cost is not None else None,
            latency_ms=call.latency_ms,
        )

    def event(self, said: Mapping[str, str]) -> dict[str, Any]:
        """The event as it would be sent; `said` stands for names that no call is marked with."""
        calls, first = self.calls, self.attempts[0]
        names = {
            name: next((v for c in calls if (v := _name(c, name))), said.get(name)) for name in SET_OF_CALLS
        }
        return _known(
            id=first.marks.get("request", first.id),
            time=(EPOCH + timedelta(microseconds=min(c.start for c in calls))).isoformat(),
            **names | {"cascade": names["cascade"] or CASCADE},
            latency_ms=self.latency_ms,
            attempts=[self._attempt(i) for i in range(len(self.attempts))],
        )

    def _attempt(self, index: int) -> dict[str, Any]:
        call = self.attempts[index]
        return _known(
            tier=self.tiers[index],
            kind="cache" if call.cached else None,
            provider=call.provider,
            model=call.model,
            status=call.status,
            usage=call.usage or None,
            cost_usd=call.cost,
            latency_ms=call.latency_ms,
            verdict=self.verdict(index) or None,
        )


def requests_of(calls: Iterable[Call], together: bool) -> list[Request]:
    """The requests of one trace in the order they began; `together`: the user says that it is one."""
    found: list[Request] = []
    for call in sorted(calls, key=lambda c: (c.start, c.verifier, c.line)):
        if not found or not (together or found[-1].goes_on_with(call)):
            found.append(Request())
        found[-1].add(call)
    return found


def decoded(request: Request, said: Mapping[str, str], now: int, oldest: int) -> Decoded:
    """The event of a request, or why it is refused, at the line of its first call or of what is wrong."""
    calls = request.calls
    faulty = next((c for c in calls if c.fault), None)
    line = min(c.line for c in calls) if faulty is None else faulty.line
    if not request.attempts or -1 in request.judging:
        reason = "a verifier's call, but no answer comes before it in its trace"
        told = _encode({"id": calls[0].id, "trace": calls[0].trace})
        return Decoded(line, told, Rejection(line, calls[0].id[:ID_LENGTH], "role", reason))
    event = request.event(said)
    raw = _encode(event)
    if faulty is not None and faulty.fault:
        return Decoded(line, raw, Rejection(line, event["id"][:ID_LENGTH], *faulty.fault))
    return Decoded(line, raw, decode_event(raw, line, now, oldest))


def _ended(call: Call) -> int:
    return call.start if call.end is None else call.end


def _name(call: Call, name: str) -> str | None:
    if name in ("caller", "session"):
        return call.caller if name == "caller" else call.session
    return call.marks.get(name)


def _known(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
