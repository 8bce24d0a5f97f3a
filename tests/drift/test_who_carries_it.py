"""Few callers, or everybody: each caller against its own past, shrunk to the fleet."""

from collections.abc import Iterator

import pytest
from numpy.random import Generator, default_rng
from scipy.stats import betabinom

from cascadewatch.drift.diagnosis.concentration import Concentration, concentration, upper_tail
from cascadewatch.drift.diagnosis.material import Callers, Group, Share, Span

FLEET = 0.25
SPREAD = 0.04
FLEETS = 30


def fleet(
    seed: int, *, attackers: int = 0, attack: float = 0.0, broken: float = 0.0, requests: int = 25_000
) -> Callers:
    """200 callers with Zipf-like traffic and rates of their own, 14 days of past and a day.

    `attackers` fresh callers send the share `attack` of the day and always escalate; a `broken` verifier
    rejects that share of what it accepted before.
    """
    random = default_rng(seed)
    weights = [rank**-1.1 for rank in range(1, 201)]
    total = sum(weights)
    groups = []
    for number, weight in enumerate(weights):
        p = random.beta(FLEET * (1 / SPREAD - 1), (1 - FLEET) * (1 / SPREAD - 1))
        past, today = round(14 * requests * weight / total), round(requests * weight / total)
        now = p + broken * (1 - p)
        groups.append(Group(f"c{number}", drawn(random, past, p), drawn(random, today, now)))
    for number in range(attackers):
        n = round(requests * attack / attackers)
        groups.append(Group(f"attacker{number}", Share(0, 0), drawn(random, n, 0.95)))
    return Callers(Span(0, 1), tuple(groups), Group("", Share(0, 0), Share(0, 0)), len(groups))


def drawn(random: Generator, n: int, p: float) -> Share:
    return Share(int(random.binomial(n, p)), n)


def found(**said: float) -> Iterator[Concentration]:
    for seed in range(FLEETS):
        one = concentration(fleet(seed, **said), rising=True)  # type: ignore[arg-type]
        assert one is not None
        yield one


@pytest.mark.parametrize(
    ("k", "n", "a", "b"), [(7, 10, 2, 6), (30, 40, 6, 18), (990, 1000, 60, 180), (5, 5, 1, 9)]
)
def test_the_tail_is_the_beta_binomials(k: int, n: int, a: float, b: float) -> None:
    assert upper_tail(k, n, a, b) == pytest.approx(betabinom.sf(k - 1, n, a, b), rel=1e-9)


def test_at_or_below_the_mean_nothing_is_suspicious() -> None:
    assert upper_tail(2, 10, 2, 6) == 1.0


def test_quiet_days_name_nobody() -> None:
    """Measured: 0 of 6,000 callers; 1 in 1,000 names may be false."""
    assert sum(len(one.named) for one in found()) <= 2


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_one_caller_that_always_escalates_is_named(share: float) -> None:
    for one in found(attackers=1, attack=share):
        assert "attacker0" in {named.caller for named in one.named}


def test_in_an_attack_few_carry_the_excess_and_the_others_are_as_ever() -> None:
    for one in found(attackers=3, attack=0.06):
        assert one.verdict == "concentrated"
        assert one.carried > 0.7
        assert one.without is not None
        assert one.above is not None
        assert one.above < 0.70


def test_a_broken_verifier_moves_nearly_everybody() -> None:
    for one in found(broken=0.3):
        assert one.verdict == "systemic"
        assert one.above is not None
        assert one.above >= 0.84


def test_a_fall_is_seen_the_same_way() -> None:
    past, day = Share(500, 1000), Share(25, 100)
    groups = tuple(Group(f"c{n}", past, day) for n in range(20))
    one = concentration(Callers(Span(0, 1), groups, Group("", past, day), 20), rising=False)
    assert one is not None
    assert one.verdict == "systemic"
    assert one.excess < 0


def test_a_fresh_caller_is_told_after_19_requests_and_not_after_five() -> None:
    """A known fleet at 25 %: so many straight escalations tell a newcomer."""

    def named(n: int) -> bool:
        others = tuple(Group(f"c{i}", Share(250, 1000), Share(25, 100)) for i in range(99))
        group = Group("new", Share(0, 0), Share(n, n))
        one = concentration(
            Callers(Span(0, 1), (*others, group), Group("", Share(0, 0), Share(0, 0)), 100), True
        )
        assert one is not None
        return bool(one.named)

    assert not named(5)
    assert named(19)


def test_without_a_past_nobody_can_be_compared() -> None:
    groups = (Group("a", Share(0, 0), Share(5, 10)),)
    assert concentration(Callers(Span(0, 1), groups, Group("", Share(0, 0), Share(0, 0)), 1), True) is None
