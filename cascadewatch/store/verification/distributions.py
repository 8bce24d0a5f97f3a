"""What the rows held add to distributions and to the sums of labels, said in SQL, for `verify`."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Double,
    Select,
    Subquery,
    and_,
    case,
    cast,
    exists,
    func,
    literal_column,
    null,
    or_,
    select,
)

from cascadewatch.metrics.measures import LABEL_MEASURES
from cascadewatch.model import LABEL_PRECEDENCE
from cascadewatch.store import tables
from cascadewatch.store.verification.columns import WITHIN, a, e, flag, in_order, place, when, whole, x
from cascadewatch.store.verification.names import Fold
from cascadewatch.store.verification.steps import Steps


def bins(width: int, fold: Fold, steps: Steps) -> list[Select[Any]]:
    """One for each event's latency and the wait of an escalated one, one for each reason and score of a
    verdict; what is not known is counted nowhere."""
    at = place(width, fold)
    one: Any = literal_column("1").label("n")
    with_attempts = tables.events.join(tables.attempts, a.event == e.seq)

    def arm(family: str, label: Any, place: Any) -> Select[Any]:
        return select(*at, _word(family), label, place, one).where(WITHIN)

    said = a.outcome + literal_column("'/'")
    wait = steps.added_up(_before_served())
    return [
        arm("latency", e.path, steps.latency(e.latency_ms)).where(e.latency_ms.is_not(null())),
        arm("penalty", _word(""), steps.latency(wait)).where(
            e.escalated == 1, e.served_index > 0, wait.is_not(null())
        ),
        arm("reason", said + fold.name("reason", a.reason), literal_column("0"))
        .select_from(with_attempts)
        .where(a.reason.is_not(null())),
        arm("score", said + _truth(), steps.score(a.score))
        .select_from(with_attempts)
        .where(a.position == e.cheap_index, a.outcome.is_not(null()), a.score >= 0, a.score <= 1),
    ]


def _word(word: str) -> Any:
    return literal_column(f"'{word}'")


def _before_served() -> Subquery:
    """Each attempt before the answer: its place, and how long it took with its verdict."""
    verified = case((a.outcome.is_(null()), literal_column("0.0", Double)), else_=a.verify_latency_ms)
    took = a.latency_ms + verified
    before = and_(a.event == e.seq, a.position < e.served_index)
    return select(a.position, took.label("ms")).where(before).correlate(tables.events).subquery()


def _rank(source: Any) -> ColumnElement[int]:
    return case({name: place for place, name in enumerate(LABEL_PRECEDENCE)}, value=source)


def _estimates(label: Any) -> ColumnElement[bool]:
    return or_(label.source == "executable", label.sampling == "random")


def _truth() -> ColumnElement[str]:
    """What the label in force says of the attempt, of those that rates rest on."""
    two: Any = literal_column("2")
    first = func.min(two * _rank(x.source) + x.correct)
    said = (
        select(case({0: literal_column("'wrong'"), 1: literal_column("'right'")}, value=first % two))
        .where(x.event == a.event, x.attempt == a.position, _estimates(x))
        .correlate(tables.attempts)
        .scalar_subquery()
    )
    return func.coalesce(said, literal_column("'unknown'"))


def labels(width: int, fold: Fold) -> list[Select[Any]]:
    """Each label counts for the cheap tier's last answer and for the one served, where it speaks of them."""
    return [_labels_of(width, fold, role, at) for role, at in _ROLES.items()]


_ROLES = {"cheap": e.cheap_index, "served": e.served_index}


def _labels_of(width: int, fold: Fold, role: str, index: Any) -> Select[Any]:
    other = tables.labels.alias("better")
    better = exists().where(
        other.c.event == x.event, other.c.attempt == x.attempt,
        flag(_estimates(other.c)) == flag(_estimates(x)), _rank(other.c.source) < _rank(x.source),
    )  # fmt: skip
    largest = (
        select(func.max(other.c.probability))
        .where(
            other.c.event == x.event, other.c.attempt == x.attempt,
            flag(_estimates(other.c)) == flag(_estimates(x)),
        )
        .correlate(tables.labels)
        .scalar_subquery()
    )  # fmt: skip
    weight = whole(literal_column("1000.0", Double) / largest)
    priced = e.priced == e.priceable
    extra = whole(cast(e.extra_cost, Double) / largest)
    measures = {
        "labels": literal_column("1"),
        "n": flag(~better),
        "weight": when(~better, weight),
        "weight_sq": when(~better, weight * weight),
        "extra_cost": when(and_(~better, priced), extra),
        "extra_n": when(and_(~better, priced), weight),
    }
    outcome = func.coalesce(a.outcome, literal_column("''"))
    key = [x.source, x.sampling, literal_column(f"'{role}'").label("role"), outcome, e.path, x.correct]
    source = tables.labels.join(tables.events, x.event == e.seq).join(
        tables.attempts, and_(a.event == x.event, a.position == x.attempt)
    )
    return (
        select(*place(width, fold), *key, *in_order(measures, LABEL_MEASURES))
        .select_from(source)
        .where(WITHIN, x.attempt == index)
    )
