"""A watch as numbers that fit a row, and back."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from cascadewatch.drift import guard, hypotheses
from cascadewatch.drift.alarm import Alarm
from cascadewatch.drift.guard import Guard
from cascadewatch.drift.track import Track
from cascadewatch.drift.watch import Watch, blind

FORM = 1  # of what is kept; what an earlier or later program wrote is not read
KEPT_MS = 28 * 86_400_000  # so long an estimate, or a new fit, has to know what was broken


def kept(watch: Watch) -> dict[str, Any]:
    """JSON-ready; `look` and the baseline have columns of their own."""
    return {
        "form": FORM,
        "tolerance": watch.tolerance,
        "since": watch.since,
        "hour": watch.hour,
        "marked": watch.marked,
        "back": watch.back,
        "lacking": watch.lacking,
        "guard": None if watch.guarded is None else asdict(watch.guarded),
        "track": watch.track.to_dict(),
        "alarms": {direction: alarm.to_dict() for direction, alarm in watch.alarms.items()},
        "broken": [span for span in watch.broken if watch.baseline is None or span[1] > watch.look - KEPT_MS],
    }


def restore(watch: Watch, fields: Mapping[str, Any]) -> None:
    """Makes `watch`, which has its baseline if there is one, go on where `fields` ends.

    Evidence of another tolerance is left behind; what is open stays open.
    """
    for name in ("since", "hour", "marked", "back", "lacking"):
        setattr(watch, name, fields[name])
    watch.guarded = None if fields["guard"] is None else Guard(**fields["guard"])
    watch.broken = [(start, end) for start, end in fields["broken"]]
    if watch.baseline is not None:
        detector = hypotheses.detector(watch.baseline, watch.tolerance)
    elif watch.guarded is not None:
        detector = guard.detector(watch.guarded, watch.tolerance)
    else:
        detector = blind()
    track = Track.from_dict(detector, fields["track"])
    fits = len(track.state.levels) == len(detector.shifts) and fields["tolerance"] == watch.tolerance
    watch.track = track if fits else Track.start(detector, watch.hour)
    for direction, alarm in fields["alarms"].items():
        assert watch.normal is not None, "an alarm has something it is compared with"
        watch.alarms[direction] = Alarm.from_dict(alarm, watch.normal, watch.tolerance)
        if not fits:
            watch.alarms[direction].again(None, watch.normal, watch.tolerance, watch.track)
    watch.weigh()
