"""A stream that is looked at every five minutes, all alone."""

import json
from collections.abc import Iterable, Sequence
from math import log
from typing import Any

from cascadewatch.drift import watch_state
from cascadewatch.drift.baseline import Baseline
from cascadewatch.drift.hours import HOUR_MS, Bucket, Hour, hour_of
from cascadewatch.drift.looks import LOOK_MS
from cascadewatch.drift.watch import Watch

THRESHOLD = log(2160)


class Alone:
    """A watch, its history, and the times of its alarms (epoch ms)."""

    def __init__(self, baseline: Baseline | None = None, past: Iterable[Hour] = (), **fields: Any) -> None:
        self.hours = {hour.start: hour for hour in past}
        self.alarms: list[int] = []
        self.fields = fields
        self.watch = Watch(self.history, **fields)
        if baseline is not None:
            self.watch.pin(baseline, 0)

    def history(self, start: int, end: int) -> Sequence[Hour]:
        return [self.hours[at] for at in sorted(self.hours) if start <= at < end]

    def see(self, buckets: Iterable[Bucket], resuming: bool = False) -> "Alone":
        """Looks at all of it; `resuming`: from a row at every look."""
        for at, k, n in looks(buckets):
            if resuming:
                self.resume()
            hour = hour_of(at - 1)
            self.watch.take(at, hour, k, n)
            held = self.hours.get(hour, Hour(hour, 0, 0))
            self.hours[hour] = Hour(hour, held.escalated + k, held.judged + n)
            if self.watch.evidence >= THRESHOLD:
                self.watch.alarm(at)
                self.alarms.append(at)
        return self

    def resume(self) -> None:
        """Another watch that knows only the row of this one, and what was told of the past."""
        row = json.loads(json.dumps(watch_state.kept(self.watch)))
        fresh = Watch(self.history, **self.fields)
        fresh.look, fresh.baseline = self.watch.look, self.watch.baseline
        watch_state.restore(fresh, row)
        fresh.ended, fresh.raised = self.watch.ended, self.watch.raised
        self.watch = fresh


def looks(buckets: Iterable[Bucket]) -> list[Bucket]:
    """Minutes (epoch seconds) as the looks (epoch ms) that see them."""
    sums: dict[int, list[int]] = {}
    for time, k, n in buckets:
        at = time * 1000 - time * 1000 % LOOK_MS + LOOK_MS
        here = sums.setdefault(at, [0, 0])
        here[0], here[1] = here[0] + k, here[1] + n
    return [(at, k, n) for at, (k, n) in sorted(sums.items())]


def hours_from(moment: int, since: int) -> float:
    """Hours between two moments (epoch ms)."""
    return (moment - since) / HOUR_MS
