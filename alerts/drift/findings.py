"""What is to be said of a stream after a look at it."""

from collections.abc import Sequence
from dataclasses import replace
from math import exp, isinf
from typing import Any

from alerts.drift.members import Member
from alerts.finding import Estimate, Finding, Outcome, Past
from cascadewatch.drift.alarm import Alarm
from cascadewatch.drift.baseline import NARROWEST_BAND
from cascadewatch.drift.changepoint import Change, change_since
from cascadewatch.drift.delay import delay_to_see
from cascadewatch.drift.diagnosis.spoken import percent
from cascadewatch.drift.hours import Hour, hour_of
from cascadewatch.drift.hypotheses import ROUNDING, baseline_shifts, clipped
from cascadewatch.drift.watch import Watch
from cascadewatch.metrics import METRICS
from cascadewatch.metrics.interval import wilson
from cascadewatch.metrics.window import Metric
from cascadewatch.store.baselines import ratchet

NOTHING = "no requests in the last 24 hours"
GROSS = "until then only gross breaks are looked for"
_MOVES = {1: "rises", -1: "falls", 0: "moves"}


def findings(member: Member, day: Sequence[Hour], threshold: float) -> list[Finding]:
    """One finding for each direction in which an alarm is open or has just ended. Without any, one finding
    that says the stream is normal, still learning, or without requests.

    `day` holds the last 24 hours, `threshold` is the log evidence at which the stream raises an alarm.
    """
    detail, metric = details(member, day, threshold), _metric(member, day)
    past = tuple(_past(member, alarm) for alarm in _forgotten(member))
    told = [_open(member, alarm, metric, detail) for alarm in member.watch.alarms.values()]
    told += [_over(member, alarm, metric, detail) for alarm in _ended(member)]
    if not told:
        outcome: Outcome = "learning" if member.watch.baseline is None else "ok"
        told = [Finding(member.rule, member.scope, outcome if day else "no_data", metric,
                        _calm(member, metric), detail=detail)]  # fmt: skip
    first, *rest = told
    return [replace(first, past=past), *rest]


def estimate(member: Member, alarm: Alarm) -> Estimate:
    """The rate from the start of the change until it began to ease, or until now. Where those hours do not
    show a move in the alarm's direction, the estimate that was made when the alarm was last raised."""
    watch, change = member.watch, alarm.change
    until = watch.hour + 1 if alarm.easing is None else hour_of(alarm.easing)
    hours = list(watch.history(hour_of(change.since), min(until, watch.hour)))
    if alarm.easing is None:
        hours += [hour for hour in watch.track.hours if hour.start == watch.hour]
    normal = watch.normal
    if hours and normal is not None:
        found = change_since(hours, normal)
        if found.shift * change.shift > 0:
            change = found
    return _estimate(change)


def past_of(member: Member) -> list[Past]:
    """Every episode of a walk over history."""
    watch = member.watch
    return [_past(member, alarm) for alarm in [*watch.ended, *watch.alarms.values()]]


def details(member: Member, day: Sequence[Hour], threshold: float) -> dict[str, Any]:
    """What pages show of a stream, JSON-ready."""
    watch, baseline = member.watch, member.watch.baseline
    per_hour = sum(hour.judged for hour in day) / 24
    earlier = [pin for pin in member.pins if pin.baseline is not baseline]
    pinned = member.pinned
    return {
        "state": "learning" if baseline is None else "watching",
        "lacking": watch.lacking if baseline is None else None,
        "baseline": None if baseline is None else baseline.to_dict(),
        "per_hour": per_hour,
        "tolerance": watch.tolerance,
        "hours_to_see": _hours_to_see(member, per_hour, threshold),
        "unseen": _unseen(member),
        "evidence": 0.0 if isinf(watch.evidence) else min(1.0, max(0.0, watch.evidence / threshold)),
        "noisy": baseline is not None and baseline.noisy,
        "ratchet": None if baseline is None or pinned is None else ratchet(
            baseline, earlier, pinned.pinned, watch.tolerance
        ),
    }  # fmt: skip


def _hours_to_see(member: Member, per_hour: float, threshold: float) -> float | None:
    """How long a move by the tolerance takes to see (to 1 % or 99 % where it passes those), in the way that
    takes longer. A way in which the rate cannot move so far is left out. None: one of them is not seen."""
    watch, baseline = member.watch, member.watch.baseline
    if baseline is None:
        return None
    targets = [baseline.rate + way * watch.tolerance for way in _ways(watch)]
    hours = [
        delay_to_see(
            baseline, per_hour, clipped(target) - baseline.rate,
            tolerance=watch.tolerance, false_alarm_hours=exp(threshold),
        )
        for target in targets
        if -ROUNDING <= target <= 1 + ROUNDING
    ]  # fmt: skip
    known = [found for found in hours if found is not None]
    return max(known) if known and len(known) == len(hours) else None


def _unseen(member: Member) -> str | None:
    """Which moves are not looked for although the tolerance asks for them, and why; None: all are."""
    watch, baseline = member.watch, member.watch.baseline
    band = None if baseline is None else baseline.usual_band
    if baseline is None or band is None:
        return None
    rate, found = baseline.rate, baseline_shifts(baseline, watch.tolerance)
    rests = {way: _left_out(rate, way, found, watch.tolerance) for way in _ways(watch)}
    rests = {way: rest for way, rest in rests.items() if rest is not None}
    if not rests:
        return None
    why = f"the baseline of {percent(rate)} is known to ±{band * 100:.1f} points only"
    if all(way * (clipped(rate + way) - rate) <= 2 * NARROWEST_BAND + ROUNDING for way in rests):
        why = f"the rate is {percent(rate)} already"
    if len(rests) == 2 and rests[1] == rests[-1]:
        rests = {0: rests[1]}
    said = " and ".join(f"{_MOVES[way]}{rest}" for way, rest in rests.items())
    return f"{said} are not looked for: {why}"


def _left_out(rate: float, way: int, looked_for: Sequence[float], tolerance: float) -> str | None:
    """Which moves of one way are not looked for: " under 10 points", or "" for all of them. None: those that
    the tolerance asks for are, as far as the rate can move."""
    sizes = [abs(clipped(rate + shift) - rate) for shift in looked_for if shift * way > 0]
    if not sizes:
        return ""
    return None if min(sizes) <= tolerance + ROUNDING else f" under {min(sizes) * 100:.3g} points"


def _ways(watch: Watch) -> tuple[int, ...]:
    return {"up": (1,), "down": (-1,)}.get(watch.wanted, (1, -1))


def _metric(member: Member, day: Sequence[Hour]) -> Metric:
    """The rate of the last 24 hours; requests of one hour count for less than independent ones."""
    k, n = sum(hour.escalated for hour in day), sum(hour.judged for hour in day)
    if not n:
        return Metric(None, 0, reason=NOTHING)
    normal = member.watch.normal
    rho = 0.0 if normal is None else normal.overdispersion
    effective = sum(hour.judged / (1 + (hour.judged - 1) * rho) for hour in day if hour.judged)
    return Metric(k / n, n, *wilson(k / n * effective, effective))


def _open(member: Member, alarm: Alarm, metric: Metric, detail: dict[str, Any]) -> Finding:
    raised = alarm.direction in member.watch.raised
    phase = "alarm" if raised and alarm.phase == "firing" else alarm.phase
    new = alarm.direction not in (member.known or {})
    found = estimate(member, alarm)
    return Finding(
        member.rule, member.scope, "breached", metric, _moved(member, found), alarm.direction,
        "alarm" if new and phase == "firing" else phase, found,
        {**detail, "opened": alarm.opened, "easing": alarm.easing},
    )  # fmt: skip


def _over(member: Member, alarm: Alarm, metric: Metric, detail: dict[str, Any]) -> Finding:
    found = estimate(member, alarm)
    ended = {"opened": alarm.opened, "easing": alarm.easing, "resolved": alarm.resolved}
    ended |= {"by_person": True} if alarm.by_person else {}
    outcome: Outcome = "learning" if member.watch.baseline is None else "ok"
    words = f"{_what(member)} {'has a new baseline' if alarm.by_person else 'is back to normal'}"
    return Finding(
        member.rule, member.scope, outcome, metric, words, alarm.direction, "resolved", found, detail | ended
    )


def _ended(member: Member) -> list[Alarm]:
    """What was open before this look and is not any more."""
    watch, known = member.watch, member.known or {}
    return [a for a in watch.ended if known.get(a.direction) is a and a.direction not in watch.alarms]


def _forgotten(member: Member) -> list[Alarm]:
    """What began and ended since the last look."""
    known = list((member.known or {}).values())
    return [alarm for alarm in member.watch.ended if not any(alarm is held for held in known)]


def _past(member: Member, alarm: Alarm) -> Past:
    return Past(
        member.rule.name, member.scope, alarm.direction, alarm.opened, alarm.easing, alarm.resolved,
        estimate(member, alarm),
    )  # fmt: skip


def _estimate(change: Change) -> Estimate:
    return Estimate(
        change.since, change.rate, change.normal, change.low, change.high, change.n, change.effective
    )


def _what(member: Member) -> str:
    spec = METRICS[member.metric]
    scope = member.scope
    return f"{spec.title} of {scope.cascade}{' / ' + scope.route if scope.route else ''}"


def _moved(member: Member, found: Estimate) -> str:
    assert found.baseline is not None
    points = (found.value - found.baseline) * 100
    side = "above" if points > 0 else "below"
    low, high = (found.low or 0.0) * 100, (found.high or 0.0) * 100
    return (
        f"{_what(member)} has been about {found.value * 100:.1f} % ({low:.1f}–{high:.1f}), "
        f"{abs(points):.1f} points {side} its baseline, over {found.n:,} requests"
    )


def _calm(member: Member, metric: Metric) -> str:
    watch = member.watch
    if watch.baseline is None:
        return f"learning: {watch.lacking or 'no whole hour of traffic yet'}; {GROSS}"
    if metric.value is None:
        return NOTHING
    low, high = (metric.low or 0.0) * 100, (metric.high or 0.0) * 100
    unseen = _unseen(member)
    return (
        f"{_what(member)} is {metric.value * 100:.1f} % ({low:.1f}–{high:.1f}, n {metric.n:,}), "
        f"normal is {watch.baseline.rate * 100:.1f} %{f'; {unseen}' if unseen else ''}"
    )
