"""Reports of replays, which never change, and the one of each name that later runs are compared with."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from cascadewatch.errors import NotFoundError
from cascadewatch.store import dialect
from cascadewatch.store.replay_tables import replay_baselines, replays, reports
from cascadewatch.store.replays import UNATTENDED

OVERRIDE = "override"  # in the provenance: which [model.NAME] was asked in the place of the replay's own
AT_ONCE = 100  # rows read from the database at once


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
    """A report without its body. `cause` is why it ran: cli, schedule, api, alert or confirmation; `started`
    is when its run began (epoch ms)."""

    id: int
    name: str
    created: int
    verdict: str
    cause: str
    started: int


R = TypeVar("R", Report, Head)


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
    connection: Connection,
    *,
    name: str | None = None,
    cascade: str | None = None,
    limit: int = 100,
    own: bool = False,
) -> list[Report]:
    """The latest reports, newest first; `own`: without those that `heads` leaves out."""
    r = reports.c
    which = [] if name is None else [r.name == name]
    which += [] if cascade is None else [r.cascade == cascade]
    wanted = select(reports).order_by(r.created.desc(), r.seq.desc())
    if own:
        wanted = wanted.where(r.seq.in_([number for (number,) in _own(connection, [r.seq], which, limit)]))
    else:
        wanted = wanted.where(*which).limit(limit)
    return [_report(row) for row in connection.execute(wanted)]


def heads(connection: Connection, name: str, limit: int = 100, *, until: int | None = None) -> list[Head]:
    """The latest reports of a name up to `until` (epoch ms), newest first, without their bodies.

    Those of a run that asked another model than the replay's own are left out, however many they are.
    """
    r = reports.c
    which = [r.name == name] if until is None else [r.name == name, r.created <= until]
    columns = [r.seq, r.name, r.created, r.verdict, replays.c.cause, replays.c.started]
    return [Head(*row) for row in _own(connection, columns, which, limit)]


def _own(
    connection: Connection,
    columns: Sequence[ColumnElement[Any]],
    which: Sequence[ColumnElement[bool]],
    limit: int,
) -> list[tuple[Any, ...]]:
    wanted = (
        select(*columns, replays.c.config)
        .join(replays, replays.c.seq == reports.c.replay)
        .where(*which)
        .order_by(reports.c.created.desc(), reports.c.seq.desc())
    )
    with connection.execute(wanted, execution_options={"yield_per": AT_ONCE}) as rows:
        own = (tuple(row)[:-1] for row in rows if OVERRIDE not in json.loads(row.config))
        return list(islice(own, limit))


def ended(found: Iterable[R]) -> list[R]:
    """Those of a replay's own reports that were not incomplete: each of them checked quality.

    So does a label that quality may rest on. A report of one model, or of the verifier alone, checks a part
    and says nothing of how good the cascade is: that only labels and reports of the whole of it say.
    """
    return [report for report in found if report.verdict != "incomplete"]


def awaits_confirmation(heads: Sequence[Head]) -> bool:
    """Whether the newest of a replay's own reports is a regression that a second run has to confirm: nobody
    asked for its run, and the report before it, incomplete ones aside, is no regression. `heads` are newest
    first."""
    known = ended(heads)
    if not known or known[0].verdict != "regressed" or known[0].cause not in UNATTENDED:
        return False
    return len(known) == 1 or known[1].verdict != "regressed"


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
