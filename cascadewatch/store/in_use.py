"""What was in use, and since when: models, verifiers and revisions out of the rollups.

`appeared` gives every change point of a range. It reads quarter-hours and then, where they are kept, the
minutes of those quarters that count. `mostly` gives what a range was served by.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, func, select

from cascadewatch.drift.appearances import Appearance, Bucket, appearances
from cascadewatch.drift.diagnosis.material import Change, What
from cascadewatch.store.cells import ALL, QUARTER
from cascadewatch.store.rollup_tables import ROLLUPS
from cascadewatch.store.routes import apart
from cascadewatch.store.state import OTHER

NONE = "none"  # how a missing name is told
DROPPED = 0.2  # share of attempts without a name from which on it was dropped, and not just lacking
MOST_NAMES = 50  # of one tier in one range; more are no configuration but something counted up

_Seen = dict[tuple[What, str], dict[int, dict[str, int]]]  # (what, subject) -> bucket -> name -> n


def appeared(connection: Connection, cascade: str, start: int, end: int, route: str = ALL) -> list[Change]:
    """The models, verifiers and revisions that came into use in [start, end), oldest first.

    What is there from the beginning is no change: let the range start well before what is looked for.
    """
    seen = _seen(connection, cascade, start, end, route)
    found = []
    for (what, subject), buckets in seen.items():
        if len({name for counts in buckets.values() for name in counts}) > MOST_NAMES:
            continue
        for one in appearances(Bucket(time, counts) for time, counts in buckets.items()):
            if one.name != OTHER and (one.name or one.share >= DROPPED):
                time = _minute(connection, cascade, route, (what, subject), one)
                found.append(change_of(what, subject, one, time))
    return sorted(found, key=lambda change: (change.time, change.what, change.subject, change.after))


def mostly(connection: Connection, cascade: str, start: int, end: int) -> dict[tuple[What, str], str]:
    """The model and the verifier that most attempts of each tier named in [start, end), by ("model" or
    "verifier", tier); left out where most named none."""
    counts: dict[tuple[What, str], dict[str, int]] = {}
    for _, tier, model, verifier, n in _attempts(connection, cascade, start, end, ALL):
        names: tuple[tuple[What, str], ...] = (("model", model), ("verifier", verifier))
        for what, name in names:
            of = counts.setdefault((what, tier), {})
            of[name] = of.get(name, 0) + n
    most = {key: max(sorted(of), key=of.__getitem__) for key, of in counts.items()}
    return {key: name for key, name in most.items() if name not in ("", OTHER)}


def change_of(what: What, subject: str, one: Appearance, time: int) -> Change:
    """An appearance as a change; the name that events leave out is told as "none"."""
    before = None if one.replaced is None else one.replaced or NONE
    return Change(what, subject, before, one.name or NONE, time, one.share)


def _seen(connection: Connection, cascade: str, start: int, end: int, route: str) -> _Seen:
    seen: _Seen = {}
    for bucket, tier, model, verifier, n in _attempts(connection, cascade, start, end, route):
        names: tuple[tuple[What, str], ...] = (("model", model), ("verifier", verifier))
        for what, name in names:
            counts = seen.setdefault((what, tier), {}).setdefault(bucket, {})
            counts[name] = counts.get(name, 0) + n
    for bucket, revision, n in _revisions(connection, cascade, start, end, route):
        counts = seen.setdefault(("revision", ""), {}).setdefault(bucket, {})
        counts[revision] = counts.get(revision, 0) + n
    return seen


def _attempts(connection: Connection, cascade: str, start: int, end: int, route: str) -> Iterable[Any]:
    t = ROLLUPS["attempts"].tiers["quarter"].c
    where = (t.cascade == cascade, t.origin == "live", t.route == route)
    columns = (t.bucket, t.tier, t.model, t.verifier)
    statement = select(*columns, func.sum(t.attempts)).where(*where, *_within(t, start, end))
    return ((*row[:4], int(row[4])) for row in connection.execute(statement.group_by(*columns)))


def _revisions(connection: Connection, cascade: str, start: int, end: int, route: str) -> Iterable[Any]:
    """Rows over all routes have no revision, so all routes' rows are summed."""
    table = ROLLUPS["events"].tiers["quarter"]
    t = table.c
    of = t.route == route if route != ALL else apart(table, cascade)
    where = (t.cascade == cascade, t.origin == "live", of)
    statement = select(t.bucket, t.revision, func.sum(t.events)).where(*where, *_within(t, start, end))
    return ((b, r, int(n)) for b, r, n in connection.execute(statement.group_by(t.bucket, t.revision)))


def _within(columns: Any, start: int, end: int) -> Iterator[Any]:
    yield columns.bucket >= start - start % QUARTER
    yield columns.bucket < end


def _minute(connection: Connection, cascade: str, route: str, key: tuple[What, str], one: Appearance) -> int:
    """The first minute of that quarter in which the name was seen; the quarter where none is kept."""
    what, subject = key
    table = ROLLUPS["events" if what == "revision" else "attempts"].tiers["minute"]
    t = table.c
    where = [t.cascade == cascade, t.origin == "live", *_within(t, one.time, one.time + QUARTER)]
    if what == "revision":
        of = t.route == route if route != ALL else apart(table, cascade)
        where += [t.revision == one.name, of]
    else:
        where += [
            t.route == route,
            t.tier == subject,
            (t.model if what == "model" else t.verifier) == one.name,
        ]
    return connection.execute(select(func.min(t.bucket)).where(*where)).scalar() or one.time
