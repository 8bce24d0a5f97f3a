"""Rates that are watched for lasting moves, all of an installation under one budget of false alarms.

    look      what is to be said of every stream now, and what has to be remembered
    save      remembers it, in the transaction that acts on it
    walk      what the rules would have found in the past

What a person says is normal is in `alerts.drift_levels`.

On the first look at a stream its history is walked through, so that incidents before the installation are
found and a baseline is there on the first day.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from alerts.drift.findings import findings, past_of
from alerts.drift.members import Member, Roll, resume, row_of
from alerts.drift.walk import HISTORY_MS, Walk, budget
from alerts.finding import Finding, Past
from cascadewatch.drift.baseline import Baseline
from cascadewatch.drift.hours import Hour, hour_of
from cascadewatch.drift.looks import log_thresholds
from cascadewatch.settings import Rule, Settings
from cascadewatch.store import baselines, drift_states
from cascadewatch.store.baselines import AUTOMATIC, REFITTED
from cascadewatch.store.cells import UTC_DAY

AUTHOR = "cascadewatch"
LEARNING_MS = 8 * UTC_DAY  # walked through before a back-test, to have a baseline at its start


@dataclass(frozen=True, slots=True)
class Row:
    """What has to be stored of a stream after a look. `pin` is the baseline it has just learnt (None: no new
    one), and `before` the id of the one that this replaces."""

    stream: drift_states.Row
    metric: str
    pin: Baseline | None
    before: int | None


def look(
    connection: Connection, settings: Settings, rules: Sequence[Rule], now: int
) -> tuple[list[Finding], list[Row]]:
    """Every stream of the drift rules among `rules`, and what changed in what is remembered of them.

    Looks lie five minutes apart; those that were missed are made up for, late requests are taken in.
    """
    roll = Roll(connection, settings, _of_drift(rules), now - HISTORY_MS)
    stored = {(row.rule, row.cascade, row.route): row for row in drift_states.states(connection)}
    until = now
    for member in roll.members:
        row = stored.get((member.rule.name, *member.scope))
        if row is not None and row.look >= now - HISTORY_MS:
            resume(member, row)
            until = max(until, row.look)  # a clock that was set back
    walk = Walk(connection, settings, roll, until)
    walk.go_on()
    walk.from_the_start(now - HISTORY_MS)
    walk.read_open()
    thresholds = log_thresholds(roll.watches, budget(settings))
    said = [
        finding
        for member, threshold in zip(roll.members, thresholds, strict=True)
        for finding in findings(member, _last_day(member, walk.until), threshold)
    ]
    rows = [(member, _row(member)) for member in roll.members if member.watch.hour]  # something came
    return said, [row for member, row in rows if row.pin is not None or row.stream != member.row]


def save(connection: Connection, rows: Sequence[Row], now: int) -> None:
    """Remembers how far the streams were watched, and pins the baselines they learnt."""
    drift_states.save(connection, [_pinned(connection, row, now) for row in rows])


def walk(
    connection: Connection, settings: Settings, rules: Sequence[Rule], start: int, end: int
) -> list[Past]:
    """The episodes that drift rules would have had from `start` to `end` (epoch ms), the first in front.

    Uses the baselines that were in force then; where there was none, one is learnt from the days before. All
    streams share the budget of false alarms, here those of `rules` alone: pass all rules to learn what the
    installation would have found.
    """
    roll = Roll(connection, settings, _of_drift(rules), start - LEARNING_MS)
    known = all(any(pin.baseline.end <= start for pin in member.pins) for member in roll.members)
    steps = Walk(connection, settings, roll, end)
    steps.from_the_start(start if known else start - LEARNING_MS)
    found = [past for member in roll.members for past in past_of(member)]
    return sorted(
        (past for past in found if past.resolved is None or past.resolved > start),
        key=lambda past: (past.opened, past.rule, past.scope, past.direction),
    )


def _of_drift(rules: Iterable[Rule]) -> list[Rule]:
    return [rule for rule in rules if rule.kind == "drift" and rule.enabled]


def _last_day(member: Member, until: int) -> list[Hour]:
    """What came in the 24 hours before the look."""
    watch, start = member.watch, until - UTC_DAY
    if watch.track.floor <= start:
        return [hour for hour in watch.track.hours if hour.start >= start]
    running = [hour for hour in watch.track.hours if hour.start == hour_of(until)]
    return [*watch.history(start, hour_of(until)), *running]


def _row(member: Member) -> Row:
    watch, pinned = member.watch, member.pinned
    learnt = watch.baseline is not None and not any(pin.baseline is watch.baseline for pin in member.pins)
    before = None if pinned is None else pinned.id
    return Row(row_of(member), member.metric, watch.baseline if learnt else None, before)


def _pinned(connection: Connection, row: Row, now: int) -> drift_states.Row:
    """The row, with the id of its baseline after pinning a new one. If a person has pinned another baseline
    since the look began, nothing is pinned: the next look starts with theirs."""
    if row.pin is None:
        return row.stream
    stream = (row.metric, row.stream.cascade, row.stream.route)
    held = baselines.current(connection, *stream)
    if held is not None and held.baseline == row.pin:
        return row.stream._replace(baseline=held.id)
    if (None if held is None else held.id) != row.before:
        return row.stream
    how = AUTOMATIC if held is None else REFITTED
    made = baselines.pin(connection, *stream, row.pin, how=how, author=AUTHOR, note=None, now=now)
    return row.stream._replace(baseline=made.id)
