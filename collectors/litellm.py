"""Format `litellm`: calls as its JSON loggers write them, and rows of its table of spend.

One call is one attempt. The calls of a trace are held until the trace has not been named for WINDOW
calls; docs/ingest-files.md says which of them make one event, and how a user marks verdicts.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cascadewatch.store.receipt import Rejection
from collectors.formats import Decoded, Lines, Notice, Options, too_long
from collectors.json_records import records
from collectors.litellm_calls import Call, read
from collectors.litellm_refused import without_texts
from collectors.litellm_requests import CASCADE, Request, decoded, requests_of
from collectors.reading import LongLine

WINDOW = 10_000  # calls without a trace after which it is taken for ended
MOST_HELD = 256  # calls of one trace; of more, all but the last request are told

UNJUDGED = (
    "nothing was judged: no call is marked with a verdict, so there is no escalation rate; mark a verifier's "
    "calls with role: verifier, or an answer with verdict: accept or reject (docs/ingest-files.md)"
)


@dataclass
class _Trace:
    """Calls of one trace that are not told yet, and when the last of them was read."""

    calls: list[Call] = field(default_factory=list)
    seen: int = 0

    @property
    def together(self) -> bool:
        """Whether the user says that these calls are one request."""
        return "request" in self.calls[0].marks

    def requests(self) -> list[Request]:
        """What the calls are; one that was logged twice counts once."""
        return requests_of({(c.id, c.start // 1000): c for c in reversed(self.calls)}.values(), self.together)


@dataclass
class _Tally:
    """What the reader of a file should know about it as a whole."""

    calls: int = 0
    rows: int = 0
    judged: int = 0
    unnamed: int = 0
    unpriced: int = 0
    twice: int = 0
    other: Counter[str] = field(default_factory=Counter)

    def add(self, request: Request, said: Mapping[str, str]) -> None:
        """Counts what one event brings."""
        calls = request.calls
        self.judged += request.judged
        self.unpriced += sum(call.free_by_mistake for call in calls)
        self.unnamed += "cascade" not in said and not any("cascade" in call.marks for call in calls)

    def notices(self, events: int) -> Iterator[Notice]:
        """In the order of weight."""
        if events and not self.judged:
            yield Notice(UNJUDGED)
        if self.unnamed:
            yield Notice(
                f"{self.unnamed} events name no cascade and count under {CASCADE!r}; say --set cascade=NAME"
            )
        if self.unpriced:
            yield Notice(
                f"{self.unpriced} calls used tokens at a cost of 0, which LiteLLM writes where it knows no "
                "price; they are priced from the list here, and a model that is free by a [[price]] of 0"
            )
        if 0 < self.rows < self.calls:
            yield Notice(
                f"{self.rows} rows of the table of spend stand beside {self.calls - self.rows} payloads of a "
                "logger: a call that is in both counts twice; load one of the two"
            )
        if self.twice:
            yield Notice(f"{self.twice} calls stand in the file twice and count once")
        if self.other:
            kinds = ", ".join(sorted(self.other)[:5])
            yield Notice(f"{self.other.total()} calls that answer nobody were left out: {kinds}")


def decode(lines: Lines, options: Options, now: int, oldest: int) -> Iterator[Decoded | Notice]:
    """Events in the order their traces end; rejections for calls that cannot be read; notices at the end."""
    said = {path: value for path, value in options.constants.items() if value}
    tally, events = _Tally(), 0
    for request in _requests(lines, tally):
        if isinstance(request, Decoded):
            yield request
            continue
        tally.add(request, said)
        events += 1
        yield decoded(request, said, now, oldest)
    yield from tally.notices(events)


def _requests(lines: Lines, tally: _Tally) -> Iterator[Request | Decoded]:
    """Requests as their traces end, and refused calls as they are met."""
    open_: OrderedDict[str, _Trace] = OrderedDict()
    for line, raw in records(lines):
        if type(raw) is LongLine:
            yield too_long(line, raw)
            continue
        call = read(line, raw)
        if isinstance(call, Rejection):
            yield Decoded(line, without_texts(raw, call.field), call)
        elif isinstance(call, str):
            tally.other[call] += 1
        else:
            tally.calls += 1
            tally.rows += call.row
            yield from _held(open_, call, tally)
    for trace in open_.values():
        yield from _told(trace, tally)


def _held(open_: OrderedDict[str, _Trace], call: Call, tally: _Tally) -> Iterator[Request]:
    """Takes a call in; gives the requests that have ended by now."""
    trace = open_.setdefault(call.trace, _Trace())
    trace.calls.append(call)
    trace.seen = tally.calls
    open_.move_to_end(call.trace)
    if len(trace.calls) >= MOST_HELD:
        *ended, last = _told(trace, tally)
        trace.calls = last.calls if ended else []
        yield from ended or [last]
    while (oldest := next(iter(open_.values()))).seen <= tally.calls - WINDOW:
        open_.popitem(last=False)
        yield from _told(oldest, tally)


def _told(trace: _Trace, tally: _Tally) -> list[Request]:
    if not trace.calls:
        return []
    found = trace.requests()
    tally.twice += len(trace.calls) - sum(len(request.calls) for request in found)
    return found
