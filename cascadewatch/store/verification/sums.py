"""Compares every cell of every rollup with the rows it sums up, inside the database.

The finest tier is compared with the rows; the sums over all routes with those of the routes; each wider
tier with the next finer one. Each comparison adds up the one side and takes the other away, so a cell that
fits comes to nothing, and only what does not is ever read.
"""

from collections.abc import Collection, Iterator
from functools import partial
from typing import Any

from sqlalchemy import Connection, Table, func, literal_column, select

from cascadewatch.store import horizons
from cascadewatch.store.cells import DAY_TIER, QUARTER, UTC_DAY
from cascadewatch.store.rollup_tables import ROLLUPS
from cascadewatch.store.state import State
from cascadewatch.store.tables import events
from cascadewatch.store.verification import statements
from cascadewatch.store.verification.check import Check
from cascadewatch.store.verification.names import capped
from cascadewatch.store.verification.statements import Kind, Statement
from cascadewatch.store.verification.steps import make_known
from cascadewatch.store.zone import next_day


class Sums:
    """The comparisons of some families in one snapshot of a database."""

    def __init__(self, connection: Connection, state: State, check: Check, families: Collection[str]) -> None:
        self.connection, self.state, self.check, self.families = connection, state, check, families
        self.kind = Kind(connection.dialect.name, capped(state.names))
        self.series: dict[str, dict[str, Any]] = {}
        make_known(connection)

    def compare(self, start: int, end: int) -> None:
        """All tiers between two whole hours, but for days."""
        for family in self._of("events", "attempts"):
            for tier, low, high in self._tiers(family, start, end):
                self._with_rows(family, tier, low, high)
                self._whole_with_routes(family, tier, low, high)
                if tier == "minute":
                    self._wider(family, "quarter", "minute", low, high)
        for family in self._of("bins", "labels"):
            self._with_rows(family, "quarter", start, end)
            self._whole_with_routes(family, "quarter", start, end)
        for family in self._of("callers"):
            for tier, low, high in self._tiers(family, start, end):
                if tier == "hour":
                    self._with_rows(family, tier, low, high)

    def compare_days(self) -> None:
        """The days: local ones, and the UTC days of callers."""
        for family in self._of("events", "attempts", "bins", "labels"):
            for day in self._days(family, DAY_TIER, "quarter"):
                self._wider(family, DAY_TIER, "quarter", day, next_day(day, self.state.zone))
        for family in self._of("callers"):
            for day in self._days(family, "utc_day", "hour"):
                if day >= self.since("hour"):
                    self._wider(family, "utc_day", "hour", day, day + UTC_DAY)
                else:
                    self._with_rows(family, "utc_day", day, day + UTC_DAY)

    def _of(self, *families: str) -> list[str]:
        return [family for family in families if family in self.families]

    def since(self, tier: str) -> int:
        """From which bucket on a tier can be compared with rows that are all still held."""
        return horizons.comparable(tier, self.state.horizons, self.state.zone)

    def held(self) -> int:
        """How many cells there are to compare."""
        return sum(
            self.connection.execute(
                select(func.count()).select_from(table).where(table.c.bucket >= self.since(tier))
            ).scalar_one()
            for family in self.families
            for tier, table in ROLLUPS[family].tiers.items()
        )

    def _tiers(self, family: str, start: int, end: int) -> Iterator[tuple[str, int, int]]:
        """The finest tier there is for each part of a range."""
        finest, wider = list(ROLLUPS[family].tiers)[:2]
        border = max(start, min(end, self.since(finest)))
        if start < border:
            yield wider, start, border
        if border < end:
            yield finest, border, end

    def _days(self, family: str, tier: str, finer: str) -> list[int]:
        """The days of which there is any sum, or, of callers, should be one."""
        since = self.since(tier)
        moments = [ROLLUPS[family].tiers[name].c.bucket for name in (tier, finer)]
        if family == "callers":  # whose hours may be gone, so that their days are made of events
            moments.append(events.c.time)
        found = set[int]()
        for moment in moments:
            quarter = moment - moment % literal_column(str(QUARTER))  # days begin at any, somewhere
            rows = self.connection.execute(select(quarter).where(moment >= since).distinct())
            found.update(at - at % UTC_DAY if family == "callers" else self.state.zone(at) for (at,) in rows)
        return sorted(found)

    def _with_rows(self, family: str, tier: str, start: int, end: int) -> None:
        statement = statements.with_rows(family, tier, self.kind)
        self._find(statement, family, (tier,), start, end)

    def _whole_with_routes(self, family: str, tier: str, start: int, end: int) -> None:
        statement = statements.whole_with_routes(family, tier, self.kind)
        self._find(statement, family, (tier,), start, end)

    def _wider(self, family: str, tier: str, finer: str, start: int, end: int) -> None:
        statement = statements.wider(family, tier, finer, self.kind)
        self._find(statement, family, (tier, finer), start, end)

    def _find(self, statement: Statement, family: str, tiers: tuple[str, ...], start: int, end: int) -> None:
        """Notes the cells of the first of the tiers that do not fit."""
        parameters: dict[str, Any] = {}
        tables = [ROLLUPS[family].tiers[tier] for tier in tiers]
        for table in tables:
            parameters |= self._series(table)
        keys = len(ROLLUPS[family].dimensions)
        for row in statement.ask(self.connection, start=start, end=end, **parameters):
            key, by = tuple(row[:keys]), [int(n) for n in row[keys:]]
            self.check.miss(partial(self._told, tables[0], key, by))

    def _series(self, table: Table) -> dict[str, Any]:
        if table.name not in self.series:
            columns = [table.c[name] for name in statements.prefix(table)]
            found = self.connection.execute(select(*columns).distinct()).all()
            self.series[table.name] = statements.series_parameters(table, found, self.kind)
        return self.series[table.name]

    def _told(self, table: Table, key: tuple[Any, ...], by: list[int]) -> str:
        of_key = [column == value for column, value in zip(table.primary_key, key, strict=True)]
        row = self.connection.execute(select(table).where(*of_key)).first()
        held = list(row[len(key) :]) if row else [0] * len(by)
        wanted = [n + d for n, d in zip(held, by, strict=True)]
        return f"{table.name} {tuple(row) if row else key} should be {wanted}"
