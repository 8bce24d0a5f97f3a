"""Fits a baseline to the hours of a period.

Weighted least squares on hourly shares with a weekend term and one daily wave, each kept only if its Wald
statistic says so; overdispersion by the method of moments for the beta-binomial (Williams 1982, Applied
Statistics 31:144); evidence temper from the lag-1 autocorrelation of standardised residuals.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import sqrt
from typing import NamedTuple

from cascadewatch.drift.baseline import WIDEST_BAND, Baseline, band_of, terms
from cascadewatch.drift.hours import HOUR_MS, Hour
from cascadewatch.drift.least_squares import Fitted, weighted_fit
from cascadewatch.errors import InputError

MIN_REQUESTS = 500
MIN_DAYS = 7
QUIET_EDGE_HOURS = 6  # hours without traffic at the ends of seven days are not in the data
MIN_HOURS_OF_A_KIND = 24
MIN_HOURS_FOR_A_WAVE = 48
WEEKEND_WALD = 3.84  # chi-square, 1 degree of freedom, 5 %
WAVE_WALD = 9.21  # chi-square, 2 degrees of freedom, 1 %
OVERDISPERSION = (0.001, 0.2)
MOST_TEMPER = 12.0
CONSTANT, WEEKEND, SINE, COSINE = range(4)


class Row(NamedTuple):
    """One hour and its terms: 1, weekend, sine, cosine."""

    hour: Hour
    terms: tuple[float, float, float, float]


def lacking(hours: Sequence[Hour], until: int) -> str | None:
    """What a baseline over these hours still needs before it can be pinned; None if nothing.

    Seven days have a weekend in them. `until` (epoch ms) is how far the hours reach, whether or not
    anything was judged at the end.
    """
    requests = sum(hour.judged for hour in hours)
    if requests < MIN_REQUESTS:
        return f"{requests} of the {MIN_REQUESTS} judged requests that a baseline needs"
    span = (until - min(hour.start for hour in hours)) // HOUR_MS
    if span < MIN_DAYS * 24 - QUIET_EDGE_HOURS:
        return f"{span // 24} of the {MIN_DAYS} days, with a weekend, that a baseline needs"
    return None


def fit(hours: Iterable[Hour], zone: str = "UTC") -> Baseline:
    """The pinned baseline of these hours, with day and weekend as in `zone`.

    Ask `lacking` first: it fits whatever it is given. Leave out periods known to be broken. Raises
    InputError if nothing was judged.
    """
    rows = [_row(hour, zone) for hour in sorted(hours) if hour.judged]
    if not rows:
        raise InputError("no baseline can be fitted: nothing was judged in its period")
    seen = [row.hour for row in rows]
    rate = pooled_rate(seen)
    profile = _profile(rows, rate)
    levels = [_at(profile, row.terms) for row in rows]
    rho = overdispersion(seen, levels)
    temper = _temper(seen, levels, rho)
    weekday, weekend = _bands(rows, weights(seen, rate, rho), temper, profile[WEEKEND] != 0)
    return Baseline(
        rate=rate,
        requests=sum(hour.judged for hour in seen),
        start=seen[0].start,
        end=seen[-1].start + HOUR_MS,
        zone=zone,
        intercept=profile[CONSTANT],
        weekend=profile[WEEKEND],
        sine=profile[SINE],
        cosine=profile[COSINE],
        overdispersion=rho,
        temper=temper,
        weekday_band=weekday,
        weekend_band=weekend,
    )


def accept_level(old: Baseline, hours: Sequence[Hour]) -> Baseline | str:
    """The old baseline moved to the rate of these hours, as a person asked; or why it has to wait.

    Profile, overdispersion and temper stay as they were; the band comes from the standard error of the
    new level. Fit anew after seven days.
    """
    seen = [hour for hour in sorted(hours) if hour.judged]
    requests = sum(hour.judged for hour in seen)
    if requests < MIN_REQUESTS:
        return f"{requests} of the {MIN_REQUESTS} judged requests that a new level needs"
    rate = pooled_rate(seen)
    error = sqrt(old.temper / sum(weights(seen, rate, old.overdispersion)))
    if error > WIDEST_BAND:
        return f"the new level is known to ±{error * 100:.1f} points only; {WIDEST_BAND * 100:g} are needed"
    normal = sum(hour.judged * old.level(hour.start) for hour in seen) / requests
    band = band_of(error)
    return replace(
        old,
        # What the rate would have been over the old period's mixture of hours.
        rate=min(1.0, max(0.0, old.rate + rate - normal)),
        intercept=old.intercept + rate - normal,
        requests=requests,
        start=seen[0].start,
        end=seen[-1].start + HOUR_MS,
        weekday_band=None if old.weekday_band is None else band,
        weekend_band=None if old.weekend_band is None else band,
    )


def pooled_rate(hours: Sequence[Hour]) -> float:
    """Escalated / judged over all of them."""
    return sum(hour.escalated for hour in hours) / sum(hour.judged for hour in hours)


def overdispersion(
    hours: Sequence[Hour], levels: Sequence[float], limits: tuple[float, float] = OVERDISPERSION
) -> float:
    """Intra-hour correlation by moments: excess of the squared residuals over binomial ones."""
    excess = pairs = 0.0
    for hour, level in zip(hours, levels, strict=True):
        variance = _variance(level)
        excess += (hour.escalated - hour.judged * level) ** 2 / variance - hour.judged
        pairs += hour.judged * (hour.judged - 1)
    low, high = limits
    return min(high, max(low, excess / pairs)) if pairs else low


def weights(hours: Sequence[Hour], rate: float, rho: float) -> list[float]:
    """Inverse variances of the hourly shares under the beta-binomial."""
    variance = _variance(rate)
    return [hour.judged / ((1 + (hour.judged - 1) * rho) * variance) for hour in hours]


def _row(hour: Hour, zone: str) -> Row:
    weekend, sine, cosine = terms(hour.start, zone)
    return Row(hour, (1.0, float(weekend), sine, cosine))


def _variance(level: float) -> float:
    """p(1 - p), kept off 0: a level of exactly 0 % or 100 % still has an error."""
    level = min(0.999, max(0.001, level))
    return level * (1 - level)


def _at(profile: Sequence[float], row: Sequence[float]) -> float:
    return min(1.0, max(0.0, sum(a * b for a, b in zip(profile, row, strict=True))))


def _profile(rows: Sequence[Row], rate: float) -> tuple[float, ...]:
    """The four coefficients; those that are not kept are 0."""
    seen = [row.hour for row in rows]
    shares = [hour.escalated / hour.judged for hour in seen]
    weight = weights(seen, rate, overdispersion(seen, [rate] * len(seen)))

    def fitted(columns: Sequence[int]) -> Fitted | None:
        return weighted_fit([[row.terms[c] for c in columns] for row in rows], shares, weight)

    columns = _eligible(rows)
    full = fitted(columns)
    kept = _kept(columns, full) if full else [CONSTANT]
    last = fitted(kept) if len(kept) > 1 else None
    if last is None:
        return rate, 0.0, 0.0, 0.0
    found = dict(zip(kept, last.coefficients, strict=True))
    return tuple(found.get(column, 0.0) for column in range(4))


def _eligible(rows: Sequence[Row]) -> list[int]:
    """Columns for which there are hours enough."""
    weekends = sum(row.terms[WEEKEND] > 0 for row in rows)
    columns = [CONSTANT]
    if min(weekends, len(rows) - weekends) >= MIN_HOURS_OF_A_KIND:
        columns.append(WEEKEND)
    if len(rows) >= MIN_HOURS_FOR_A_WAVE:
        columns += [SINE, COSINE]
    return columns


def _kept(columns: Sequence[int], full: Fitted) -> list[int]:
    """The constant, and the terms that the data speak for."""
    kept, at = [CONSTANT], {column: place for place, column in enumerate(columns)}
    if WEEKEND in at and full.wald(at[WEEKEND]) > WEEKEND_WALD:
        kept.append(WEEKEND)
    if SINE in at and full.wald(at[SINE], at[COSINE]) > WAVE_WALD:
        kept += [SINE, COSINE]
    return kept


def _temper(hours: Sequence[Hour], levels: Sequence[float], rho: float) -> float:
    """(1 + r) / (1 - r) for the lag-1 autocorrelation r; 1 where r is within its noise."""
    residuals = {
        hour.start: (hour.escalated - hour.judged * level)
        / sqrt(hour.judged * _variance(level) * (1 + (hour.judged - 1) * rho))
        for hour, level in zip(hours, levels, strict=True)
    }
    products = [z * residuals[t + HOUR_MS] for t, z in residuals.items() if t + HOUR_MS in residuals]
    square = sum(z * z for z in residuals.values()) / len(residuals)
    if not products or not square:
        return 1.0
    r = sum(products) / len(products) / square
    if r <= 2 / sqrt(len(products)):
        return 1.0
    return MOST_TEMPER if r >= 1 else min(MOST_TEMPER, (1 + r) / (1 - r))


def _bands(
    rows: Sequence[Row], weight: Sequence[float], temper: float, apart: bool
) -> tuple[float | None, float | None]:
    """Null bands of weekdays and weekends; `apart`: each kind of day has a level of its own."""
    found: list[float | None] = []
    for weekend in (0, 1):
        own = [w for row, w in zip(rows, weight, strict=True) if row.terms[WEEKEND] == weekend]
        error = sqrt(temper / sum(own if apart else weight)) if own else 0.0
        found.append(band_of(error) if len(own) >= MIN_HOURS_OF_A_KIND else None)
    return found[0], found[1]
