"""When labels last checked the answers that users got. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from cascadewatch.metrics.quality import quality
from cascadewatch.metrics.window import Window
from cascadewatch.store.reads import LabelBucket


def last_check(window: Window, buckets: Sequence[LabelBucket]) -> int | None:
    """Epoch ms; None: no label of these buckets tells of quality.

    `Window.last_label` is when the cascade was last labelled at all. That may have been the rejected cheap
    answer of an escalated event, a complaint, or another route. Where the newest labelled bucket holds
    none that quality rests on, the start of the newest that does stands in: no later check is claimed.
    """
    telling = [b for b in buckets if quality(replace(window, labels=b.labels)).value is not None]
    if not telling or window.last_label is None:
        return None
    newest = telling[-1]
    return window.last_label if newest is buckets[-1] else min(newest.start, window.last_label)
