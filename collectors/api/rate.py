"""How many events a sender may send, when the configuration says so."""

import math


class Rates:
    """One token bucket per sender, filled with `per_second` tokens a second up to one second's worth.

    A request is taken while anything is left and may overdraw, so that no batch is too large to
    pass; the debt is waited off.
    """

    def __init__(self, per_second: float | None) -> None:
        self.per_second = per_second
        self._levels: dict[str, tuple[float, int]] = {}

    def wait(self, sender: str, now: int) -> int:
        """Seconds until the sender may send again, 0 for now. `now` is epoch milliseconds."""
        if self.per_second is None:
            return 0
        level = self._level(sender, now)
        return 0 if level > 0 else max(1, math.ceil(-level / self.per_second))

    def spend(self, sender: str, events: int, now: int) -> None:
        """Counts events against the sender."""
        if self.per_second is not None:
            self._levels[sender] = (self._level(sender, now) - events, now)

    def _level(self, sender: str, now: int) -> float:
        full = max(1.0, self.per_second or 0)
        level, then = self._levels.get(sender, (full, now))
        return min(full, level + max(0, now - then) / 1000 * (self.per_second or 0))
