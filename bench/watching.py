"""How far a long bench is: a bar on stderr where somebody looks on, else a line for each tenth."""

import sys
import time
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from filling import Step

from cascadewatch.cli.progress import progress_bar


def watched(steps: Iterable[Step], count: int, seconds: float | None = None) -> list[Step]:
    """All the steps, told as they come, or those of so many seconds."""
    listed: list[Step] = []
    until = None if seconds is None else time.monotonic() + seconds
    with progress_bar() as tell:
        for step in steps:
            listed.append(step)
            tell("events", step.after, count)
            if not sys.stderr.isatty() and 10 * step.after // count > 10 * step.before // count:
                word(f"{step.after:,} of {count:,} events, {step.rss_mib:.0f} MiB")
            if until is not None and time.monotonic() > until:
                break
    return listed


def word(message: str) -> None:
    """A word to whoever waits."""
    print(message, file=sys.stderr, flush=True)
