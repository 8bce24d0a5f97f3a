"""The windows that rules look at, each read once however many rules ask for it."""

from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import Connection

from alerts.finding import Scope
from cascadewatch.metrics.window import TierCounts, Window
from cascadewatch.settings import Rule, Settings
from cascadewatch.store.cells import ALL, HOUR
from cascadewatch.store.cover import Segment
from cascadewatch.store.reads import Reader, sums


class Windows:
    """Reads windows in one transaction, so that all rules look at the same moment."""

    def __init__(self, connection: Connection, settings: Settings) -> None:
        self.reader: Reader = Reader(connection, settings)
        self.connection = connection
        self._read: dict[tuple[Scope, int, int], Window] = {}

    def window(self, scope: Scope, start: int, end: int) -> Window:
        """Everything counted for a scope in [start, end), edges snapped outward to what is kept."""
        key = (scope, start, end)
        if key not in self._read:
            span = self.reader.cover(start, end)
            self._read[key] = self.reader.window(scope.cascade, scope.route or None, span)
        return self._read[key]

    def by_hour(self, scope: Scope, start: int, end: int) -> Window:
        """The same with the tiers' sums per hour, which some metrics need for their interval."""
        window = self.window(scope, start, end)
        of = sums.Of(scope.cascade, scope.route or ALL)
        whole_hours = Segment("quarter", window.start - window.start % HOUR, window.end)
        hours: dict[int, list[TierCounts]] = {}
        found = sums.per_bucket(self.connection, "attempts", whole_hours, HOUR, of, ("tier",))
        for (hour, tier), counts in found.items():
            hours.setdefault(hour, []).append(TierCounts(tier, "", "", counts))
        return replace(window, tier_clusters=tuple(tuple(tiers) for tiers in hours.values()))

    def scopes(self, rule: Rule) -> Iterator[Scope]:
        """What a rule looks at: its cascade or route, or every cascade that has ever been seen."""
        for cascade in self.reader.known.cascades:
            if rule.cascade in (None, cascade):
                yield Scope(cascade, rule.route or "")
