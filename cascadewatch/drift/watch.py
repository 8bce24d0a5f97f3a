"""One stream through its life: guard, baseline, alarm, recovery.

The live look, the walk over history and `escalation.alarm_times` all step this, so they cannot disagree.
Whether evidence is an alarm is decided outside, since all streams share one budget: `looks`.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple

from cascadewatch.drift import fitting, guard, hypotheses
from cascadewatch.drift.alarm import Alarm, Direction, direction_of
from cascadewatch.drift.baseline import Baseline
from cascadewatch.drift.changepoint import LOOK_BACK_HOURS, Change, change_point
from cascadewatch.drift.detector import Detector
from cascadewatch.drift.guard import Guard
from cascadewatch.drift.hours import HOUR_MS, Hour
from cascadewatch.drift.track import Track

History = Callable[[int, int], Sequence[Hour]]  # the whole hours of a stream from a start up to an end
Span = tuple[int, int]


class Plan(NamedTuple):
    """A stored baseline that takes effect at `time` (epoch ms) while history is walked through.

    If a person asked for it, it ends the alarms that are open then.
    """

    time: int
    baseline: Baseline
    by_person: bool


def blind() -> Detector:
    """The detector of a stream that has too little traffic yet to compare with. It tests nothing."""
    return Detector(lambda _: None, (), guard.OVERDISPERSION[0])


@dataclass(slots=True)
class Watch:
    """A rate k of n that is watched. Times are epoch ms.

    `since` is where learning begins, `pooled` whether it is a whole cascade. Alarms in a direction that is
    not `wanted` restart the evidence and are otherwise left alone. `marks` are deploys, in time order: the
    evidence starts again at the first look after each. `look` is the end of the last requests taken.
    """

    history: History
    tolerance: float = hypotheses.TOLERANCE
    zone: str = "UTC"
    since: int = 0
    pooled: bool = True
    wanted: str = "both"
    marks: Sequence[int] = ()
    planned: list[Plan] = field(default_factory=list)  # in time order
    baseline: Baseline | None = None
    guarded: Guard | None = None
    track: Track = field(default_factory=lambda: Track.start(blind()))
    alarms: dict[Direction, Alarm] = field(default_factory=dict)
    ended: list[Alarm] = field(default_factory=list)  # since this object was made
    raised: set[Direction] = field(default_factory=set)  # likewise
    broken: list[Span] = field(default_factory=list)  # changes that are over; nothing is learnt from them
    back: int = 0  # when the last change that is over began to be so
    lacking: str | None = None
    look: int = 0
    hour: int = 0  # the running one
    marked: int = 0  # the last deploy that was heeded
    evidence: float = -inf  # ln of the mean M; of a guard, less its caution

    @property
    def normal(self) -> Baseline | None:
        """The baseline that rates are compared with; while there is none, what the guard takes for normal;
        None while there is not even that."""
        if self.baseline is None and self.guarded is not None:
            return guard.flat(self.guarded, self.tolerance)
        return self.baseline

    def take(self, at: int, hour: int, escalated: int, judged: int) -> None:
        """Takes in the requests of one hour that came since the last look. `at` is the look that sees them
        (epoch ms). At least one must be judged."""
        self._heed(at)
        self._follow_plan(at, hour)
        if hour != self.hour:
            if self.baseline is None:
                self._learn(hour)
            self.hour = hour
        self.track.take(hour, escalated, judged)
        for direction, alarm in list(self.alarms.items()):
            alarm.take(at, hour, escalated, judged)
            if alarm.resolved is not None:
                self._end(direction, at)
        self.look = at
        self.weigh()

    def amend(self, totals: Sequence[Hour], start: int = 0) -> None:
        """The totals of the hours from `start` on, up to `look`, as they are now: some requests came late."""
        for alarm in self.alarms.values():
            alarm.track.amend(totals, start)
        if self.track.amend(totals, start):
            self.weigh()

    def weigh(self) -> None:
        """Brings `evidence` up to date."""
        found = self.track.detector.log_mean(self.track.state)
        self.evidence = found - guard.CAUTION if self.baseline is None else found

    def alarm(self, at: int) -> None:
        """Call it when the evidence is enough for an alarm: opens an alarm, or raises the open one again, and
        starts gathering evidence from nothing."""
        normal, direction = self.normal, self._strongest()
        assert normal is not None, "there is no evidence without something to compare with"
        held = self.alarms.get(direction)
        change = None if held is not None and not held.due else self._change(normal, direction)
        if change is not None:
            direction = direction_of(change.shift)
            held = self.alarms.get(direction)
        self.track.restart()
        self.weigh()
        if self.wanted in ("both", direction):
            if held is not None:
                held.again(change, normal, self.tolerance, self.track)
            elif change is not None:
                self.alarms[direction] = Alarm.of(at, change, normal, self.tolerance, self.track)
            self.raised.add(direction)

    def pin(self, baseline: Baseline, hour: int) -> None:
        """Compares with another baseline from the start of `hour` on. The evidence so far is dropped, since
        it was measured against the old one."""
        self.baseline, self.guarded, self.lacking = baseline, None, None
        self.track = Track.start(hypotheses.detector(baseline, self.tolerance), hour)
        for alarm in self.alarms.values():
            alarm.again(None, baseline, self.tolerance, self.track)
        self.weigh()

    def end(self, at: int) -> None:
        """Ends what is open: a person took the new level for normal."""
        for direction, alarm in list(self.alarms.items()):
            alarm.resolved, alarm.by_person = at, True
            self._end(direction, at)

    def sound(self, hours: Sequence[Hour]) -> list[Hour]:
        """Those of these hours that a baseline may be learnt from: outside all changes found so far."""
        spans = [*self.broken, *((alarm.change.since, self.hour + HOUR_MS) for alarm in self.alarms.values())]
        return [h for h in hours if not any(start - HOUR_MS < h.start < end for start, end in spans)]

    def recent(self) -> list[Hour]:
        """The last 336 hours and the running one, without what lies before the end of the last change."""
        over = min([self.back, *(alarm.change.since for alarm in self.alarms.values())])
        hours = self.history(max(over, self.hour - LOOK_BACK_HOURS * HOUR_MS), self.hour)
        return [*hours, *(hour for hour in self.track.hours if hour.start == self.hour)]

    def _heed(self, at: int) -> None:
        place = bisect_left(self.marks, at)
        newest = self.marks[place - 1] if place else 0
        if newest > max(
            self.marked, self.look - HOUR_MS
        ):  # one that was entered long afterwards is not heeded
            self.track.restart()
        self.marked = max(self.marked, newest)

    def _follow_plan(self, at: int, hour: int) -> None:
        while self.planned and self.planned[0].time < at:
            plan = self.planned.pop(0)
            if plan.by_person:
                self.end(plan.time)
            self.pin(plan.baseline, hour)

    def _learn(self, hour: int) -> None:
        """At the start of an hour: pins a baseline if the hours so far allow one, else renews the guard."""
        past = self.sound(self.history(self.since, hour))
        self.lacking = fitting.lacking(past, hour)
        if self.lacking is None:
            fitted = fitting.fit(past, self.zone)
            if fitted.usual_band is not None:
                self.pin(fitted, hour)
                return
            self.lacking = f"fewer than {fitting.MIN_HOURS_OF_A_KIND} hours with traffic of any kind of day"
        state = self.track.close()
        renewed = guard.renewed(self.guarded, past, hour, state)
        if renewed is not self.guarded and renewed is not None:
            fresh = guard.detector(renewed, self.tolerance)
            carried = guard.carried(state, self.track.detector, fresh)
            self.guarded, self.track = renewed, Track(fresh, carried, carried, hour)
            for alarm in self.alarms.values():
                alarm.rebase(guard.flat(renewed, self.tolerance), self.tolerance)

    def _strongest(self) -> Direction:
        detector = self.track.detector
        logs = zip(detector.log_evidence(self.track.state), detector.shifts, strict=True)
        return direction_of(max(logs)[1])

    def _change(self, normal: Baseline, direction: Direction) -> Change | None:
        """Over the last two weeks, or since the last restart where the former speak for the other way."""
        hours = self.recent()
        found = change_point(hours, normal)
        if found is not None and direction_of(found.shift) == direction:
            return found
        since = self.track.floor
        return change_point([hour for hour in hours if hour.start >= since], normal) or found

    def _end(self, direction: Direction, at: int) -> None:
        alarm = self.alarms.pop(direction)
        self.ended.append(alarm)
        self.broken.append((alarm.change.since, at))
        self.back = max(self.back, at if alarm.easing is None else alarm.easing)
        self.raised.discard(direction)
