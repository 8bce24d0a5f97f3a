"""The demo's replays: its eval sets beside its settings, and a history of runs that were really played."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from cascadewatch.cli.output import say
from cascadewatch.errors import UsageError

if TYPE_CHECKING:
    from cascadewatch.demo.replays import Night
    from cascadewatch.settings import Settings
    from cascadewatch.store.engine import Store

AUTHOR = "demo"


def write_sets(settings: "Settings") -> None:
    """Puts the eval sets where the settings say, with where they come from. UsageError if it cannot."""
    from importlib.resources import files

    from cascadewatch.demo.replays import eval_sets

    places = {table.eval_set.name: table.eval_set for table in settings.replay.values()}
    notice = (files("cascadewatch.demo") / "recorded" / "NOTICE.md").read_bytes()
    for name, content in eval_sets().items():
        place = places[name]
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
            (place.parent / "NOTICE.md").write_bytes(notice)
        except OSError as error:
            raise UsageError(f"{place} cannot be written: {error.strerror}") from None


def play(settings: "Settings", store: "Store", now: int) -> int:
    """Plays every night of the demo's history, as the worker would have done then; how many runs."""
    from zoneinfo import ZoneInfo

    from cascadewatch.demo.replays import nights
    from cascadewatch.demo.scenario import calendar
    from cascadewatch.replay.running import Asked, run

    zone = ZoneInfo(settings.timezone)
    found = nights(calendar(now, zone), zone)
    say(f"{len(found)} replays of the past nights are played ...")
    for night in found:
        asked = Asked("schedule", AUTHOR, pin=night.pin)
        run(store, _as_it_was(settings, night), night.name, asked, _clock(night.time_ms))
    return len(found)


def _as_it_was(settings: "Settings", night: "Night") -> "Settings":
    """The settings of that night: with the model and the verifier's threshold of then."""
    table = settings.replay[night.name]
    if night.target is not None:
        then = table.model_copy(update={"target": night.target})
        settings = settings.model_copy(update={"replay": {**settings.replay, night.name: then}})
    if night.threshold is None or table.verifier is None:
        return settings
    verifier = settings.verifier[table.verifier].model_copy(update={"threshold": night.threshold})
    return settings.model_copy(update={"verifier": {**settings.verifier, table.verifier: verifier}})


def _clock(start: int) -> Callable[[], int]:
    """A clock that stands at `start` (epoch ms) now, and goes on from there."""
    begun = time.monotonic()
    return lambda: start + int((time.monotonic() - begun) * 1000)
