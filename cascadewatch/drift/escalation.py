"""Has the escalation rate moved? One setting holds one false-alarm rate at every level of traffic.

A mixture of Shiryaev-Roberts processes over shifts of 1, 2, 4 and 8 times the tolerance both ways, with
beta-binomial hours and a null band around a pinned baseline. Serves any rate k of n judged hourly.
"""

from collections.abc import Iterable, Iterator
from math import log

from cascadewatch.drift.hours import Bucket, Hour, checked, hour_of, hourly
from cascadewatch.drift.hypotheses import TOLERANCE
from cascadewatch.drift.watch import Watch
from cascadewatch.errors import InputError

FALSE_ALARM_HOURS = 24 * 90.0  # of one stream, on average, at the default budget
LOOK_SECONDS = 300


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
    breaks watches; what `buckets` bring is added until a baseline can be fitted, without the breaks that
    the guard has found. `false_alarm_hours` is the mean time to a false alarm that is accepted, `zone` the
    time zone whose days and weekends count.

    Raises InputError for buckets out of order and for counts that cannot be.
    """
    history = _History(hourly((int(time) * 1000, k, n) for time, k, n in baseline))
    return _alarms(buckets, Watch(history, tolerance, zone), history, log(false_alarm_hours))


def _alarms(buckets: Iterable[Bucket], watch: Watch, history: "_History", threshold: float) -> Iterator[int]:
    for end, hour, escalated, judged in _slots(buckets):
        watch.take(end * 1000, hour, escalated, judged)
        history.take(hour, escalated, judged)
        if watch.evidence >= threshold:
            watch.alarm(end * 1000)
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


class _History:
    """The hours seen so far, those to learn from at first included."""

    def __init__(self, past: list[Hour]) -> None:
        self.hours = past

    def take(self, hour: int, escalated: int, judged: int) -> None:
        last = self.hours[-1] if self.hours else None
        if last is not None and last.start == hour:
            self.hours[-1] = Hour(hour, last.escalated + escalated, last.judged + judged)
        else:
            self.hours.append(Hour(hour, escalated, judged))

    def __call__(self, start: int, end: int) -> list[Hour]:
        return [hour for hour in self.hours if start <= hour.start < end]
