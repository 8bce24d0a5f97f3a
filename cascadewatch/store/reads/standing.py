"""How the whole installation stands: what `status` prints and `GET /v1/status` answers."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from cascadewatch.settings import Settings
from cascadewatch.store import tables
from cascadewatch.store.ballast import is_there
from cascadewatch.store.channel_states import states
from cascadewatch.store.disk import disk_json
from cascadewatch.store.migrate import revision
from cascadewatch.store.reads.json_rows import row_json
from cascadewatch.store.reads.status import status


def standing(connection: Connection, settings: Settings, path: Path | None, now: int) -> dict[str, Any]:
    """JSON-ready; `path` is the SQLite file, None on Postgres. `worker` is who evaluates rules, sends
    messages and runs the other jobs now; None: nobody does."""
    failing = [row_json(s) for s in states(connection) if s.channel in settings.channel and not s.works(now)]
    held = select(tables.leases.c.owner).where(tables.leases.c.expires > now)
    return {
        **status(connection, now),
        "schema": revision(connection),
        "disk": {**disk_json(path, settings.disk), "ballast": is_there(path)},
        "worker": connection.execute(held).scalar(),
        "failing_channels": failing,
    }
