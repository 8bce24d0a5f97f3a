"""Takes every stream of drift rules from its last look to now, or through a stretch of history."""

from collections.abc import Iterable

from sqlalchemy import Connection

from alerts.drift.ledger import Ledger, arrivals, unseen
from alerts.drift.members import WITH_ROUTES, Member, Roll, begin, eligible, refit
from cascadewatch.drift.fitting import MIN_REQUESTS, fit
from cascadewatch.drift.hours import hour_of
from cascadewatch.drift.looks import LOOK_MS, Arrival, look_through
from cascadewatch.drift.watch import Watch
from cascadewatch.settings import Settings
from cascadewatch.store.baselines import ACCEPTED
from cascadewatch.store.cells import ALL, HOUR, UTC_DAY

AT_ONCE_MS = 2 * UTC_DAY  # of history held in memory
HISTORY_MS = 28 * UTC_DAY
QUIET_MS = 6 * HOUR
REFIT_MS = 7 * UTC_DAY - QUIET_MS


def budget(settings: Settings) -> float:
    """Hours between false alarms that the installation accepts."""
    return 24.0 * settings.alerts.false_alarm_days


class Walk:
    """Takes all members of a roll through their looks together, in time order, up to the last look at or
    before `until` (epoch ms)."""

    def __init__(self, connection: Connection, settings: Settings, roll: Roll, until: int) -> None:
        self.roll = roll
        self.until = until - until % LOOK_MS
        self.ledger = Ledger(connection, roll, self.until)
        self.budget = budget(settings)
        self._end = self.until  # of the stretch in memory
        self.fresh = [member for member in roll.members if member.row is None]
        for member in roll.members:
            member.watch.history = self.ledger.history(member)

    def go_on(self) -> None:
        """Continues the members that were looked at before: takes in requests that came late, then all looks
        since their last one."""
        old = [member for member in self.roll.members if member.row is not None]
        if not old:
            return
        new = unseen(self.ledger, old)
        learning = [m for m in old if m.watch.baseline is None and new[m.stream]]
        self.ledger.need(learning, min((m.watch.since for m in learning), default=self.until))
        self._look(arrivals([(i, m) for i, m in enumerate(self.roll.members) if m.row is not None], new))
        for member in old:
            self._refit(member)

    def from_the_start(self, start: int) -> None:
        """Takes the members that are looked at for the first time through history from `start` (epoch ms)."""
        if not self.fresh:
            return
        for member in self.fresh:
            begin(member, start)
        self.ledger.load(self.fresh, start)
        for first in range(hour_of(start), self.until, AT_ONCE_MS):
            self._end = min(first + AT_ONCE_MS, self.until)
            places = [(i, m) for i, m in enumerate(self.roll.members) if m.row is None]
            slots = self.ledger.slots([m for _, m in places], first, self._end)
            self._look(arrivals(places, slots))

    def read_open(self) -> None:
        """Reads the hours of all open alarms in one query. Their estimates need them afterwards."""
        opened = [member for member in self.roll.members if member.watch.alarms]
        since = [alarm.change.since for m in opened for alarm in m.watch.alarms.values()]
        self.ledger.need(opened, min(since, default=self.until))

    def _look(self, came: Iterable[Arrival]) -> None:
        watches = self.roll.watches
        place = {id(watch): i for i, watch in enumerate(watches)}

        def joining(watch: Watch, at: int) -> list[Arrival]:
            joined = self._routes(self.roll.members[place[id(watch)]], at)
            for member in joined:
                place[id(member.watch)] = len(watches)
                watches.append(member.watch)
            slots = self.ledger.slots(joined, hour_of(at - 1), self._end)
            return list(arrivals([(place[id(m.watch)], m) for m in joined], slots))

        look_through(watches, came, self.budget, joining)

    def _routes(self, pooled: Member, at: int) -> list[Member]:
        """The routes of a cascade that has just learnt its baseline, each with its own of the same period."""
        metric, _, route = pooled.stream
        baseline = pooled.watch.baseline
        if metric != WITH_ROUTES or route != ALL or baseline is None or pooled.pins:
            return []
        requests = self.ledger.requests(pooled, baseline.start, baseline.end)
        names = eligible(requests, baseline.requests)
        joined = [
            self._join(pooled, name, at) for name in names
        ]  # `__other__` comes last: it is what is left
        return [member for member in joined if member is not None]

    def _join(self, pooled: Member, route: str, at: int) -> Member | None:
        metric, cascade, _ = pooled.stream
        baseline, hour = pooled.watch.baseline, hour_of(at - 1)
        assert baseline is not None
        member = self.roll.add(pooled.rule, (metric, cascade, route))
        watch = member.watch
        watch.history, watch.look, watch.hour, watch.since = self.ledger.history(member), hour, hour, hour
        past = pooled.watch.sound(watch.history(baseline.start, baseline.end))
        enough = sum(seen.judged for seen in past) >= MIN_REQUESTS
        fitted = fit(past, watch.zone) if enough else None
        if fitted is None or fitted.usual_band is None:
            self.roll.members.remove(member)
            return None
        watch.pin(fitted, hour)
        return member

    def _refit(self, member: Member) -> None:
        """A level that was accepted is fitted anew once it has seven days."""
        pinned, hour = member.pinned, hour_of(self.until)
        if pinned is None or pinned.how != ACCEPTED or hour - pinned.baseline.start < REFIT_MS:
            return
        fitted = refit(member.watch, member.watch.history(pinned.baseline.start, hour), hour)
        if fitted is not None:
            member.watch.pin(fitted, hour)
