"""Weighted least squares for the few terms of a baseline.

By hand, because four normal equations are all there is to solve, and importing numpy for them would cost
an idle worker more memory than everything else here.
"""

from collections.abc import Sequence
from typing import NamedTuple

Matrix = list[list[float]]


class Fitted(NamedTuple):
    """Coefficients and their covariance, if the weights are inverse variances."""

    coefficients: list[float]
    covariance: Matrix

    def wald(self, *places: int) -> float:
        """Wald statistic of these coefficients being all 0: chi-square with one degree of freedom each."""
        part = inverse([[self.covariance[i][j] for j in places] for i in places])
        chosen = [self.coefficients[i] for i in places]
        if part is None:
            return 0.0
        return sum(a * b * part[i][j] for i, a in enumerate(chosen) for j, b in enumerate(chosen))


def weighted_fit(
    rows: Sequence[Sequence[float]], values: Sequence[float], weights: Sequence[float]
) -> Fitted | None:
    """The fit of `values` on `rows`; None if the rows cannot tell the terms apart."""
    size = range(len(rows[0]))
    normal = [
        [sum(w * row[i] * row[j] for row, w in zip(rows, weights, strict=True)) for j in size] for i in size
    ]
    right = [sum(w * row[i] * y for row, y, w in zip(rows, values, weights, strict=True)) for i in size]
    covariance = inverse(normal)
    if covariance is None:
        return None
    return Fitted([sum(covariance[i][j] * right[j] for j in size) for i in size], covariance)


def inverse(matrix: Matrix) -> Matrix | None:
    """Gauss-Jordan with the largest pivot first; None if the matrix is singular to working precision."""
    size = len(matrix)
    wide = [[*row, *(float(i == j) for j in range(size))] for i, row in enumerate(matrix)]
    smallest = 1e-10 * max(abs(value) for row in matrix for value in row)
    for column in range(size):
        best = max(range(column, size), key=lambda i: abs(wide[i][column]))
        wide[column], wide[best] = wide[best], wide[column]
        pivot = wide[column][column]
        if abs(pivot) <= smallest:
            return None
        wide[column] = [value / pivot for value in wide[column]]
        for i in range(size):
            if i != column:
                factor = wide[i][column]
                wide[i] = [a - factor * b for a, b in zip(wide[i], wide[column], strict=True)]
    return [row[size:] for row in wide]
