"""When models, verifiers, thresholds, revisions and prices changed, read from the events themselves."""

from typing import Any

import pytest

from cascadewatch.drift.diagnosis.material import Change
from cascadewatch.model import Event, Usage, Verdict
from cascadewatch.store import in_use, probes
from cascadewatch.store.probes import Tokens, price_of
from tests.model.events import NOON, attempt, event
from tests.store.opened import Opened

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
CHANGE = NOON - 2 * DAY + 7 * MINUTE
START = NOON - 4 * DAY
STEP = 20 * MINUTE


def one(number: int, at: int, *, model: str = "small-1", price: float = 1e-6, **said: Any) -> Event:
    """An event whose tokens vary, so that prices can be read from costs."""
    fields = {name: said.pop(name) for name in ("route", "revision") if name in said}
    given = Verdict("accept", **{"verifier": "judge", "mechanism": "judge", "cost_usd": 0.0, **said})
    tokens = 500 + 37 * (number % 11), 80 + 13 * (number % 7)
    cost = price * (tokens[0] + 4 * tokens[1])
    usage = Usage(tokens[0], None, None, tokens[1])
    return event(f"e{number}", attempt("small", verdict=given, model=model, cost_usd=cost, usage=usage),
                 at=at, **fields)  # fmt: skip


def filled(opened: Opened, before: dict[str, Any], after: dict[str, Any], until: int = NOON) -> Opened:
    times = range(START, until, STEP)
    opened.send(*(one(n, at, **(after if at >= CHANGE else before)) for n, at in enumerate(times)))
    return opened


def appeared(opened: Opened, route: str = "") -> list[Change]:
    with opened.store.reading() as connection:
        return in_use.appeared(connection, "support", START, NOON, route)


def probed(opened: Opened, step: int = 6 * HOUR) -> list[Change]:
    with opened.store.reading() as connection:
        return probes.changed(connection, "support", [*range(START + step, NOON, step), NOON])


def first_after() -> int:
    return next(at for at in range(START, NOON, STEP) if at >= CHANGE)


@pytest.mark.parametrize(
    ("what", "subject", "name"),
    [("model", "small", "model"), ("verifier", "small", "verifier"), ("revision", "", "revision")],
)
def test_a_new_name_is_found_to_the_minute(opened: Opened, what: str, subject: str, name: str) -> None:
    (found,) = appeared(filled(opened, {name: "old"}, {name: "new"}))
    assert (found.what, found.subject, found.before, found.after) == (what, subject, "old", "new")
    assert found.time == first_after() - first_after() % MINUTE
    assert found.share == 1.0


def test_a_verifier_that_is_dropped_is_told_as_none(opened: Opened) -> None:
    (found,) = appeared(filled(opened, {"verifier": "judge"}, {"verifier": None}))
    assert (found.before, found.after) == ("judge", "none")


def test_a_route_has_changes_of_its_own(opened: Opened) -> None:
    times = range(START, NOON, STEP // 2)
    opened.send(
        *(one(n, at, route="faq" if n % 2 else "orders", model="b" if at >= CHANGE and n % 2 else "a")
          for n, at in enumerate(times))
    )  # fmt: skip
    (found,) = appeared(opened, "faq")
    assert (found.before, found.after, found.share) == ("a", "b", 1.0)
    assert appeared(opened, "orders") == []
    (whole,) = appeared(opened)
    assert (whole.before, whole.after) == ("a", "b")
    assert whole.share == pytest.approx(0.5, abs=0.02)


def test_names_without_number_are_no_configuration(opened: Opened) -> None:
    times = range(START, NOON, STEP)
    opened.send(*(one(n, at, model=f"request-{n // 5}") for n, at in enumerate(times)))
    assert appeared(opened) == []


@pytest.mark.parametrize(
    ("what", "subject", "before", "after"),
    [
        ("threshold", "judge", {"threshold": 0.75}, {"threshold": 0.25}),
        ("verifier model", "judge", {"model_of": "gpt-a"}, {"model_of": "gpt-b"}),
    ],
)
def test_what_only_single_events_say_is_found_to_the_event(
    opened: Opened, what: str, subject: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    times = range(START, NOON, STEP)
    events = []
    for n, at in enumerate(times):
        said = dict(after if at >= CHANGE else before)
        behind = said.pop("model_of", None)
        made = one(n, at, **said)
        if behind:
            first = made.attempts[0]
            assert first.verdict is not None
            given = Verdict("accept", "judge", "judge", model=behind, cost_usd=0.0)
            made = event(made.id, attempt("small", verdict=given, cost_usd=1e-6), at=at)
        events.append(made)
    opened.send(*events)
    (found,) = [change for change in probed(opened) if change.what == what]
    values = [next(iter(side.values())) for side in (before, after)]
    assert (found.subject, found.before, found.after) == (subject, *(str(v) for v in values))
    assert found.time == first_after()


def test_a_price_is_read_from_costs_and_tokens(opened: Opened) -> None:
    (found,) = probed(filled(opened, {"price": 1e-6}, {"price": 1.5e-6}))
    assert found == Change("price", "small-1", "$1 / $4", "$1.5 / $6", first_after())


def test_the_same_price_for_other_questions_is_no_change(opened: Opened) -> None:
    times = range(START, NOON, STEP)
    opened.send(*(one(n * (3 if at >= CHANGE else 1), at) for n, at in enumerate(times)))
    assert probed(opened) == []


def test_thresholds_that_differ_by_route_are_left_alone(opened: Opened) -> None:
    times = range(START, NOON, STEP)
    opened.send(*(one(n, at, threshold=0.5 if n % 2 else 0.7) for n, at in enumerate(times)))
    assert probed(opened) == []


def test_nothing_is_read_where_no_events_are_held(opened: Opened) -> None:
    assert probed(opened) == []
    assert appeared(opened) == []


def test_prices_that_are_not_proportional_are_not_told() -> None:
    assert (
        price_of([Tokens(100.0 * n, 10.0, 5_000.0 if n % 2 else 90_000.0 * n) for n in range(1, 9)]) is None
    )


def test_with_one_proportion_of_tokens_there_is_one_rate() -> None:
    found = price_of([Tokens(100.0 * n, 10.0 * n, 2_200.0 * n) for n in range(1, 9)])
    assert found is not None
    assert found.input == found.output == pytest.approx(20)


def test_a_probe_reads_so_many_events_however_many_there_are(opened: Opened) -> None:
    filled(opened, {"threshold": 0.5}, {"threshold": 0.5})
    with opened.store.reading() as connection:
        rows = probes.probe(connection, "support", NOON)
    assert len({row.time for row in rows}) == probes.EVENTS
