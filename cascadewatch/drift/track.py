"""The evidence of one stream with the hours it rests on, so that late requests can still be taken in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cascadewatch.drift.detector import Detector, State
from cascadewatch.drift.hours import HOUR_MS, Hour

KEPT_HOURS = 26  # a batch of the whole of yesterday still counts


@dataclass(slots=True)
class Track:
    """A detector's state with the latest hours it was computed from, so that it can be computed anew.

    `state` is what becomes of `opening` after `hours`, the last of which is the running one. Requests that
    arrive late for hours before `floor` (epoch ms) are ignored: those more than 26 hours back, and those
    before the last restart.
    """

    detector: Detector
    opening: State
    state: State
    floor: int = 0
    hours: list[Hour] = field(default_factory=list)

    @classmethod
    def start(cls, detector: Detector, floor: int = 0) -> "Track":
        """A track without evidence. Requests of hours before `floor` (epoch ms) will not count."""
        return cls(detector, detector.start(), detector.start(), floor)

    def take(self, hour: int, escalated: int, judged: int) -> None:
        """Takes in requests of the running hour, or of a later one."""
        if self.hours and self.hours[-1].start == hour:
            last = self.hours[-1]
            self.hours[-1] = Hour(hour, last.escalated + escalated, last.judged + judged)
        else:
            self.hours.append(Hour(hour, escalated, judged))
            self._settle(hour - KEPT_HOURS * HOUR_MS)
        self.state = self.detector.update(self.state, hour, escalated, judged)

    def amend(self, totals: Iterable[Hour], start: int = 0) -> bool:
        """The totals of the hours from `start` on as they are now: some came late, or were corrected.

        Computes the state anew where that changes anything, and says whether it did.
        """
        before = [hour for hour in self.hours if hour.start < start]
        hours = before + [hour for hour in totals if hour.judged and hour.start >= max(start, self.floor)]
        if hours == self.hours:
            return False
        alike = [h.start for h in hours] == [h.start for h in self.hours] and hours[:-1] == self.hours[:-1]
        self.hours = hours
        if not alike:
            self.state = self.opening
            for hour in hours:
                self.state = self.detector.update(self.state, *hour)
        elif self.state.hour == hours[-1].start:
            self.state = self.state._replace(escalated=hours[-1].escalated, judged=hours[-1].judged)
        return True

    def restart(self) -> None:
        """Forgets the evidence. The running hour's requests so far are kept, so that they are not counted
        again as new ones."""
        self.state = self.detector.restart(self.state)
        self.opening = self.state.opening
        self.floor = max(self.floor, self.state.hour or 0)
        self.hours = [hour for hour in self.hours if hour.start >= self.floor]

    def close(self) -> State:
        """The state once its hour is over."""
        return self.detector.close(self.state)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; `from_dict` goes on from there."""
        return {
            "opening": _plain(self.opening),
            "state": _plain(self.state),
            "floor": self.floor,
            "hours": self.hours,
        }

    @classmethod
    def from_dict(cls, detector: Detector, fields: Mapping[str, Any]) -> "Track":
        """For the detector that it was made with."""
        hours = [Hour(*hour) for hour in fields["hours"]]
        return cls(detector, _state(fields["opening"]), _state(fields["state"]), fields["floor"], hours)

    def _settle(self, before: int) -> None:
        while self.hours[0].start < before:
            self.opening = self.detector.update(self.opening, *self.hours.pop(0))
        self.floor = max(self.floor, before)


def _plain(state: State) -> list[Any]:
    return [state.hour, state.escalated, state.judged, list(state.levels), state.before]


def _state(fields: Any) -> State:
    hour, escalated, judged, levels, before = fields
    return State(hour, escalated, judged, tuple(levels), before)
