"""What targets, verifiers and graders give back, and how they fail."""

from dataclasses import dataclass, field
from typing import Literal

from cascadewatch.model import Mechanism, Outcome, Usage

# Every way a call can fail. A failed call is never a wrong answer; `billed` failures may have cost money.
FailureName = Literal[
    "unauthorized", "payment_required", "not_found", "rate_limited", "server_error", "refused", "timeout",
    "connection", "empty", "not_json", "truncated", "too_large", "bad_request", "blocked", "budget", "other",
]  # fmt: skip

# What to look at where every call fails in the same way.
HINTS: dict[str, str] = {
    "unauthorized": "the key was refused; see its api_key",
    "payment_required": "the account there has no credit left",
    "not_found": "see its base_url and model",
    "connection": "see its base_url",
    "blocked": "its address may not be called; see its base_url and allow_private",
}


class CallError(Exception):
    """A call that gave no answer, under one of the names above.

    `again`: trying later may help, after `retry_after` seconds where the other side says so. `sent`: the
    request may have reached the provider, so it may have been billed. The message has no secret in it.
    """

    def __init__(
        self, name: FailureName, message: str, *, again: bool, sent: bool, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.name = name
        self.again = again
        self.sent = sent
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Spent:
    """What one call used. `cost` in nano-dollars, None: not known, with `source` as in events.

    `calls` are the parts of what several calls used together: until it has a cost, each is priced by itself.
    """

    usage: Usage | None = None
    cost: int | None = None
    source: str | None = None
    latency_ms: float | None = None
    calls: tuple["Spent", ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a target said. `model` is the one that really answered, `fingerprint` its build where told,
    `priced_as` the name under which it was asked.

    `logprobs` are those of the answer's tokens where the provider gives them. `correct` and `score` come
    with recorded answers only.
    """

    text: str
    spent: Spent = Spent()
    provider: str | None = None
    model: str | None = None
    priced_as: str | None = None
    fingerprint: str | None = None
    logprobs: tuple[float, ...] | None = None
    correct: bool | None = None
    score: float | None = None
    parts: dict[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judged:
    """What a verifier said of one answer, in the words of an event's verdict.

    `mechanism` None: nobody knows what made the score, which was recorded.
    """

    outcome: Outcome
    mechanism: Mechanism | None
    score: float | None = None
    threshold: float | None = None
    reason: str | None = None
    spent: Spent = Spent(cost=0, source="free")
    provider: str | None = None
    model: str | None = None
    priced_as: str | None = None


@dataclass(frozen=True, slots=True)
class Graded:
    """Whether an answer is right; `correct` None: the grader cannot tell, `reason` says why.

    `model` is the one that was asked, if any, in the words of `Answer`.
    """

    correct: bool | None
    reason: str | None = None
    spent: Spent = Spent(cost=0, source="free")
    provider: str | None = None
    model: str | None = None
    priced_as: str | None = None
