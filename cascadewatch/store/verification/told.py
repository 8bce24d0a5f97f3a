"""Whether episodes, their changes and what was told of them fit together (I4)."""

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select

from cascadewatch.store import outbox
from cascadewatch.store.alert_tables import deliveries, episodes, transitions
from cascadewatch.store.episodes import RESOLVED
from cascadewatch.store.verification.check import Check


def told(connection: Connection, horizon: int) -> Check:
    """`horizon` (epoch ms): of episodes that were over before it, rows may be gone or going."""
    check = Check("episodes, their changes and what was told of them fit together")
    for table in (episodes, transitions, deliveries):
        check.compared += connection.execute(select(func.count()).select_from(table)).scalar_one()
    e, t, d = episodes.c, transitions.c, deliveries.c
    young = or_(e.resolved.is_(None), e.resolved >= horizon)
    last = select(t.episode, func.max(t.seq).label("seq")).group_by(t.episode).subquery()
    ended = episodes.outerjoin(last, last.c.episode == e.seq).outerjoin(transitions, t.seq == last.c.seq)
    states = select(e.seq).select_from(ended).where(young, or_(t.state.is_(None), t.state != e.state))
    _note(check, connection, states, "episode", "its state is not that of its last change")
    known = select(e.seq)
    _note(check, connection, select(t.seq).where(t.episode.not_in(known)), "change", "its episode is lost")
    is_over = e.state == RESOLVED
    torn = or_(is_over != e.resolved.is_not(None), is_over != e.open_key.is_(None))
    _note(check, connection, select(e.seq).where(torn), "episode", "open and resolved at once")
    of_one = d.episode != 0
    lost = select(d.seq).where(of_one, d.episode.not_in(known))
    _note(check, connection, lost, "delivery", "its episode is lost")
    of_young = d.episode.in_(select(e.seq).where(young))
    same = select(1).where(t.seq == d.transition, t.episode == d.episode).exists()
    _note(check, connection, select(d.seq).where(of_one, of_young, ~same), "delivery", "of no change")
    _note(check, connection, select(d.seq).where(_unsound()), "delivery", "says neither when nor by whom")
    return check


def _unsound() -> ColumnElement[bool]:
    d = deliveries.c
    silent = (d.state == outbox.DELIVERED) & d.delivered.is_(None)
    unowned = (d.state == outbox.SENDING) & (d.owner.is_(None) | d.claimed.is_(None))
    return or_(silent, unowned)


def _note(check: Check, connection: Connection, which: Select[tuple[int]], what: str, wrong: str) -> None:
    """Counts the rows that do not fit; each is an example."""
    for seq in connection.execute(which).scalars().all():
        check.miss(f"{what} {seq}: {wrong}")
