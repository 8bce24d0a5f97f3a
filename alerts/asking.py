"""Asks every rule what it finds. One that fails is named and counted, and the others go on."""

import json
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from typing import Any, TypeVar

from alerts.finding import Finding, Scope
from alerts.kinds import LIMITS
from alerts.windows import Windows
from cascadewatch.errors import StoreError
from cascadewatch.metrics.window import Metric
from cascadewatch.settings import Rule, Settings

log = logging.getLogger("cascadewatch.alerts")

ITSELF = Scope("", "")  # the scope of what is said of a rule and not of a cascade
LONGEST = 300
Given = TypeVar("Given")
NOTHING = Metric(None, 0, reason="the rule failed")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the rules found, what drift has to remember, and which rules failed (by name)."""

    findings: tuple[Finding, ...]
    drift_rows: tuple[Any, ...]
    failed: frozenset[str]


def ask(
    windows: Windows, settings: Settings, rules: Sequence[Rule], failed_before: Collection[str], now: int
) -> Asked:
    """Asks all rules at `now` (epoch ms). A rule named in `failed_before` that does not fail any more gives
    a finding that says so."""
    found: list[Finding] = []
    rows: list[Any] = []
    wrong: list[Finding] = []
    for rule in rules:
        if rule.kind in LIMITS:
            kind = import_module(LIMITS[rule.kind])
            said = _trying(windows, rule, partial(kind.look, windows, settings, rule, now))
            (wrong.append(said) if isinstance(said, Finding) else found.extend(said))
    for given in _drift(windows, settings, [rule for rule in rules if rule.kind == "drift"], now):
        if isinstance(given, Finding):
            wrong.append(given)
        else:
            found.extend(given[0])
            rows.extend(given[1])
    failed = frozenset(finding.rule.name for finding in wrong)
    well = [_well(rule) for rule in rules if rule.name in failed_before and rule.name not in failed]
    return Asked((*found, *wrong, *well), tuple(rows), failed)


def _drift(
    windows: Windows, settings: Settings, rules: Sequence[Rule], now: int
) -> list[Finding | tuple[list[Finding], list[Any]]]:
    """All rules of drift at once, for they share a budget; one by one if that fails."""
    if not rules:
        return []

    def look(some: Sequence[Rule]) -> tuple[list[Finding], list[Any]]:
        from alerts.kinds import drift

        found, rows = drift.look(windows.connection, settings, some, now)
        return list(found), list(rows)

    together = _trying(windows, rules[0], partial(look, rules))
    if not isinstance(together, Finding) or len(rules) == 1:
        return [together]
    return [_trying(windows, rule, partial(look, [rule])) for rule in rules]


def _trying(windows: Windows, rule: Rule, look: Callable[[], Given]) -> Given | Finding:
    """What the look gives, or that the rule failed. A database out of reach is no fault of a rule."""
    try:
        with windows.connection.begin_nested():
            given = look()
            _insist_on_json(given)
            return given
    except StoreError:
        raise
    except Exception as error:
        if windows.connection.invalidated:  # lost: what was caught may be an error that follows from that
            raise
        return _failure(rule, error)  # whatever it is, the other rules go on


def _failure(rule: Rule, error: Exception) -> Finding:
    log.exception("rule %s failed", rule.name, exc_info=error)
    lines = str(error).strip().splitlines()
    said = f"{type(error).__name__}: {lines[0] if lines else 'no reason given'}"[:LONGEST]
    return Finding(
        rule, ITSELF, "error", NOTHING, f"The rule {rule.name} failed: {said}.", detail={"error": said}
    )


def _well(rule: Rule) -> Finding:
    return Finding(rule, ITSELF, "ok", replace(NOTHING, reason=None), f"The rule {rule.name} works.")


def _insist_on_json(given: Any) -> None:
    """A detail that cannot be kept is the rule's fault, and must not take the others with it."""
    for finding in given[0] if isinstance(given, tuple) else given:
        json.dumps(dict(finding.detail), allow_nan=False)
