"""Evaluates every rule: one transaction reads and decides, a second one writes.

The second one commits all of it or nothing: states, episodes, transitions and messages for the outbox.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from sqlalchemy import Connection

from alerts import facts, spans
from alerts.asking import ITSELF, Asked, ask
from alerts.books import Books
from alerts.decisions import Decision, Held, Key, OpenKey, decide, follows, orphans, state_of
from alerts.facts import Facts
from alerts.finding import Finding, Past
from alerts.joining import TOGETHER_MS, order, rank
from alerts.lifecycle import State
from alerts.rules import rules_of
from alerts.windows import Windows
from cascadewatch.settings import Rule, Settings
from cascadewatch.store import episodes, leases, rule_states, silences
from cascadewatch.store.engine import Store
from cascadewatch.store.leases import Lease
from cascadewatch.store.rule_states import RuleState

PASSED_ON = "the lease has passed to another worker: nothing was written"
SEEN = "this moment was evaluated before"


@dataclass(frozen=True, slots=True)
class _Read:
    """What the reading transaction found."""

    asked: Asked
    facts: Mapping[tuple[str, str, str, str], Facts]
    past: Mapping[Past, Facts]


class Checked(NamedTuple):
    """One rule on one scope, as it is now; `fires` is whether it needs somebody's attention."""

    finding: Finding
    state: State
    fires: bool


def run(store: Store, settings: Settings, now: int, lease: Lease | None) -> str:
    """Evaluates all rules at `now` (epoch ms) and writes what follows from it; says what happened.

    Without a lease nobody else may evaluate at the same time. A moment is evaluated at most once.
    """
    rules = rules_of(settings)
    with store.reading() as connection:
        if not spans.is_new(rule_states.looked(connection), now):
            return SEEN
        read = _read(connection, settings, rules, now)
    with store.writing() as connection:
        if lease is not None and not leases.still(connection, lease, now):
            return PASSED_ON
        looked = rule_states.looked(connection)
        if not spans.is_new(looked, now):
            return SEEN
        counts = _write(connection, settings, rules, read, now)
        rule_states.save_looked(connection, spans.with_look(looked, now))
    told = ", ".join(f"{n} {what}" for what, n in sorted(counts.items()))
    return f"{len(rules)} rules, {len(read.asked.findings)} findings{f': {told}' if told else ''}"


def check(store: Store, settings: Settings, now: int) -> list[Checked]:
    """What every rule says now. Nothing is written and nothing is sent; a breach fires at its first look."""
    rules = rules_of(settings)
    with store.reading() as connection:
        held = _held(connection, now)
        asked = ask(Windows(connection, settings), settings, rules, (), now)
        decisions = decide(asked.findings, held, now)
    return [_checked(decision) for decision in decisions]


def _checked(decision: Decision) -> Checked:
    finding, state = decision.finding, decision.life.state
    if finding.outcome in ("breached", "error") and state in ("ok", "pending"):
        state = "error" if finding.outcome == "error" else "firing"
    return Checked(finding, state, state in ("firing", "easing", "flapping", "error"))


def _read(connection: Connection, settings: Settings, rules: Sequence[Rule], now: int) -> _Read:
    held, windows = _held(connection, now), Windows(connection, settings)
    failing = {state.rule for state in held.states.values() if state.cascade == ITSELF.cascade}
    asked = ask(windows, settings, rules, failing, now)
    decisions = decide(asked.findings, held, now)
    return _Read(
        asked,
        facts.gather(windows, settings, decisions, now),
        facts.gather_past(windows, settings, asked.findings),
    )


def _held(connection: Connection, now: int) -> Held:
    states = {state.key: state for state in rule_states.states(connection)}
    return Held(states, episodes.opened_or_open(connection, now - TOGETHER_MS))


def _write(
    connection: Connection, settings: Settings, rules: Sequence[Rule], read: _Read, now: int
) -> Mapping[str, int]:
    """All that follows from what was read, decided anew on the rows as they are now."""
    held, asked = _held(connection, now), read.asked
    books = Books(connection, settings, rules, held, silences.active(connection, now), now)
    for orphan in orphans(asked.findings, held, rules, asked.failed):
        books.end(orphan)
    decisions = decide(asked.findings, held, now)
    enter(books, decisions, asked.findings, read.facts, read.past, held.states)
    books.tell()
    if asked.drift_rows:
        from alerts.kinds import drift

        drift.save(connection, asked.drift_rows, now)
    rule_states.save(connection, *_states(decisions, held, rules, asked.failed, now))
    return books.counts


def enter(
    books: Books, decisions: Iterable[Decision], findings: Iterable[Finding],
    facts: Mapping[OpenKey, Facts], past: Mapping[Past, Facts], watched: Container[Key],
) -> None:  # fmt: skip
    """Writes what was decided, and the episodes that began and ended since the last look (`past`).

    All of it in the order in which it began, because an episode is joined to one that began earlier.
    `watched` holds the streams that were looked at before this look.
    """
    steps = [
        (order(decision.finding), partial(books.write, decision, facts.get(_open_key(decision))))
        for decision in decisions
    ]
    for finding in findings:
        was_watched = (finding.rule.name, *finding.scope) in watched
        steps += [
            ((one.opened, *rank(finding)), partial(books.remember, one, finding, past[one], was_watched))
            for one in finding.past
            if one in past
        ]
    for _, write in sorted(steps, key=lambda step: step[0]):
        write()


def _open_key(decision: Decision) -> OpenKey:
    return *decision.key, decision.finding.direction


def _states(
    decisions: Sequence[Decision], held: Held, rules: Iterable[Rule], failed: Iterable[str], now: int
) -> tuple[list[RuleState], list[Key]]:
    """The state rows to store, and the keys of rows to delete: rules no longer in the settings, and scopes
    that a rule which worked no longer reports."""
    by_key: dict[Key, list[Decision]] = {}
    for decision in decisions:
        by_key.setdefault(decision.key, []).append(decision)
    rows = [_state(key, group, held.states.get(key), now) for key, group in by_key.items()]
    kept = [row for row in rows if row.cascade != ITSELF.cascade or row.state != "ok"]
    names, blind = {rule.name for rule in rules}, {*failed}
    stay = {row.key for row in kept}
    gone = [key for key in held.states if key not in stay and (key[0] not in names or key[0] not in blind)]
    return kept, gone


def _state(key: Key, group: Sequence[Decision], before: RuleState | None, now: int) -> RuleState:
    state = state_of(group)
    told = next(decision for decision in group if decision.life.state == state)
    finding, metric = told.finding, told.finding.metric
    since = now
    if before is not None and before.state == state:
        since = min(before.since, now)
    detail = dict(finding.detail)
    if finding.outcome == "error":
        detail["failures"] = 1 + (before.detail.get("failures", 0) if before is not None else 0)
    return RuleState(
        *key, state=state, since=since, evaluated=now, value=metric.value, low=metric.low, high=metric.high,
        n=metric.n, message=finding.message, detail=detail,
        life={} if follows(finding) else told.life.to_dict(),
    )  # fmt: skip
