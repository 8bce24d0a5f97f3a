"""What a rate normally is: fitted once, then pinned, so that slow drift cannot hide in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from math import cos, pi, sin
from typing import Any
from zoneinfo import ZoneInfo

from cascadewatch.errors import InputError

NARROWEST_BAND = 0.005
WIDEST_BAND = 0.03
NOISY_TEMPER = 2.0


@dataclass(frozen=True, slots=True)
class Baseline:
    """The rate of one stream over a pinned period, its shape, and how far hours scatter around it.

    `rate` is escalated / judged over `start` to `end` (epoch ms), `requests` the number judged. In the
    hour h of the day in `zone` the level is intercept + weekend (Saturday and Sunday) + sine · sin(2πh/24)
    + cosine · cos(2πh/24), as a share. `overdispersion` is the correlation of two requests of one hour:
    n requests of it are worth n / (1 + (n - 1) · overdispersion) independent ones. `temper` (≥ 1) divides
    all evidence, because neighbouring hours resemble each other. The bands are half-widths around the
    level inside which nothing counts as moved; None: too few hours of that kind of day, which then carry
    no evidence.
    """

    rate: float
    requests: int
    start: int
    end: int
    zone: str
    intercept: float
    weekend: float
    sine: float
    cosine: float
    overdispersion: float
    temper: float
    weekday_band: float | None
    weekend_band: float | None

    def level(self, hour: int) -> float:
        """The normal rate in the hour that starts at `hour` (epoch ms), between 0 and 1."""
        weekend, sine, cosine = terms(hour, self.zone)
        level = self.intercept + self.weekend * weekend + self.sine * sine + self.cosine * cosine
        return min(1.0, max(0.0, level))

    def band(self, hour: int) -> float | None:
        """Half the width of the null band in that hour; None: the hour carries no evidence."""
        return self.weekend_band if terms(hour, self.zone)[0] else self.weekday_band

    @property
    def usual_band(self) -> float | None:
        """The null band of weekdays; that of weekends for a stream without weekdays."""
        return self.weekend_band if self.weekday_band is None else self.weekday_band

    @property
    def noisy(self) -> bool:
        """Whether neighbouring hours resemble each other so much that small moves take long to see."""
        return self.temper > NOISY_TEMPER

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; `from_dict` gives the same baseline back."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> "Baseline":
        """Raises InputError for fields that are missing or unknown."""
        try:
            return cls(**fields)
        except TypeError as error:
            raise InputError(
                f"not a pinned baseline ({error}): pin it anew with `cascadewatch baseline pin`"
            ) from None


@lru_cache(maxsize=20_000)  # a walk over a month asks for the same hours again and again
def terms(hour: int, zone: str) -> tuple[int, float, float]:
    """(1 on Saturday and Sunday else 0, sine, cosine of the time of day) of an hour, in the zone's time."""
    local = datetime.fromtimestamp(hour / 1000, UTC).astimezone(ZoneInfo(zone))
    angle = 2 * pi * (local.hour + local.minute / 60) / 24
    return int(local.weekday() >= 5), sin(angle), cos(angle)


def band_of(error: float) -> float:
    """The null band that a standard error of the level asks for, within 0.5 and 3 points."""
    return min(max(NARROWEST_BAND, error), WIDEST_BAND)


def ratcheted(new: Baseline, earlier: Baseline, tolerance: float = 0.05) -> bool:
    """Whether re-pinning would hide a drift: compare with the baseline of 30 days earlier."""
    return abs(new.rate - earlier.rate) > tolerance
