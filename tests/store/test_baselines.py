"""Pinned baselines as rows: one in force, the former kept."""

import pytest

from cascadewatch.store import baselines
from cascadewatch.store.baselines import ACCEPTED, AUTOMATIC, Pinned
from tests.drift.streams import pinned
from tests.model.events import NOON
from tests.store.conftest import Fresh
from tests.store.opened import Opened

DAY = 86_400_000


def pin(opened: Opened, rate: float, now: int, route: str = "", how: str = ACCEPTED) -> Pinned:
    with opened.store.writing() as connection:
        return baselines.pin(
            connection, "escalation_rate", "support", route, pinned(rate),
            how=how, author="kim", note="new model", now=now,
        )  # fmt: skip


def current(opened: Opened, route: str = "") -> Pinned | None:
    with opened.store.reading() as connection:
        return baselines.current(connection, "escalation_rate", "support", route)


def test_there_is_none_at_first(fresh: Fresh) -> None:
    with fresh() as opened:
        assert current(opened) is None


def test_what_was_pinned_is_in_force(fresh: Fresh) -> None:
    with fresh() as opened:
        made = pin(opened, 0.30, NOON)
        assert current(opened) == made
        assert (made.author, made.how, made.note, made.retired) == ("kim", "accepted", "new model", None)
        assert made.baseline == pinned(0.30)


def test_a_new_one_retires_the_one_before(fresh: Fresh) -> None:
    with fresh() as opened:
        first, second = pin(opened, 0.30, NOON), pin(opened, 0.33, NOON + DAY)
        with opened.store.reading() as connection:
            found = baselines.history(connection, "escalation_rate", "support")
        assert [(p.id, p.retired) for p in found] == [(first.id, NOON + DAY), (second.id, None)]
        assert current(opened) == second


def test_streams_have_baselines_of_their_own(fresh: Fresh) -> None:
    with fresh() as opened:
        whole, route = pin(opened, 0.30, NOON), pin(opened, 0.50, NOON, route="faq")
        assert (current(opened), current(opened, "faq")) == (whole, route)
        with opened.store.reading() as connection:
            assert len(baselines.history(connection)) == 2
            assert baselines.history(connection, "fallback_rate") == []


class TestRatchet:
    def test_small_steps_that_add_up_are_told(self, fresh: Fresh) -> None:
        with fresh() as opened:
            steps = [pin(opened, 0.30 + 0.03 * n, NOON + 20 * n * DAY) for n in range(4)]
        assert [step.warning is not None for step in steps] == [False, False, True, True]
        assert steps[3].warning == (
            "this baseline, 39.0 %, lies 6.0 points from the one of a month before, 33.0 %: "
            "a slow drift may have been taken for normal"
        )

    def test_the_one_that_was_in_force_thirty_days_before_is_compared_with(self, fresh: Fresh) -> None:
        with fresh() as opened:
            pin(opened, 0.30, NOON)
            pin(opened, 0.40, NOON + 5 * DAY)
            assert pin(opened, 0.41, NOON + 40 * DAY).warning is None

    @pytest.mark.parametrize(("rate", "told"), [(0.34, False), (0.36, True), (0.24, True)])
    def test_before_a_month_is_over_the_first_is_compared_with(
        self, fresh: Fresh, rate: float, told: bool
    ) -> None:
        with fresh() as opened:
            pin(opened, 0.30, NOON, how=AUTOMATIC)
            assert (pin(opened, rate, NOON + DAY).warning is not None) == told
