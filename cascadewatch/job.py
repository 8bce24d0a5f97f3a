"""What a job is, and what it works with; cascadewatch/jobs.py lists them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from typing import NamedTuple

from cascadewatch.settings import Settings
from cascadewatch.store.engine import Store
from cascadewatch.store.leases import Lease


@dataclass(frozen=True, slots=True)
class Context:
    """What a job works with. `lease` is the one it runs under; None where nobody else can lead."""

    store: Store
    settings: Settings
    lease: Lease | None = None
    stopping: Event = field(default_factory=Event)  # set when this process ends


class Job(NamedTuple):
    """A function that is run once in every slot of `every` milliseconds and says what it did. `slot` gives
    the one that is due where a schedule does, or None."""

    name: str
    every: int
    run: Callable[[Context, int], str]
    slot: Callable[[Context, int], int | None] | None = None
