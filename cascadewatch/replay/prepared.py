"""Everything a run needs, checked before the first call: cases, judge, truth, money."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Any

from cascadewatch import __version__
from cascadewatch.errors import ConfigError, NotFoundError, UsageError
from cascadewatch.pricing import PriceBook, nano_usd
from cascadewatch.replay import evalset, graders, targets, verifiers
from cascadewatch.replay.billing import CHARACTERS_PER_TOKEN
from cascadewatch.replay.binding import asked_by
from cascadewatch.replay.callers import Callers
from cascadewatch.replay.case import Case
from cascadewatch.replay.evalset import EvalSet
from cascadewatch.replay.graders import Grader
from cascadewatch.replay.targets import Target
from cascadewatch.replay.targets.recorded import Recorded
from cascadewatch.replay.verifiers import Verifier
from cascadewatch.settings import Settings
from cascadewatch.settings.replaying import Model, Replay
from cascadewatch.store.reports import OVERRIDE

SEED = 20_240_229


@dataclass(frozen=True, slots=True)
class Prepared:
    """A run that can begin. `target` None: a check of the verifier on frozen answers.

    `order` is a seeded shuffle of (case, repeat); `is_paid` whether any call of it may cost money, `limit`
    the most nano-dollars it may spend (None: not said).
    """

    name: str
    table: Replay
    cases: EvalSet
    target: Target | None
    verifier: Verifier | None
    grader: Grader
    callers: Callers
    order: tuple[tuple[Case, int], ...]
    config: Mapping[str, Any]
    config_hash: str
    limit: int | None
    seed: int
    is_paid: bool
    grades_by_asking: bool

    @property
    def can_stop_early(self) -> bool:
        """Free runs lose nothing by going on to the end."""
        return self.table.early_stop and self.is_paid

    @property
    def asks_twice(self) -> bool:
        """Whether somebody else is asked after the answer, so that it must be written down before."""
        return self.is_paid and (self.verifier is not None or self.grades_by_asking)

    def worst(self, case: Case, book: PriceBook, at: int) -> "Worst | None":
        """The most that one answer with its verdict and grade can cost; None where a price is not known."""
        costs = self._costs(case, book, at)
        known = [cost for cost in costs.values() if cost is not None]
        return Worst(*known) if len(known) == len(costs) else None

    def unpriced(self, book: PriceBook, at: int) -> list[str]:
        """The tables of those whom the run asks and whose price is not known."""
        found = (self._costs(case, book, at) for case, _ in self.order)
        return sorted({who for costs in found for who, cost in costs.items() if cost is None})

    def _costs(self, case: Case, book: PriceBook, at: int) -> dict[str, int | None]:
        """The most that answer, verdict and grade can cost, by the table of who gives it."""
        asked = sum(len(turn.content) for turn in case.turns)
        frozen = self.target is None or case.control is not None
        answer = 0 if frozen or self.target is None else self.target.worst_cost(asked, book, at)
        longest = self.longest_answer(case)
        verdict = 0 if self.verifier is None else self.verifier.worst_cost(case, longest, book, at)
        grade = 0 if case.control is not None else self.callers.worst_grade(case, longest, book, at)
        return {
            f"[model.{self.config.get(OVERRIDE, self.table.target)}]": answer,
            f"[verifier.{self.table.verifier}]": verdict,
            f"[grader.{case.grader or self.table.grader}]": grade,
        }

    def longest_answer(self, case: Case) -> int:
        """In characters. Recorded answers are as long as they are, whatever a model may say."""
        recorded = max((len(answer.text) for answer in case.answers.values()), default=0)
        return max(self.callers.longest_answer * CHARACTERS_PER_TOKEN, recorded)


@dataclass(frozen=True, slots=True)
class Worst:
    """The most that each call for one answer can cost, in nano-dollars."""

    answer: int = 0
    verdict: int = 0
    grade: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.answer + self.verdict + self.grade


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run may cost at the most, in nano-dollars, against what it may spend."""

    calls: int
    worst: int
    limit: int | None


def prepare(settings: Settings, name: str, *, target: str | None = None, seed: int | None = None) -> Prepared:
    """The run of a [replay.NAME], with another [model.NAME] as its target where one is named.

    Raises NotFoundError for a name without a table, ConfigError for parts that do not exist, InputError for
    the eval set's mistakes, UsageError where the parts do not fit together.
    """
    table = settings.replay.get(name)
    if table is None:
        known = ", ".join(settings.replay) or "none so far"
        raise NotFoundError(f"there is no [replay.{name}]; known here: {known}")
    if target is not None and table.target is None:
        raise UsageError(f"[replay.{name}] checks a verifier on frozen answers, so it has no --target")
    cases = evalset.load(table.eval_set)
    callers = Callers(settings, table.grader)
    chosen = _target(settings, table, target)
    verifier = None if table.verifier is None else verifiers.build(settings, table.verifier, callers)
    if table.verifier is not None:
        callers.expect(settings.verifier[table.verifier])
    grader = graders.build(settings, table.grader, callers.ask)
    config = _config(settings, table, cases, chosen, verifier, grader)
    config |= {} if target in (None, table.target) else {OVERRIDE: target}
    seed = SEED if seed is None else seed
    names = {case.grader for case in cases.cases if case.grader} | {table.grader}
    paid = {name for name in names if callers.is_paid(name)}  # each is made ready by asking
    return Prepared(
        name=name,
        table=table,
        cases=cases,
        target=chosen if table.target is not None else None,
        verifier=verifier,
        grader=grader,
        callers=callers,
        order=_order(cases, chosen, table, seed),
        config=config | {"seed": seed},
        config_hash=hash_of(config),
        limit=None if table.budget_usd is None else nano_usd(float(table.budget_usd)),
        seed=seed,
        is_paid=chosen.is_paid or (verifier is not None and verifier.is_paid) or bool(paid),
        grades_by_asking=bool(paid),
    )


def estimate(run: Prepared, book: PriceBook, at: int) -> Estimate:
    """What the run costs at the most. UsageError where no cap could hold: without a price or a budget."""
    if not run.is_paid:
        return Estimate(len(run.order), 0, run.limit)
    costs = [run.worst(case, book, at) for case, _ in run.order]
    if None in costs:
        who = " and ".join(run.unpriced(book, at))
        raise UsageError(
            f"[replay.{run.name}] asks a paid model whose price nobody knows, so no budget could hold;"
            f" add a [[price]] for what {who} asks"
        )
    if run.limit is None:
        raise UsageError(f"[replay.{run.name}] asks a paid model and needs `budget_usd`")
    return Estimate(len(run.order), sum(cost.total for cost in costs if cost is not None), run.limit)


def hash_of(config: Mapping[str, Any]) -> str:
    """Which configuration: 16 hex digits."""
    return sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()[:16]


def _target(settings: Settings, table: Replay, override: str | None) -> Target:
    name = override or table.target
    if name is None:
        assert table.answers is not None
        return Recorded(Model(kind="recorded", answer=table.answers))
    return targets.build(settings, name)


def _judge(settings: Settings, table: Replay, verifier: Verifier) -> dict[str, Any]:
    """Who judges, by which prompt, at which threshold, and which model that is."""
    assert table.verifier is not None
    asks = asked_by(settings, settings.verifier[table.verifier])
    return {"name": table.verifier, **verifier.describe(), **asks}


def _order(cases: EvalSet, target: Target, table: Replay, seed: int) -> tuple[tuple[Case, int], ...]:
    """All cases that can be asked, in random order. UsageError where recorded answers are missing."""
    asked = cases.cases
    if isinstance(target, Recorded):
        asked = cases.answered(target.key)
        if not asked:
            known = ", ".join(cases.keys()) or "none"
            raise UsageError(f'no case of {cases.name} has an answer "{target.key}"; answers there: {known}')
    pairs = [(case, repeat) for case in asked for repeat in range(table.repeats)]
    Random(seed).shuffle(pairs)
    return tuple(pairs)


def _config(
    settings: Settings, table: Replay, cases: EvalSet, target: Target, verifier: Verifier | None,
    grader: Grader,
) -> dict[str, Any]:  # fmt: skip
    """All that decides what comes out, without secrets."""
    if table.cascade is not None and settings.cascade and table.cascade not in settings.cascade:
        known = ", ".join(settings.cascade)
        raise ConfigError(f"a replay names the cascade {table.cascade!r}; known here: {known}")
    return {
        "eval_set": {"name": cases.name, "hash": cases.hash, "cases": len(cases.cases)},
        "target": target.describe() if table.target is not None else None,
        "answers": table.answers,
        "verifier": None if verifier is None else _judge(settings, table, verifier),
        "grader": {"name": table.grader, **grader.describe()},
        "repeats": table.repeats,
        "tolerance": table.tolerance,
        "version": __version__,
    }
