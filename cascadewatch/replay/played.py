"""One case from the question to the grade."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from cascadewatch.errors import CascadewatchError
from cascadewatch.pricing import PriceBook
from cascadewatch.replay import billing
from cascadewatch.replay.answer import Answer, CallError, Graded, Judged
from cascadewatch.replay.billing import Bill
from cascadewatch.replay.case import Case, Recorded
from cascadewatch.replay.prepared import Prepared, Worst
from cascadewatch.replay.targets.recorded import recorded
from cascadewatch.store.replays import ANSWERED, DONE, LOST, Result

log = logging.getLogger("cascadewatch.replay")


@dataclass(frozen=True, slots=True)
class Played:
    """A result to write; the nano-dollars it has newly spent, and those held that are free again."""

    result: Result
    spent: int
    release: int


@dataclass(frozen=True, slots=True)
class Question:
    """A case to play, at the prices of `now` (epoch ms), with what its calls may cost at the most.

    `before` is what an earlier process left: an answer that was written is not asked for again.
    """

    case: Case
    repeat: int
    book: PriceBook
    now: int
    worst: Worst
    before: Result | None = None

    @property
    def answered(self) -> Answer | None:
        """The answer that is known already."""
        before = self.before
        known = before is not None and before.state == ANSWERED and before.detail
        return answer_of(before.detail["answer"]) if known and before and before.detail else None

    @property
    def held(self) -> int:
        """What has to be set aside for the calls to come."""
        return self.worst.total - (0 if self.answered is None else self.worst.answer)


def play(run: Prepared, asked: Question) -> Iterator[Played]:
    """The stages of one answer, each to be written before the next begins; the last one ends it."""
    case, bill, worst = asked.case, Bill(), asked.worst
    answer, booked, left = asked.answered, 0, asked.held
    calling = worst.answer  # what the call under way may cost
    try:
        if answer is None:
            answer = _priced(_answer(run, case, asked.repeat), asked)
            bill.book(answer.spent, worst.answer)
            if run.asks_twice:
                result = Result(case.id, asked.repeat, ANSWERED, cost=answer.spent.cost, detail=_kept(answer))
                yield Played(result, bill.spent, worst.answer - bill.held)
                booked, left = bill.spent, left - worst.answer + bill.held
        _check_length(run, asked, answer)
        calling = worst.verdict
        verdict = _verdict(run, asked, answer)
        if verdict is not None:
            bill.book(verdict.spent, worst.verdict)
        calling = worst.grade
        grade = _grade(run, asked, answer)
        bill.book(grade.spent, worst.grade)
        result = _result(asked, answer, verdict, grade)
    except CallError as error:
        bill.held += calling if error.sent else 0
        result = _lost(asked, answer, error)
    yield Played(result, bill.spent - booked, left - bill.held)


def as_json(answer: Answer) -> dict[str, Any]:
    """An answer as it is kept."""
    kept: dict[str, Any] = msgspec.to_builtins(answer)
    return kept


def answer_of(kept: dict[str, Any]) -> Answer:
    """What `as_json` was made from."""
    return msgspec.convert(kept, Answer)


def _kept(answer: Answer) -> dict[str, Any]:
    return {"answer": as_json(answer)}


def _answer(run: Prepared, case: Case, repeat: int) -> Answer:
    if case.control is not None:
        return recorded(planted(case, run.table.answers))
    if run.target is not None:
        with _failing_alone("model", case):
            return run.target.answer(case, repeat)
    assert run.table.answers is not None
    return recorded(case.answers[run.table.answers])


@contextmanager
def _failing_alone(who: str, case: Case) -> Iterator[None]:
    """What nobody foresaw is a CallError, so that one odd answer costs its case and not the run.

    Its own words stay in the log: they may repeat the answer. A call may have been paid before it.
    """
    try:
        yield
    except (CallError, CascadewatchError):
        raise
    except Exception as error:
        log.exception("the %s failed on case %s", who, case.id)
        message = f"the {who} raised {type(error).__name__}; the log has where"
        raise CallError("other", message, again=False, sent=True) from error


def planted(case: Case, key: str | None) -> Recorded:
    """The answer of a control: that under the key, or the only one there is."""
    return case.answers[key] if key in case.answers else next(iter(case.answers.values()))


def _check_length(run: Prepared, asked: Question, answer: Answer) -> None:
    """CallError before anybody is paid to judge an answer longer than what is held for judging it."""
    most = run.longest_answer(asked.case)
    if len(answer.text) <= most or not asked.worst.verdict + asked.worst.grade:
        return
    if len(answer.text.encode(errors="surrogatepass")) > billing.BYTES_PER_CHARACTER * most:
        message = f"the answer has {len(answer.text):,} characters, more than is held for judging it"
        raise CallError("too_large", message, again=False, sent=False)


def _priced(answer: Answer, asked: Question) -> Answer:
    return replace(answer, spent=billing.priced(answer, asked.book, asked.now))


def _verdict(run: Prepared, asked: Question, answer: Answer) -> Judged | None:
    if run.verifier is None:
        return None
    with _failing_alone("verifier", asked.case):
        said = run.verifier.judge(asked.case, answer, asked.repeat)
    return replace(said, spent=billing.priced(said, asked.book, asked.now))


def _grade(run: Prepared, asked: Question, answer: Answer) -> Graded:
    if asked.case.control is not None:
        return Graded(asked.case.control == "right", "planted")
    grader = run.callers.grader_of(asked.case, run.grader)
    with _failing_alone("grader", asked.case):
        said = grader.grade(asked.case, answer)
    return replace(said, spent=billing.priced(said, asked.book, asked.now))


def _result(asked: Question, answer: Answer, verdict: Judged | None, grade: Graded) -> Result:
    decided = verdict is not None and verdict.outcome in ("accept", "reject")
    return Result(
        case=asked.case.id,
        repeat=asked.repeat,
        state=DONE,
        outcome="ok",
        correct=grade.correct,
        accepted=verdict.outcome == "accept" if verdict is not None and decided else None,
        score=None if verdict is None else verdict.score,
        verdict=None if verdict is None else verdict.outcome,
        reason=(verdict.reason if verdict is not None else None) or grade.reason,
        cost=answer.spent.cost,
        detail=_detail(asked.case, answer, verdict, grade),
    )


def _lost(asked: Question, answer: Answer | None, error: CallError) -> Result:
    """A failed call: under its name, never as a wrong answer."""
    detail: dict[str, Any] = {"error": str(error)} | ({} if answer is None else _kept(answer))
    reason, cost = str(error)[:300], None if answer is None else answer.spent.cost
    return Result(
        asked.case.id, asked.repeat, LOST, outcome=error.name, reason=reason, cost=cost, detail=detail
    )


def _detail(case: Case, answer: Answer, verdict: Judged | None, grade: Graded) -> dict[str, Any]:
    detail: dict[str, Any] = _kept(answer) | {"grade": msgspec.to_builtins(grade)}
    if case.control is not None:
        detail["control"] = case.control
    if verdict is not None:
        detail["verdict"] = msgspec.to_builtins(verdict)
    return detail
