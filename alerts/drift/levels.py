"""What a person says is normal: the present level accepted, or the level of a period pinned."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from alerts.drift.members import WITH_ROUTES, eligible
from alerts.finding import Scope
from cascadewatch.drift.baseline import Baseline
from cascadewatch.drift.fitting import accept_level, fit, lacking
from cascadewatch.drift.hours import HOUR_MS, Hour
from cascadewatch.settings import Settings
from cascadewatch.store import baselines, streams
from cascadewatch.store.alert_tables import episodes
from cascadewatch.store.baselines import ACCEPTED, PINNED, Pinned
from cascadewatch.store.cells import ALL, UTC_DAY

AS_IT_IS_NOW_MS = 7 * UTC_DAY
LEARNING = "it is still learning what is normal: there is no baseline whose level could be replaced"
ONE_KIND = "no kind of day, weekdays or weekend, has 24 hours with requests in that period"


class Level(NamedTuple):
    """The stream whose level is meant, who says so and when (epoch ms)."""

    metric: str
    scope: Scope
    author: str
    note: str | None
    now: int

    def of(self, route: str) -> "Level":
        """The same for a route."""
        return self._replace(scope=Scope(self.scope.cascade, route))

    def pin(self, connection: Connection, baseline: Baseline, how: str) -> Pinned:
        """Pins a baseline on the stream."""
        return baselines.pin(
            connection, self.metric, *self.scope, baseline,
            how=how, author=self.author, note=self.note, now=self.now,
        )  # fmt: skip


def accept(connection: Connection, said: Level, since: int) -> Pinned | str:
    """Takes the level since `since` (epoch ms) for normal. An open episode ends at the next look; after seven
    days the level is fitted anew.

    For a whole cascade the routes that moved with it are accepted too, those with enough requests. Returns
    the reason in words while it cannot be done: there is no baseline yet, 500 requests have not come yet, or
    the level is not known to within 3 points. `Pinned.warning` says so if the new level hides a drift.
    """
    old = baselines.current(connection, said.metric, *said.scope)
    if old is None:
        return LEARNING
    level = accept_level(old.baseline, _hours(connection, said, since, said.now))
    if isinstance(level, str):
        return level
    if said.scope.route == ALL:
        for route in _moved_routes(connection, said):
            accept(connection, said.of(route), since)
    return said.pin(connection, level, ACCEPTED)


def pin(
    connection: Connection, settings: Settings, said: Level, start: int | None, end: int | None
) -> Pinned | str:
    """Fits a baseline to a period (epoch ms) and pins it; without a period, to the last seven days.

    Hours inside episodes of the stream are left out. For a whole cascade its routes are pinned too, those
    with enough requests. Returns what is missing, in words, if the period holds too little.
    `Pinned.warning` says so if the new level hides a drift.
    """
    end = said.now if end is None else min(end, said.now)
    start = end - AS_IT_IS_NOW_MS if start is None else start
    fitted = _fitted(connection, settings, said, (start, end))
    if isinstance(fitted, str):
        return fitted
    if said.scope.route == ALL and said.metric == WITH_ROUTES:
        requests = streams.routes(connection, said.metric, said.scope.cascade, start, end)
        for route in eligible(requests, fitted.requests):  # `__other__` comes last: it is what is left
            level = _fitted(connection, settings, said.of(route), (start, end))
            if isinstance(level, Baseline):
                said.of(route).pin(connection, level, PINNED)
    return said.pin(connection, fitted, PINNED)


def _hours(connection: Connection, said: Level, start: int, end: int) -> list[Hour]:
    return streams.hours(connection, said.metric, [said.scope], start, end)[said.scope]


def _fitted(
    connection: Connection, settings: Settings, said: Level, period: tuple[int, int]
) -> Baseline | str:
    hours = _hours(connection, said, *period)
    sound = _outside(hours, _broken(connection, said))
    missing = lacking(sound, period[1])
    if missing is not None:
        left_out = len(hours) - len(sound)
        aside = f"; {left_out} hours inside episodes were left out" if left_out else ""
        return f"{missing}{aside}"
    fitted = fit(sound, settings.timezone)
    return ONE_KIND if fitted.usual_band is None else fitted


def _outside(hours: Iterable[Hour], spans: Sequence[tuple[int, int]]) -> list[Hour]:
    return [h for h in hours if not any(start < h.start + HOUR_MS and h.start < end for start, end in spans)]


def _broken(connection: Connection, said: Level) -> list[tuple[int, int]]:
    """When the stream was in an episode; one that goes on lasts until now."""
    t = episodes
    mine = (t.c.kind == "drift", t.c.metric == said.metric, t.c.cascade == said.scope.cascade)
    rows = connection.execute(select(t.c.since, t.c.resolved).where(*mine, t.c.route == said.scope.route))
    return [(since, said.now if resolved is None else resolved) for since, resolved in rows]


def _moved_routes(connection: Connection, said: Level) -> list[str]:
    t = episodes
    mine = (t.c.kind == "drift", t.c.metric == said.metric, t.c.cascade == said.scope.cascade)
    rows = connection.execute(
        select(t.c.route).where(*mine, t.c.route != ALL, t.c.resolved.is_(None)).distinct()
    )
    return sorted(rows.scalars())
