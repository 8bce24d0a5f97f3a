"""An alarm from its opening to its end: how far it was, and whether the rate has come back."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from cascadewatch.drift import recovery
from cascadewatch.drift.baseline import Baseline
from cascadewatch.drift.changepoint import Change
from cascadewatch.drift.recovery import Phase
from cascadewatch.drift.track import Track

GROWN = 1.1  # an alarm that comes again is estimated anew once its requests have grown by a tenth

Direction = Literal["up", "down"]


def direction_of(shift: float) -> Direction:
    """Which way a shift goes."""
    return "up" if shift > 0 else "down"


@dataclass(slots=True)
class Alarm:
    """One continuous change of a stream, from the alarm at `opened` on. Times are epoch ms.

    `change` is the estimate at the last alarm in this direction, whose shift the recovery is measured
    against; `fresh` requests came since. `track` gathers the evidence for being back. `by_person`: it did
    not come back, a person set a new baseline.
    """

    opened: int
    change: Change
    track: Track
    phase: Phase = "firing"
    easing: int | None = None
    resolved: int | None = None
    fresh: int = 0
    by_person: bool = False

    @classmethod
    def of(cls, at: int, change: Change, baseline: Baseline, tolerance: float, past: Track) -> "Alarm":
        """An alarm that opens now; `past` holds what its stream's running hour has shown so far."""
        return cls(at, change, _recovery(change, baseline, tolerance, past))

    @property
    def direction(self) -> Direction:
        """Which way the rate moved."""
        return direction_of(self.change.shift)

    @property
    def due(self) -> bool:
        """Whether enough came since the last estimate to make another."""
        return self.change.n + self.fresh >= GROWN * self.change.n

    def again(self, change: Change | None, baseline: Baseline, tolerance: float, past: Track) -> None:
        """The same alarm was raised again: it is firing once more, with a new estimate if one is given, and
        its recovery test starts anew."""
        if change is not None:
            self.change, self.fresh = change, 0
        self.phase, self.easing = "firing", None
        self.track = _recovery(self.change, baseline, tolerance, past)

    def rebase(self, baseline: Baseline, tolerance: float) -> None:
        """Compares with another baseline from now on. The evidence gathered so far is kept."""
        self.track.detector = recovery.detector(baseline, self.change.shift, tolerance)

    def take(self, at: int, hour: int, escalated: int, judged: int) -> None:
        """Requests of its stream up to the look at `at`."""
        self.fresh += judged
        self.track.take(hour, escalated, judged)
        reached = recovery.phase(self.track.detector, self.track.state)
        if reached == "resolved":
            self.resolved = at
        if reached != "firing" and self.phase == "firing":
            self.phase, self.easing = "easing", at
        if reached == "resolved":
            self.phase = "resolved"

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; `from_dict` goes on from there."""
        return {
            "opened": self.opened,
            "change": asdict(self.change),
            "track": self.track.to_dict(),
            "phase": self.phase,
            "easing": self.easing,
            "fresh": self.fresh,
        }

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any], baseline: Baseline, tolerance: float) -> "Alarm":
        """For the baseline and tolerance that it was made with."""
        change = Change(**fields["change"])
        detector = recovery.detector(baseline, change.shift, tolerance)
        track = Track.from_dict(detector, fields["track"])
        return cls(fields["opened"], change, track, fields["phase"], fields["easing"], None, fields["fresh"])


def _recovery(change: Change, baseline: Baseline, tolerance: float, past: Track) -> Track:
    """A new recovery test without evidence. It is given the running hour's requests only so that they are
    not counted later."""
    found = Track.start(recovery.detector(baseline, change.shift, tolerance))
    if past.hours:
        found.take(*past.hours[-1])
        found.restart()
    return found
