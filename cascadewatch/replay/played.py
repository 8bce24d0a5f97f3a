"""One case from the question to the grade."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from cascadewatch.pricing import PriceBook
from cascadewatch.replay import billing
from cascadewatch.replay.answer import Answer, CallError, Graded, Judged, Spent
from cascadewatch.replay.case import Case, Recorded
from cascadewatch.replay.prepared import Prepared
from cascadewatch.replay.targets.recorded import recorded
from cascadewatch.store.replays import ANSWERED, DONE, LOST, Result


@dataclass(frozen=True, slots=True)
class Played:
    """A result to write, and the nano-dollars it has newly spent."""

    result: Result
    spent: int


def play(
    run: Prepared, case: Case, repeat: int, book: PriceBook, now: int, before: Result | None
) -> Iterator[Played]:
    """The stages of one answer, each to be written before the next begins; the last one ends it.

    `before` is what an earlier process left: an answer that was written is not asked for again.
    """
    result, answer, paid = Result(case.id, repeat, ANSWERED), None, 0
    try:
        if before is not None and before.state == ANSWERED and before.detail:
            answer = answer_of(before.detail["answer"])
        else:
            answer = _priced(_answer(run, case, repeat), book, now)
            paid = 0 if run.target is None else _cost(answer.spent, run.target.is_paid)
            result = replace(result, cost=answer.spent.cost, detail={"answer": as_json(answer)})
            if run.is_paid:
                yield Played(result, paid)
                paid = 0
        yield _judged(run, case, repeat, answer, paid, (book, now))
    except CallError as error:
        yield Played(_lost(run, case, repeat, answer, error, book, now), paid)


def as_json(answer: Answer) -> dict[str, Any]:
    """An answer as it is kept."""
    kept: dict[str, Any] = msgspec.to_builtins(answer)
    return kept


def answer_of(kept: dict[str, Any]) -> Answer:
    """What `as_json` was made from."""
    return msgspec.convert(kept, Answer)


def _answer(run: Prepared, case: Case, repeat: int) -> Answer:
    if case.control is not None:
        return recorded(planted(case, run.table.answers))
    if run.target is not None:
        return run.target.answer(case, repeat)
    assert run.table.answers is not None
    return recorded(case.answers[run.table.answers])


def planted(case: Case, key: str | None) -> Recorded:
    """The answer of a control: that under the key, or the only one there is."""
    return case.answers[key] if key in case.answers else next(iter(case.answers.values()))


def _priced(answer: Answer, book: PriceBook, now: int) -> Answer:
    models = (answer.model, answer.priced_as)
    return replace(answer, spent=billing.priced(answer.spent, models, answer.provider, book, now))


def _verdict(
    run: Prepared, case: Case, repeat: int, answer: Answer, book: PriceBook, now: int
) -> Judged | None:
    if run.verifier is None:
        return None
    said = run.verifier.judge(case, answer, repeat)
    return replace(said, spent=billing.priced(said.spent, (said.model,), said.provider, book, now))


def _judged(
    run: Prepared, case: Case, repeat: int, answer: Answer, paid: int, prices: tuple[PriceBook, int]
) -> Played:
    verdict = _verdict(run, case, repeat, answer, *prices)
    if case.control is None:
        grade = run.callers.grader_of(case, run.grader).grade(case, answer)
    else:
        grade = Graded(case.control == "right", "planted")
    spent = paid + _cost(grade.spent, True) + (0 if verdict is None else _cost(verdict.spent, True))
    decided = verdict is not None and verdict.outcome in ("accept", "reject")
    result = Result(
        case=case.id,
        repeat=repeat,
        state=DONE,
        outcome="ok",
        correct=grade.correct,
        accepted=verdict.outcome == "accept" if verdict is not None and decided else None,
        score=None if verdict is None else verdict.score,
        verdict=None if verdict is None else verdict.outcome,
        reason=(verdict.reason if verdict is not None else None) or grade.reason,
        cost=answer.spent.cost,
        detail=_detail(case, answer, verdict, grade),
    )
    return Played(result, spent)


def _lost(
    run: Prepared, case: Case, repeat: int, answer: Answer | None, error: CallError, book: PriceBook, now: int
) -> Result:
    """A failed call: under its name, never as a wrong answer."""
    held = (run.worst_cost(case, book, now) or 0) if error.sent and run.is_paid else 0
    detail: dict[str, Any] = {"error": str(error)}
    if answer is not None:
        detail["answer"] = as_json(answer)
    return Result(
        case.id, repeat, LOST, outcome=error.name, reason=str(error)[:300], reserved=held, detail=detail
    )


def _cost(spent: Spent, paid: bool) -> int:
    """What a call newly cost; a recorded answer's price was paid long ago."""
    return spent.cost or 0 if paid and spent.source != "recorded" else 0


def _detail(case: Case, answer: Answer, verdict: Judged | None, grade: Graded) -> dict[str, Any]:
    detail: dict[str, Any] = {"answer": as_json(answer), "grade": msgspec.to_builtins(grade)}
    if case.control is not None:
        detail["control"] = case.control
    if verdict is not None:
        detail["verdict"] = msgspec.to_builtins(verdict)
    return detail
