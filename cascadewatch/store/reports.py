"""Reports of replays, which never change, and the one of each name that later runs are compared with."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select

from cascadewatch.errors import NotFoundError
from cascadewatch.store import dialect
from cascadewatch.store.replay_tables import replay_baselines, replays, reports

OVERRIDE = "override"  # in the provenance: which [model.NAME] was asked in the place of the replay's own


@dataclass(frozen=True, slots=True)
class Report:
    """What a replay said. `created` is epoch ms, `body` JSON as docs/replays.md describes it."""

    id: int
    replay: int
    name: str
    cascade: str | None
    created: int
    verdict: str
    body: Mapping[str, Any]

    @property
    def override(self) -> str | None:
        """The model that was asked in the place of the replay's own: it says nothing of the cascade."""
        found: str | None = self.body.get("provenance", {}).get(OVERRIDE)
        return found


class Head(NamedTuple):
    """A report without its body; `cause` is why it ran: cli, schedule, api, alert or confirmation."""

    id: int
    name: str
    created: int
    verdict: str
    cause: str


def write(
    connection: Connection, *, replay: int, name: str, cascade: str | None, verdict: str,
    body: Mapping[str, Any], now: int,
) -> int:  # fmt: skip
    """Keeps a report; its number."""
    number = dialect.take_sequence(connection, "reports", 1)
    connection.execute(
        insert(reports).values(
            seq=number,
            replay=replay,
            name=name,
            cascade=cascade,
            created=now,
            verdict=verdict,
            body=json.dumps(body, sort_keys=True),
        )
    )
    return number


def report(connection: Connection, number: int) -> Report:
    """One report. Raises NotFoundError."""
    row = connection.execute(select(reports).where(reports.c.seq == number)).first()
    if row is None:
        raise NotFoundError(f"there is no report {number}; `cascadewatch replay --list` shows them")
    return _report(row)


def history(
    connection: Connection, *, name: str | None = None, cascade: str | None = None, limit: int = 100
) -> list[Report]:
    """The latest reports, newest first."""
    wanted = select(reports).order_by(reports.c.created.desc(), reports.c.seq.desc()).limit(limit)
    if name is not None:
        wanted = wanted.where(reports.c.name == name)
    if cascade is not None:
        wanted = wanted.where(reports.c.cascade == cascade)
    return [_report(row) for row in connection.execute(wanted)]


def heads(connection: Connection, name: str, limit: int = 100) -> list[Head]:
    """The latest reports of a name, newest first, without their bodies. Those of a run that asked another
    model than the replay's own are left out."""
    r = reports.c
    wanted = (
        select(r.seq, r.name, r.created, r.verdict, replays.c.cause, replays.c.config)
        .join(replays, replays.c.seq == r.replay)
        .where(r.name == name)
        .order_by(r.created.desc(), r.seq.desc())
        .limit(limit)
    )
    rows = connection.execute(wanted)
    return [Head(*row[:-1]) for row in rows if OVERRIDE not in json.loads(row.config)]


def standing(connection: Connection, name: str) -> Report | None:
    """The report that counts now: the newest of the replay's own model that is not a regression still to be
    confirmed."""
    own = (report for report in history(connection, name=name, limit=20) if report.override is None)
    return next((report for report in own if not report.body.get("awaits_confirmation")), None)


def pin(connection: Connection, name: str, number: int, author: str, now: int) -> None:
    """Makes a report the one that later runs of the name are compared with."""
    connection.execute(delete(replay_baselines).where(replay_baselines.c.name == name))
    connection.execute(insert(replay_baselines).values(name=name, report=number, pinned=now, author=author))


def baseline(connection: Connection, name: str) -> Report | None:
    """The pinned report of a name."""
    joined = reports.join(replay_baselines, reports.c.seq == replay_baselines.c.report)
    row = connection.execute(
        select(reports).select_from(joined).where(replay_baselines.c.name == name)
    ).first()
    return None if row is None else _report(row)


def _report(row: Any) -> Report:
    fields = dict(row._mapping)
    fields["id"] = fields.pop("seq")
    return Report(**fields | {"body": json.loads(fields["body"])})
