"""Sums evidence over hours: Shiryaev-Roberts processes, one per hypothesis, kept as a few floats.

M(now) = (1 + M(end of the last hour)) · exp(l), with l the hour's log-likelihood ratio so far. M less the
number of hours is a supermartingale while nothing has moved, so the mean time to a false alarm at M ≥ A is
at least A hours (e-detectors: Shin, Ramdas and Rinaldo 2024, New England Journal of Statistics in Data
Science 2:229).
"""

from collections.abc import Callable, Sequence
from math import exp, inf, log, log1p
from typing import NamedTuple

from cascadewatch.drift.evidence import Contrast, Urns
from cascadewatch.errors import InputError

MIN_REQUESTS = 30
HOURS_IN_MIND = 32  # whose contrasts are kept: late requests ask for those of the last day again


class State(NamedTuple):
    """All that a detector has to remember of a stream: numbers alone, so that it can be stored in a row.

    `hour` is the start of the running hour (epoch ms; None before the first request), `levels` is ln(1 + M)
    of each hypothesis at its start, and `escalated` of `judged` requests came in it so far. `before` counts
    the requests since the last restart that came before `hour`; below 0 if the restart was within it.
    """

    hour: int | None
    escalated: int
    judged: int
    levels: tuple[float, ...]
    before: int

    @property
    def requests(self) -> int:
        """Requests since the start or the last restart."""
        return self.before + self.judged

    @property
    def opening(self) -> "State":
        """This state before its hour's requests: give it the hour's new totals when more arrived late."""
        return self._replace(escalated=0, judged=0)


class Detector:
    """The evidence processes of one stream, one for each hypothesis in `shifts`. Pure: each call takes a
    state and returns a new one.

    `contrasts` is asked with the start of an hour (epoch ms) and gives the contrast of each hypothesis. A
    None among them means that the hypothesis cannot be tested in that hour, None in place of all of them
    that the hour carries no evidence.
    """

    def __init__(
        self,
        contrasts: Callable[[int], Sequence[Contrast | None] | None],
        shifts: Sequence[float],
        overdispersion: float,
        temper: float = 1.0,
    ) -> None:
        self.contrasts = contrasts
        self.shifts = tuple(shifts)
        self.overdispersion = overdispersion
        self.temper = temper
        self._memo: dict[int, list[Urns | None] | None] = {}

    def start(self) -> State:
        """No evidence for anything."""
        return State(None, 0, 0, (0.0,) * len(self.shifts), 0)

    def update(self, state: State, hour: int, escalated: int, judged: int) -> State:
        """Adds requests of one hour (epoch ms of its start) to the state.

        Any split of an hour's requests over calls gives the same state. Without requests, and in an hour
        without evidence, nothing changes. Raises InputError for an hour before the state's own: take the
        stored state of that hour and go on from there.
        """
        if judged == 0 or self._urns(hour) is None:
            return state
        if state.hour is not None and hour < state.hour:
            raise InputError(
                f"the hour {hour} comes after {state.hour}: recompute from the state stored for the earlier"
            )
        if hour != state.hour:
            state = self.close(state)._replace(hour=hour)
        return state._replace(escalated=state.escalated + escalated, judged=state.judged + judged)

    def close(self, state: State) -> State:
        """Ends the state's hour."""
        if state.hour is None:
            return state
        levels = tuple(_log1p_exp(value) for value in self.log_evidence(state))
        return State(None, 0, 0, levels, state.requests)

    def restart(self, state: State) -> State:
        """Forgets the evidence (after an alarm, or a deploy), without counting this hour's requests anew.

        What the hour has shown so far stays known: only what comes on top of it is new evidence.
        """
        levels = tuple(-value for value in self._ratios(state))
        return state._replace(levels=levels, before=-state.judged)

    def log_evidence(self, state: State) -> tuple[float, ...]:
        """ln M of each hypothesis, now; -inf before the first request."""
        if state.hour is None:
            return (-inf,) * len(self.shifts)
        return tuple(a + b for a, b in zip(state.levels, self._ratios(state), strict=True))

    def log_mean(self, state: State) -> float:
        """ln of the mean M, to compare with ln A; -inf with nothing to look for or under 30 requests."""
        if state.requests < MIN_REQUESTS:
            return -inf
        return log_mean(self.log_evidence(state))

    def _ratios(self, state: State) -> list[float]:
        urns = self._urns(state.hour) if state.hour is not None else None
        if urns is None or not state.judged:
            return [0.0] * len(self.shifts)
        k, n, temper = state.escalated, state.judged, self.temper
        return [urn.log_ratio(k, n) / temper if urn else 0.0 for urn in urns]

    def _urns(self, hour: int) -> list[Urns | None] | None:
        if hour not in self._memo:
            if len(self._memo) >= HOURS_IN_MIND:
                del self._memo[next(iter(self._memo))]
            found = self.contrasts(hour)
            urns = None if found is None else [c and Urns.of(c, self.overdispersion) for c in found]
            self._memo[hour] = urns
        return self._memo[hour]


def log_mean(logs: Sequence[float]) -> float:
    """ln of the mean of exp(each), without overflow; -inf of nothing."""
    most = max(logs, default=-inf)
    if most == -inf:
        return -inf
    return most + log(sum(exp(value - most) for value in logs) / len(logs))


def _log1p_exp(value: float) -> float:
    """ln(1 + e^value), without overflow."""
    return value + log1p(exp(-value)) if value > 0 else log1p(exp(value))
