"""Which shifts are looked for, and what each means in one hour."""

from collections.abc import Callable, Iterable, Sequence

from cascadewatch.drift.baseline import Baseline
from cascadewatch.drift.detector import Detector
from cascadewatch.drift.evidence import Contrast

TOLERANCE = 0.05
MULTIPLES = (1, 2, 4, 8)
LOWEST, HIGHEST = 0.01, 0.99  # beyond these nothing can be told apart
ROUNDING = 1e-9

Distinct = Callable[[float, float], bool]


def clipped(rate: float) -> float:
    """Into 1 % to 99 %."""
    return min(HIGHEST, max(LOWEST, rate))


def shifts(rate: float, sizes: Iterable[float], distinct: Distinct) -> tuple[float, ...]:
    """Upward and downward shifts of these sizes (ascending) whose clipped targets differ.

    Of equal targets the smallest shift is kept; then those for which `distinct(shift, target)`.
    """
    both = [sign * size for size in sizes for sign in (1, -1)]
    targets: dict[float, float] = {}
    for shift in both:
        targets.setdefault(round(clipped(rate + shift), 12), shift)
    return tuple(shift for target, shift in targets.items() if distinct(shift, target))


def baseline_shifts(baseline: Baseline, tolerance: float = TOLERANCE) -> tuple[float, ...]:
    """1, 2, 4 and 8 times the tolerance both ways, without targets inside twice the null band.

    Eight at 30 %; below 2 % none downward, above 98 % none upward.
    """
    band = baseline.usual_band
    if band is None:
        return ()
    rate = baseline.rate
    sizes = [multiple * tolerance for multiple in MULTIPLES]
    return shifts(rate, sizes, lambda shift, target: _way(shift) * (target - rate) > 2 * band + ROUNDING)


def detector(baseline: Baseline, tolerance: float = TOLERANCE) -> Detector:
    """The detector of a stream with a baseline. A state belongs to this baseline and tolerance alone."""
    wanted = baseline_shifts(baseline, tolerance)

    def contrasts(hour: int) -> Sequence[Contrast | None] | None:
        band = baseline.band(hour)
        if band is None:
            return None
        level = baseline.level(hour)
        return [contrast(level, shift, band) for shift in wanted]

    return Detector(contrasts, wanted, baseline.overdispersion, baseline.temper)


def contrast(level: float, shift: float, band: float) -> Contrast | None:
    """The level with its band against the shifted level; None if the second is not beyond the first."""
    way = _way(shift)
    null, alternative = level + way * band, clipped(level + shift)
    return Contrast(null, alternative) if way * (alternative - null) > ROUNDING else None


def _way(shift: float) -> int:
    return 1 if shift > 0 else -1
