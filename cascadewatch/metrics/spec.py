"""What a metric is called, means and rests on, beside the function that computes it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from cascadewatch.metrics.reach import Kept, read_note
from cascadewatch.metrics.window import Bad, Metric, Unit, Window


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """One line of the table of metrics; pages, documents and the API show its words.

    `function` takes a `Window`, and a part's name too where `parts` is given: such a metric is
    shown once per part, as `tier_hits[small]`. `bad` is the direction that costs money or quality.
    `reads` is the kind of sums it rests on: of some a wider range is read than was asked for.
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
        """The metric of this window, or of one part of it; where a wider range was read its reason tells."""
        found = self.function(window) if part is None else self.function(window, part)
        note = None if found.value is None else read_note(window, self.reads)
        return found if note is None else replace(found, reason="; ".join(filter(None, (found.reason, note))))
