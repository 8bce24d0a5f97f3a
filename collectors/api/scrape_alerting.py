"""Episodes and deliveries behind `GET /metrics`, so that another monitor can watch the alerting itself."""

from sqlalchemy import Connection, func, select

from cascadewatch.store.alert_tables import deliveries, episodes
from collectors.metrics_text import Family

_WHAT = ("rule", "cascade", "direction")
_TOLD = ("delivered", "dead")
_WAITING = ("pending", "sending")


def counted(connection: Connection) -> list[Family]:
    """What only ever grows."""
    e, d = episodes.c, deliveries.c
    fired = select(e.rule, e.cascade, e.direction, func.count()).group_by(e.rule, e.cascade, e.direction)
    ended = select(d.channel, d.state, func.count()).where(d.state.in_(_TOLD)).group_by(d.channel, d.state)
    return [
        Family("cascadewatch_episodes_total", "counter", "Episodes, by what fired.", _WHAT,
               {(r[0], r[1], r[2]): int(r[3]) for r in connection.execute(fired)}),
        Family("cascadewatch_deliveries_total", "counter", "Messages to channels: delivered, or given up.",
               ("channel", "state"), {(r[0], r[1]): int(r[2]) for r in connection.execute(ended)}),
    ]  # fmt: skip


def present(connection: Connection) -> list[Family]:
    """How it is now."""
    e, d = episodes.c, deliveries.c
    going_on = select(e.rule, e.cascade, e.direction, func.count()).where(e.open_key.is_not(None))
    failing = select(d.channel, func.count()).where(d.state.in_(_WAITING), d.attempts > 0)
    return [
        Family("cascadewatch_episodes_open", "gauge", "Episodes that go on.", _WHAT,
               {(r[0], r[1], r[2]): int(r[3])
                for r in connection.execute(going_on.group_by(e.rule, e.cascade, e.direction))}),
        Family("cascadewatch_deliveries_failing", "gauge", "Messages that failed and will be tried again.",
               ("channel",), {(r[0],): int(r[1]) for r in connection.execute(failing.group_by(d.channel))}),
    ]  # fmt: skip
