"""Has the input mix changed (routes, intents, lengths, languages)? Chi-square of two samples."""

from collections.abc import Mapping, Sequence

from cascadewatch.drift.comparison import Comparison, chi_square

MIN_EXPECTED = 5

Counts = Mapping[str, float]


def compare(reference: Counts, current: Counts) -> Comparison:
    """Chi-square of two samples over categories; those with fewer than 5 expected in either are merged.

    The effect is the total variation distance ½Σ|Δshare| over the cells compared. Undefined if
    a sample is empty or fewer than two cells are left.
    """
    n, m = sum(current.values()), sum(reference.values())
    if not n or not m:
        return Comparison("chi2", None, None, round(n), round(m), "nothing to compare")
    cells = _cells(reference, current)
    if len(cells) < 2:
        return Comparison(
            "chi2", None, None, round(n), round(m), "fewer than two categories are large enough"
        )
    statistic = sum(
        (part - total * (a + b) / (n + m)) ** 2 / (total * (a + b) / (n + m))
        for a, b in cells
        for part, total in ((a, m), (b, n))
    )
    distance = sum(abs(a / m - b / n) for a, b in cells) / 2
    return Comparison("chi2", chi_square(statistic, len(cells) - 1), distance, round(n), round(m))


def holm(ps: Sequence[float]) -> list[float]:
    """P-values adjusted for how many there are (Holm 1979, Scandinavian Journal of Statistics 6:65)."""
    adjusted, highest = [0.0] * len(ps), 0.0
    for rank, place in enumerate(sorted(range(len(ps)), key=lambda i: ps[i])):
        highest = max(highest, min(1.0, (len(ps) - rank) * ps[place]))
        adjusted[place] = highest
    return adjusted


def _cells(reference: Counts, current: Counts) -> list[tuple[float, float]]:
    """(reference, current) per category, the rarest merged until every cell expects 5 in either sample."""
    n, m = sum(current.values()), sum(reference.values())
    share = min(n, m) / (n + m)
    pairs = [(reference.get(name, 0), current.get(name, 0)) for name in {*reference, *current}]
    rare, rare_now, cells = 0.0, 0.0, []
    for a, b in sorted(pairs, key=lambda pair: pair[0] + pair[1]):
        if (a + b) * share < MIN_EXPECTED or 0 < (rare + rare_now) * share < MIN_EXPECTED:
            rare, rare_now = rare + a, rare_now + b
        else:
            cells.append((a, b))
    return [(rare, rare_now), *cells] if rare + rare_now else cells
