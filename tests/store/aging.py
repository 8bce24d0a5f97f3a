"""Events of every age, and what a night does to them."""

from typing import Any

from cascadewatch.model import Event, Label, Text
from cascadewatch.settings import Cascade, Settings
from cascadewatch.store.retention import Pruned, prune
from tests.model.events import NOON, accepted, attempt, escalated, event
from tests.store.opened import DAY, Opened

AGES = (0, 2, 6, 8, 13, 15, 29, 31, 34, 36, 60, 399)  # days; each side of every horizon but the last
KEEPS_TEXT: dict[str, Any] = {"cascade": {"support": Cascade(store_text=True)}}


def old(name: str, days: float, **fields: Any) -> Event:
    """An event of that age with all that may hang on one."""
    fields.setdefault("caller", "tenant-1")
    fields.setdefault("route", "faq")
    fields.setdefault("text", Text(f"what {name} asked", ["no", "yes"]))
    fields.setdefault("labels", [Label(0, False, "executable", "random", 0.5)])
    return escalated(name, at=NOON - round(days * DAY), latency_ms=1200, **fields)


def of_every_age() -> list[Event]:
    """One with everything at each age and, an hour earlier, one of another route with a reason and nothing
    else."""
    reasoned = attempt("small", "accept", cost_usd=1e-6)
    return [
        *(old(f"old-{days}", days) for days in AGES),
        *(
            event(f"plain-{days}", reasoned, at=NOON - days * DAY - 3_600_000, route="billing")
            for days in AGES
        ),
        accepted("this-morning", at=NOON - 6 * 3_600_000),
    ]


def night(opened: Opened, now: int | None = None, settings: Settings | None = None, **how: Any) -> Pruned:
    """A prune that rests for nobody."""
    at = opened.now if now is None else now
    return prune(opened.store, settings or opened.settings, at, rest=lambda _: None, **how)
