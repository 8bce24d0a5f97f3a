"""`replay --list`: every replay of the settings, when it runs, and what became of its last slot and run."""

from typing import TYPE_CHECKING, Any

from cascadewatch.cli.output import shown, table
from cascadewatch.cli.times import told

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cascadewatch.settings import Settings

HEAD = ["replay", "kind", "schedule", "state", "next", "last report"]
NOTHING = "–"


def listed(connection: "Connection", settings: "Settings", now: int) -> list[dict[str, Any]]:
    """One object for each [replay.NAME]; times are epoch ms."""
    from cascadewatch.replay.planned import planned
    from cascadewatch.store import reports

    found = []
    for one in planned(connection, settings, now):
        last = next(iter(reports.heads(connection, one.name, 1)), None)
        pinned = reports.baseline(connection, one.name)
        found.append({
            "replay": one.name,
            "kind": "verifier check" if settings.replay[one.name].target is None else "replay",
            "cascade": settings.replay[one.name].cascade,
            "schedule": one.schedule,
            "state": one.state,
            "next": one.next,
            "late_since": one.late,
            "missed": one.missed,
            "slot": None if one.slot is None else one.slot._asdict(),
            "unmet": None if one.unmet is None else one.unmet._asdict(),
            "report": last and {"id": last.id, "time": last.created, "verdict": last.verdict},
            "baseline": None if pinned is None else pinned.id,
        })  # fmt: skip
    return found


def text_of(found: list[dict[str, Any]], timezone: str) -> str:
    """A table, and below it what is wrong with a schedule or came of its last slot."""
    if not found:
        return "there is no [replay.NAME] in the settings yet"
    rows = [_row(one, timezone) for one in found]
    said = [f"{shown(one['replay'])}: {words}" for one in found for words in _words(one, timezone)]
    return "\n".join([table(HEAD, rows), *([""] if said else []), *said])


def _row(one: dict[str, Any], timezone: str) -> list[str]:
    report = one["report"]
    last = NOTHING if report is None else f"{report['verdict']}, {told(report['time'], timezone)}"
    coming = NOTHING if one["next"] is None else told(one["next"], timezone)
    name, state = shown(one["replay"]), one["state"]
    return [name, one["kind"], one["schedule"] or NOTHING, state, coming, last]


def _words(one: dict[str, Any], timezone: str) -> list[str]:
    said = []
    if one["late_since"] is not None:
        said.append(
            f"late since {told(one['late_since'], timezone)}: no worker has begun it; is one running?"
        )
    if one["missed"]:
        said.append(f"{one['missed']} earlier slots were missed; one run makes up for all of them")
    if one["unmet"] is not None:
        unmet = one["unmet"]
        said.append(f"asked for at {told(unmet['time'], timezone)}: failed: {shown(unmet['message'])}")
    slot = one["slot"]
    if slot is not None and slot["message"]:
        failed = "failed: " if slot["state"] == "failed" else ""
        said.append(f"slot of {told(slot['time'], timezone)}: {failed}{shown(slot['message'])}")
    return said
