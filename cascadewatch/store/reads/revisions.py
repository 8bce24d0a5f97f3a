"""When a revision was in use."""

from sqlalchemy import Connection, func, select

from cascadewatch.store.cells import QUARTER
from cascadewatch.store.rollup_tables import ROLLUPS


def span_of(connection: Connection, cascade: str, revision: str) -> tuple[int, int] | None:
    """From the first to the last quarter-hour with live events of it (epoch ms); None if it has none."""
    t = ROLLUPS["events"].tiers["quarter"].c
    where = (t.cascade == cascade, t.origin == "live", t.route != "", t.revision == revision)
    first, last = connection.execute(select(func.min(t.bucket), func.max(t.bucket)).where(*where)).one()
    return None if first is None else (first, last + QUARTER)


def revisions(connection: Connection, cascade: str) -> list[str]:
    """Revisions of a cascade's live events, the latest first."""
    t = ROLLUPS["events"].tiers["quarter"].c
    where = (t.cascade == cascade, t.origin == "live", t.route != "", t.revision != "")
    latest = func.max(t.bucket)
    rows = connection.execute(select(t.revision).where(*where).group_by(t.revision).order_by(latest.desc()))
    return list(rows.scalars())
