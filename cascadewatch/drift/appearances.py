"""When did a new name come into use? Read from how often names were seen, bucket by bucket.

A name that was not seen although it should have been (its share of what was counted since promises
20 sightings) has gone; when it comes back, that is an appearance too. So a roll-back is found, and a name
that is merely rare is not taken for new.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

GONE = 20.0  # sightings missed after which a name is no longer in use
RARE = 15.0  # sightings a new name should have had before, if it had been there all the time
FEWEST = 5  # sightings that make a name more than a slip
WINDOW_MS = 86_400_000  # what was in use "before" and "then": at most a day on either side
GIVEN_UP = 0.5  # of its own share that a name must have lost to be what was replaced


class Bucket(NamedTuple):
    """What was counted under each name in the bucket that starts at `time` (epoch ms)."""

    time: int
    counts: Mapping[str, int]


class Appearance(NamedTuple):
    """`name` came into use at `time` (the start of a bucket, epoch ms), with `share` of all sightings until
    it went or a day was over. `replaced` gave up most of its own share for it; None: nothing did."""

    name: str
    time: int
    share: float
    replaced: str | None
    n: int


@dataclass
class _Run:
    """A name from its first sighting to the last one before it went."""

    name: str
    first: int
    before: int  # all sightings of any name before it
    last: int = 0
    n: int = 0
    of: int = 0  # all sightings while it ran
    missed: int = 0  # ... since it was last seen

    def see(self, bucket: Bucket, total: int) -> None:
        self.n += bucket.counts[self.name]
        self.of += self.missed + total
        self.missed, self.last = 0, bucket.time

    @property
    def share(self) -> float:
        return self.n / self.of if self.of else 0.0

    @property
    def gone(self) -> bool:
        return self.share * self.missed >= GONE

    @property
    def is_news(self) -> bool:
        """In use beyond a slip, and not merely too rare to be seen earlier."""
        return self.n >= FEWEST and self.share * self.before >= RARE


def appearances(buckets: Iterable[Bucket]) -> list[Appearance]:
    """Every name that came into use after the first bucket, in the order of time.

    >>> old = [Bucket(hour, {"a": 30}) for hour in range(5)]
    >>> appearances([*old, Bucket(5, {"a": 10, "b": 20}), Bucket(6, {"b": 30})])
    [Appearance(name='b', time=5, share=1.0, replaced='a', n=50)]
    """
    ordered = sorted(buckets, key=lambda bucket: bucket.time)
    runs = _runs(ordered)
    return [_appearance(run, ordered) for run in sorted(runs, key=lambda r: (r.first, r.name)) if run.is_news]


def _runs(ordered: list[Bucket]) -> list[_Run]:
    current: dict[str, _Run] = {}
    over: list[_Run] = []
    seen = 0
    for bucket in ordered:
        total = sum(bucket.counts.values())
        for name, run in current.items():
            if name not in bucket.counts:
                run.missed += total
        for name in bucket.counts:
            held = current.get(name)
            if held is not None and held.gone:
                over.append(held)
                held = None
            if held is None:
                held = current[name] = _Run(name, bucket.time, seen)
            held.see(bucket, total)
        seen += total
    return [*over, *current.values()]


def _appearance(run: _Run, ordered: list[Bucket]) -> Appearance:
    before = _shares(b for b in ordered if run.first - WINDOW_MS <= b.time < run.first)
    until = min(run.last, run.first + WINDOW_MS)
    # Its first bucket still holds what came before it.
    later = [b for b in ordered if run.first < b.time <= until]
    then = _shares(later or [b for b in ordered if run.first <= b.time <= until])
    share = then.get(run.name, 0.0)
    lost = {name: was - then.get(name, 0.0) for name, was in before.items() if name != run.name}
    losers = [n for n in lost if lost[n] >= GIVEN_UP * before[n] and lost[n] >= share / 3]
    replaced = max(sorted(losers), key=lambda name: lost[name], default=None)
    return Appearance(run.name, run.first, share, replaced, run.n)


def _shares(buckets: Iterable[Bucket]) -> dict[str, float]:
    sums: dict[str, int] = {}
    for bucket in buckets:
        for name, n in bucket.counts.items():
            sums[name] = sums.get(name, 0) + n
    total = sum(sums.values())
    return {name: n / total for name, n in sums.items()} if total else {}
