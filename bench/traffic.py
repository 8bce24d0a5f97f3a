"""Simulated escalation of one stream, minute by minute: what detectors are measured on.

Traffic is Poisson with a daily rhythm of ±70 % and half as much on weekends. Each hour has a rate of its own,
a beta draw around the mean, so requests of one hour resemble each other.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

MONDAY = 1_767_571_200  # 2026-01-05 00:00 UTC
WEEK_HOURS = 168
GAP_HOUR = 240
Buckets = list[tuple[int, int, int]]
Array = np.ndarray[Any, Any]
Course = Callable[[Array], Array]  # hours since the change (below 0: before it) -> what is added to the rate


class World(NamedTuple):
    """How a stream behaves. Rates and their swings are shares; `gap` hours of silence follow 10 days."""

    per_hour: float
    rate: float = 0.30
    overdispersion: float = 0.01
    swing: float = 0.015
    weekend: float = 0.0
    correlation: float = 0.0
    gap: int = 0
    steady: bool = False


def unchanged(hours: Array) -> Array:
    """Nothing happens."""
    return np.zeros_like(hours)


def buckets(
    world: World, rng: np.random.Generator, start: int, hours: int, change: int, course: Course
) -> Buckets:
    """(epoch seconds, escalated, judged) of every minute with anything judged.

    `start` is the first hour and `change` the hour of the change, both counted from a Monday's midnight.
    """
    hour = np.arange(start, start + hours)
    day, weekend = hour % 24, hour % WEEK_HOURS >= 120
    expected = traffic(world, hour)
    if world.gap:
        expected[GAP_HOUR : GAP_HOUR + world.gap] = 0
    mean = world.rate + world.swing * np.sin(2 * np.pi * (day - 3) / 24) + world.weekend * weekend
    mean = np.clip(mean + course((hour - change).astype(float)), 0.0, 1.0)
    rates = hourly_rates(world, rng, mean)
    judged = rng.poisson(np.repeat(expected / 60, 60))
    escalated = rng.binomial(judged, np.repeat(rates, 60))
    minutes = MONDAY + 60 * np.arange(start * 60, (start + hours) * 60)
    some = judged > 0
    return list(zip(minutes[some].tolist(), escalated[some].tolist(), judged[some].tolist(), strict=True))


def traffic(world: World, hour: Array) -> Array:
    """Requests expected in these hours of the week: by day ±70 %, half on weekends."""
    if world.steady:
        return np.full(len(hour), float(world.per_hour))
    rhythm = 1 + 0.7 * np.sin(2 * np.pi * (hour % 24 - 9) / 24)
    return np.asarray(world.per_hour * rhythm * (1 - 0.5 * (hour % WEEK_HOURS >= 120)))


def hourly_rates(world: World, rng: np.random.Generator, mean: Array) -> Array:
    """One rate per hour, with the world's overdispersion around the mean."""
    if not world.overdispersion:
        return mean
    if world.correlation:
        noise = rng.standard_normal(len(mean))
        for i in range(1, len(mean)):
            noise[i] = world.correlation * noise[i - 1] + np.sqrt(1 - world.correlation**2) * noise[i]
        return np.clip(mean + noise * np.sqrt(mean * (1 - mean) * world.overdispersion), 0, 1)
    size = 1 / world.overdispersion - 1
    inside = np.clip(mean, 1e-9, 1 - 1e-9)
    return np.where(mean > 0, rng.beta(inside * size, (1 - inside) * size), 0.0)
