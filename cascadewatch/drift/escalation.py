"""Has the escalation rate moved? One setting holds one false-alarm rate at every level of traffic.

A mixture of Shiryaev-Roberts processes over shifts of 1, 2, 4 and 8 times the tolerance both ways, with
beta-binomial hours and a null band around a pinned baseline. Serves any rate k of n judged hourly.
"""

from collections.abc import Iterable, Iterator, Sequence
from math import log

from cascadewatch.drift import guard
from cascadewatch.drift.baseline import Baseline
from cascadewatch.drift.detector import Detector
from cascadewatch.drift.evidence import Contrast
from cascadewatch.drift.fitting import lacking
from cascadewatch.drift.hours import Bucket, Hour, checked, hour_of, hourly
from cascadewatch.drift.hypotheses import TOLERANCE, baseline_shifts, contrast
from cascadewatch.errors import InputError

FALSE_ALARM_HOURS = 24 * 90.0  # of one stream, on average, at the default budget
LOOK_SECONDS = 300


def detector(baseline: Baseline, tolerance: float = TOLERANCE) -> Detector:
    """The detector of a stream with a baseline. A state belongs to this baseline and tolerance alone."""
    shifts = baseline_shifts(baseline, tolerance)

    def contrasts(hour: int) -> Sequence[Contrast | None] | None:
        band = baseline.band(hour)
        if band is None:
            return None
        level = baseline.level(hour)
        return [contrast(level, shift, band) for shift in shifts]

    return Detector(contrasts, shifts, baseline.overdispersion, baseline.temper)


def alarm_times(
    buckets: Iterable[Bucket],
    baseline: Iterable[Bucket],
    *,
    tolerance: float = TOLERANCE,
    false_alarm_hours: float = FALSE_ALARM_HOURS,
    zone: str = "UTC",
) -> Iterator[int]:
    """The whole detector over one stream: the time of each alarm, in epoch seconds.

    Both iterables give (epoch seconds, escalated, judged) per minute in time order; minutes with nothing
    judged may be left out. A look is taken every 5 minutes, so an alarm's time is a multiple of 300 at or
    after the end of the data it rests on. After an alarm the evidence starts again from nothing: a
    change that lasts alarms repeatedly.

    The baseline is fitted once. While it lacks seven days or 500 judged requests, only the guard for gross
    breaks watches; what `buckets` bring is added until a baseline can be fitted. `false_alarm_hours` is
    the mean time to a false alarm that is accepted, `zone` the time zone whose days and weekends count.

    Raises InputError for buckets out of order and for counts that cannot be.
    """
    watch = _Watch(hourly((int(time) * 1000, k, n) for time, k, n in baseline), tolerance, zone)
    threshold = log(false_alarm_hours)
    for end, hour, escalated, judged in _slots(buckets):
        if watch.look(hour, escalated, judged) >= threshold:
            watch.state = watch.detector.restart(watch.state)
            yield end


def alarms(
    buckets: Iterable[Bucket],
    baseline: Baseline,
    *,
    tolerance: float = TOLERANCE,
    false_alarm_hours: float = FALSE_ALARM_HOURS,
) -> Iterator[int]:
    """`alarm_times` with a baseline that is pinned already: the back-test of a rule."""
    watching, threshold = detector(baseline, tolerance), log(false_alarm_hours)
    state = watching.start()
    for end, hour, escalated, judged in _slots(buckets):
        state = watching.update(state, hour, escalated, judged)
        if watching.log_mean(state) >= threshold:
            state = watching.restart(state)
            yield end


def _slots(buckets: Iterable[Bucket]) -> Iterator[tuple[int, int, int, int]]:
    """Sums between two looks: (time of the look in epoch seconds, hour in epoch ms, escalated, judged)."""
    look, escalated, judged = 0, 0, 0
    last = None
    for time, k, n in checked(buckets):
        if last is not None and time < last:
            raise InputError(f"the bucket at {time} comes after the one at {last}: sort them by time")
        last = time
        if n and time >= look:
            if judged:
                yield look, hour_of((look - 1) * 1000), escalated, judged
            look, escalated, judged = int(time - time % LOOK_SECONDS) + LOOK_SECONDS, 0, 0
        escalated, judged = escalated + k, judged + n
    if judged:
        yield look, hour_of((look - 1) * 1000), escalated, judged


class _Watch:
    """One stream through its life: first the guard, then the detector with the baseline that was learnt."""

    def __init__(self, past: list[Hour], tolerance: float, zone: str) -> None:
        self.past, self.running = past, Hour(0, 0, 0)
        self.tolerance, self.zone = tolerance, zone
        self.guarded: guard.Guard | None = None
        self.learning = True
        self.detector = Detector(lambda _: None, (), guard.OVERDISPERSION[0])  # looks for nothing yet
        self.state = self.detector.start()

    def look(self, hour: int, escalated: int, judged: int) -> float:
        """Takes in what came since the last look; ln of the mean evidence."""
        if self.learning:
            if hour != self.running.start:
                self._learn(hour)
            k, n = self.running.escalated + escalated, self.running.judged + judged
            self.running = Hour(hour, k, n)
        self.state = self.detector.update(self.state, hour, escalated, judged)
        return self.detector.log_mean(self.state)

    def _learn(self, hour: int) -> None:
        """At the start of an hour: the best detector that the whole hours so far allow."""
        if self.running.judged:
            self.past.append(self.running)
        self.running = Hour(hour, 0, 0)
        if not lacking(self.past, hour):
            self.learning = False
            self.detector = detector(Baseline.fit(self.past, self.zone), self.tolerance)
            self.state = self.detector.start()
            return
        self.state = self.detector.close(self.state)
        renewed = guard.renewed(self.guarded, self.past, hour, self.state)
        if renewed is not self.guarded and renewed is not None:
            fresh = guard.detector(renewed, self.tolerance)
            self.state = guard.carried(self.state, self.detector, fresh)
            self.guarded, self.detector = renewed, fresh
