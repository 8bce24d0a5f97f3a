"""`status`: how the installation stands, without a server to ask."""

from datetime import datetime
from typing import Any

from cascadewatch.cli.clock import clock
from cascadewatch.cli.opening import opened
from cascadewatch.cli.options import Config, Db, Json
from cascadewatch.cli.output import answer, shown, table

GIBI = 2**30
NOBODY = "nobody: no rule is evaluated and nothing is sent; start `cascadewatch up` or `worker`"


def status(config: Config = None, db: Db = None, as_json: Json = False) -> None:
    """Say how the installation stands, without a server.

    Senders, disk, jobs, channels: what GET /v1/status answers, read from the database.

    \b
    Examples:
      cascadewatch status
      cascadewatch status --json | jq .worker
    """
    from cascadewatch.store.reads.standing import standing

    with opened(config, db) as (settings, store), store.reading() as connection:
        found = standing(connection, settings, store.path, clock())
    answer(found, as_json, lambda: _text(found, settings.timezone))


def _text(found: dict[str, Any], timezone: str) -> str:
    lines = [
        ("database", f"{found['database']}, schema {found['schema']}, cascadewatch {found['version']}"),
        ("disk", _disk(found["disk"])),
        ("jobs", shown(found["worker"]) if found["worker"] else NOBODY),
        ("received", ", ".join(f"{n:,} {outcome}" for outcome, n in found["ingest"].items())),
        ("quarantine", _quarantine(found["quarantined"])),
        *(
            ("names", f"too many of {shown(o['kind'])} in {shown(o['cascade'])}")
            for o in found["over_the_caps"]
        ),
        *(
            ("channel", f"{shown(c['channel'])} fails: {shown(c['error'] or '')}")
            for c in found["failing_channels"]
        ),
    ]
    width = max(len(name) for name, _ in lines)
    text = "\n".join(f"{name:<{width}}  {said}" for name, said in lines)
    return f"{text}\n\n{_senders(found['sources'], timezone)}"


def _quarantine(events: int) -> str:
    return f"{events:,} events; see cascadewatch quarantine list" if events else "empty"


def _disk(disk: dict[str, Any]) -> str:
    if disk["used_percent"] is None:
        return str(disk["level"])
    return (
        disk["note"]
        or f"{disk['level']}, {disk['used_percent']} % used, {disk['free_bytes'] / GIBI:,.1f} GiB free"
    )


def _senders(sources: list[dict[str, Any]], timezone: str) -> str:
    from cascadewatch.cli.times import told
    from cascadewatch.moments import epoch_ms

    if not sources:
        return "No events yet. Send some (cascadewatch ingest FILE, or POST /v1/events) and ask again."

    def moment(stamp: str) -> str:
        return told(epoch_ms(datetime.fromisoformat(stamp)), timezone)

    rows = [
        (
            shown(one["source"]), shown(one["cascade"]), f"{one['events']:,}",
            moment(one["last_received"]), moment(one["last_time"]),
        )
        for one in sources
    ]  # fmt: skip
    return table(("sender", "cascade", "events", "last received", "newest event"), rows, frozenset({2}))
