"""Reads the requests of drift rules' streams: by the hour to fit baselines and estimate moves, and by slot
(what came between two looks) to look for drift."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import Connection

from alerts.drift.members import Member, Roll, Stream
from cascadewatch.drift.hours import HOUR_MS, Hour, hour_of
from cascadewatch.drift.looks import Arrival
from cascadewatch.drift.track import KEPT_HOURS
from cascadewatch.drift.watch import History, Watch
from cascadewatch.store import streams
from cascadewatch.store.cover import Segment
from cascadewatch.store.state import OTHER
from cascadewatch.store.streams import Key, Slot

Wanted = dict[str, set[Key]]


class Ledger:
    """Reads counts for many streams in one query, up to the look at `until` (epoch ms). Hours that were read
    are kept in memory."""

    def __init__(self, connection: Connection, roll: Roll, until: int) -> None:
        self.connection = connection
        self.roll = roll
        self.until = until
        self._hours: dict[Stream, tuple[int, list[Hour]]] = {}

    def history(self, member: Member) -> History:
        """A function that gives the member's whole hours in [start, end). It reads them when first asked."""

        def hours(start: int, end: int) -> Sequence[Hour]:
            self.need([member], start)
            held = self._hours[member.stream][1]
            return held[bisect_left(held, (start,)) : bisect_left(held, (end,))]

        return hours

    def need(self, members: Iterable[Member], start: int) -> None:
        """Reads whole hours from `start` on, for those members whose hours in memory begin later."""
        self.load([m for m in members if self._hours.get(m.stream, (start + 1, []))[0] > start], start)

    def load(self, members: Iterable[Member], start: int) -> None:
        """Reads whole hours from `start` on for all these members, whatever is in memory already."""
        listed, end = list(members), hour_of(self.until)
        start = hour_of(start)
        if not listed or start >= end:
            self._hours |= {member.stream: (start, []) for member in listed}
            return
        span = [Segment("quarter", start, end)]
        found = streams.totals(self.connection, self._wanted(listed), span, HOUR_MS)
        for member in listed:
            counts = found[member.metric][member.scope]
            self._hours[member.stream] = (start, [Hour(at, *counts[at]) for at in sorted(counts)])

    def sums(self, members: Iterable[Member], start: int, end: int) -> dict[Stream, tuple[int, int]]:
        """Each stream's total (escalated, judged) over a range of whole hours."""
        listed = list(members)
        span, whole = [Segment("quarter", start, end)], 2**62  # one bucket that holds all of it
        found = streams.totals(self.connection, self._wanted(listed), span, whole)
        return {m.stream: found[m.metric][m.scope].get(0, (0, 0)) for m in listed}

    def slots(self, members: Iterable[Member], start: int, end: int) -> dict[Stream, list[Slot]]:
        """Each stream's requests from `start` to `end`, one slot for each look that sees some of them."""
        listed = list(members)
        if not listed or start >= end:
            return {member.stream: [] for member in listed}
        found = streams.slots(self.connection, self._wanted(listed), start, end)
        return {member.stream: found[member.metric][member.scope] for member in listed}

    def requests(self, member: Member, start: int, end: int) -> dict[str, int]:
        """Requests of every route of the member's cascade in a range."""
        return streams.routes(self.connection, member.metric, member.stream[1], start, end)

    def _wanted(self, members: Iterable[Member]) -> Wanted:
        wanted: Wanted = {}
        for member in members:
            besides = self.roll.beside(member) if member.stream[2] == OTHER else [member]
            wanted.setdefault(member.metric, set()).update(m.scope for m in besides)
        return wanted


def arrivals(places: Iterable[tuple[int, Member]], slots: dict[Stream, list[Slot]]) -> Iterator[Arrival]:
    """The slots that lie after each member's last look. `places` gives each member's index in the roll."""
    for place, member in places:
        look = member.watch.look
        for start, end, k, n in slots[member.stream]:
            if start >= look:
                yield Arrival(end, place, hour_of(start), k, n)


def unseen(ledger: Ledger, members: Sequence[Member]) -> dict[Stream, list[Slot]]:
    """The slots since the last look, for members that were looked at before. Also corrects the hours that
    their watches remember, where requests came late.

    To find those, the totals of the last 26 hours are compared with what is remembered; only where they
    differ is the stream read hour by hour. If requests came late for an hour at or after the stream's own
    last look (such as a batch of the whole of yesterday), its slots of these hours are read, too.
    """
    latest = hour_of(max(member.watch.look for member in members) - 1)
    first = latest - KEPT_HOURS * HOUR_MS
    sums = ledger.sums(members, first, latest)
    changed = [m for m in members if _known(m.watch, first, latest) != sums[m.stream]]
    ledger.load(changed, first)
    held = {m.stream: list(ledger.history(m)(first, latest)) for m in changed}
    behind = [m for m in changed if _is_behind(m.watch, held[m.stream], latest)]
    new = ledger.slots(members, latest, ledger.until)
    for stream, early in ledger.slots(behind, first, latest).items():
        new[stream] = early + new[stream]
    for member in members:
        watch = member.watch
        hours = held.get(member.stream, [hour for hour in watch.track.hours if first <= hour.start])
        before = latest if member not in behind else watch.hour
        _amend(watch, [hour for hour in hours if hour.start < before], new[member.stream], first)
    return new


def _known(watch: Watch, first: int, latest: int) -> tuple[int, int] | None:
    """The sums of these hours as they were at the last look; None where not all of them are remembered."""
    if watch.track.floor > first:
        return None
    hours = [hour for hour in watch.track.hours if first <= hour.start < latest]
    return sum(hour.escalated for hour in hours), sum(hour.judged for hour in hours)


def _is_behind(watch: Watch, held: Sequence[Hour], latest: int) -> bool:
    """Whether an hour that is over holds something that came after the last look at it."""
    if watch.hour >= latest:
        return False
    known = [hour for hour in watch.track.hours if hour.start == watch.hour]
    return [hour for hour in held if hour.start >= watch.hour] != known


def _amend(watch: Watch, held: list[Hour], slots: Sequence[Slot], first: int) -> None:
    """Replaces the watch's remembered hours by what is stored now: the finished hours, and the part of the
    running hour that the last look already saw."""
    running = [slot for slot in slots if hour_of(slot.start) == watch.hour and slot.end <= watch.look]
    if running:
        k, n = sum(slot.escalated for slot in running), sum(slot.judged for slot in running)
        held = [*held, Hour(watch.hour, k, n)]
    watch.amend(held, first)
