"""When labels last checked the answers that users got, of a route or in a range that is past. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from cascadewatch.metrics.quality import quality
from cascadewatch.metrics.window import Window
from cascadewatch.store.reads import LabelBucket


def last_check(window: Window, buckets: Sequence[LabelBucket]) -> int | None:
    """The start (epoch ms) of the newest of these buckets with labels that quality rests on: no later check
    is claimed. None: no label here tells of quality.

    `Window.last_label` is more exact, but of all routes and until now.
    """
    telling = (b for b in reversed(buckets) if quality(replace(window, labels=b.labels)).value is not None)
    return next((bucket.start for bucket in telling), None)
