"""What a metric is called, means and rests on, beside the function that computes it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cascadewatch.metrics.reach import Kept
from cascadewatch.metrics.window import Bad, Metric, Unit, Window


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """One line of the table of metrics; pages, documents and the API show its words.

    `function` takes a `Window`, and a part's name too where `parts` is given: such a metric is
    shown once per part, as `tier_hits[small]`. `bad` is the direction that costs money or quality.
    `reads` is the kind of sums it rests on: of some a wider range is read than was asked for, which who shows
    the metric says with `reach.read_note`.
    """

    key: str
    title: str
    unit: Unit
    bad: Bad
    definition: str
    formula: str
    undefined: str  # when there is no value
    function: Callable[..., Metric]
    parts: Callable[[Window], Sequence[str]] | None = None
    reads: Kept = "sums"

    def compute(self, window: Window, part: str | None = None) -> Metric:
        """The metric of this window, or of one part of it."""
        return self.function(window) if part is None else self.function(window, part)
