"""The streams that drift rules watch: which there are, and where each of them stands."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection

from alerts.finding import Scope
from cascadewatch.drift import watch_state
from cascadewatch.drift.alarm import Alarm, Direction
from cascadewatch.drift.baseline import Baseline
from cascadewatch.drift.family import MIN_ROUTE_REQUESTS
from cascadewatch.drift.fitting import fit, lacking
from cascadewatch.drift.hours import Hour, hour_of
from cascadewatch.drift.watch import Plan, Watch
from cascadewatch.settings import Rule, Settings
from cascadewatch.store import baselines, reads
from cascadewatch.store.baselines import Pinned
from cascadewatch.store.cells import ALL
from cascadewatch.store.drift_states import Row
from cascadewatch.store.state import OTHER

WITH_ROUTES = "escalation_rate"  # the metric whose routes are watched one by one too
DEPLOYS = ("deploy", "revision")  # annotations after which the evidence starts again
Stream = tuple[str, str, str]  # metric, cascade, route


@dataclass(slots=True, eq=False)
class Member:
    """One stream that one drift rule watches.

    `watch` is its detector. `row` is what was stored of it after its last look (None: this is its first),
    `pins` are all baselines it has had, oldest first, and `known` the alarms that were open before this look.
    """

    rule: Rule
    stream: Stream
    watch: Watch
    pins: Sequence[Pinned] = ()
    row: Row | None = None
    known: dict[Direction, Alarm] | None = None

    @property
    def scope(self) -> Scope:
        """What its findings are about."""
        return Scope(*self.stream[1:])

    @property
    def metric(self) -> str:
        """Key of the metric."""
        return self.stream[0]

    @property
    def pinned(self) -> Pinned | None:
        """The baseline in force as it is stored."""
        return self.pins[-1] if self.pins and self.pins[-1].retired is None else None


class Roll:
    """All members. Their order stays the same, and routes that get a baseline during a walk are added at the
    end. Deploys before `start` (epoch ms) are ignored."""

    def __init__(self, connection: Connection, settings: Settings, rules: Iterable[Rule], start: int) -> None:
        self.settings = settings
        self.pins: dict[Stream, list[Pinned]] = {}
        for pin in baselines.history(connection):
            self.pins.setdefault((pin.metric, pin.cascade, pin.route), []).append(pin)
        self.cascades = reads.known(connection, settings).cascades
        self.marks = [m for m in reads.annotations(connection, start, 2**62) if m.kind in DEPLOYS]
        self.members: list[Member] = []
        for rule in rules:
            for stream in self._streams(rule):
                self.add(rule, stream)

    @property
    def watches(self) -> list[Watch]:
        """The watches of all members, in their order."""
        return [member.watch for member in self.members]

    def add(self, rule: Rule, stream: Stream) -> Member:
        """One more stream, of which nothing is known yet."""
        _, cascade, route = stream
        watch = Watch(
            lambda start, end: [],
            rule.tolerance,
            self.settings.timezone,
            pooled=route == ALL,
            wanted=rule.direction,
            marks=[m.time for m in self.marks if m.cascade in (None, cascade) and m.route in (None, route)],
        )
        member = Member(rule, stream, watch, self.pins.get(stream, ()))
        self.members.append(member)
        return member

    def beside(self, member: Member) -> list[Member]:
        """All streams of the same rule and cascade, the member included. The stream `__other__` is counted
        as the cascade's requests less those of its other routes here."""
        rule, cascade = member.rule.name, member.stream[1]
        return [m for m in self.members if m.rule.name == rule and m.stream[1] == cascade]

    def _streams(self, rule: Rule) -> Iterable[Stream]:
        assert rule.metric is not None
        for name, known in self.cascades.items():
            if rule.cascade not in (None, name):
                continue
            if rule.metric == "flagship_share" and known.order.flagship is None:
                continue
            if rule.route is not None:
                yield rule.metric, name, rule.route
                continue
            yield rule.metric, name, ALL
            for metric, cascade, route in sorted(self.pins):
                stream = (metric, cascade, route)
                if (metric, cascade) == (rule.metric, name) and route != ALL and self._goes_on(rule, stream):
                    yield stream

    def _goes_on(self, rule: Rule, stream: Stream) -> bool:
        return rule.metric == WITH_ROUTES and self.pins[stream][-1].retired is None


def resume(member: Member, row: Row) -> None:
    """Restores the stream as it was after its last look, then gives it the baseline in force now if that is
    another one.

    A row that another version wrote in another form is ignored: this then is the stream's first look.
    """
    fields: dict[str, Any] = msgspec.json.decode(row.state)
    if fields.get("form") != watch_state.FORM:
        return
    watch, pinned = member.watch, member.pinned
    before = next((pin for pin in member.pins if pin.id == row.baseline), None)
    watch.baseline = None if before is None else before.baseline
    watch.look = row.look
    watch_state.restore(watch, fields)
    member.row, member.known = row, dict(watch.alarms)
    if pinned is not None and pinned is not before:
        if pinned.how in (baselines.PINNED, baselines.ACCEPTED):
            watch.end(max(row.look, pinned.pinned))
        watch.pin(pinned.baseline, watch.hour)


def begin(member: Member, start: int) -> None:
    """Prepares a stream's first look, which walks through history from `start` (epoch ms) on.

    Every baseline that the stream has had takes effect at its time during the walk: one that was learnt at
    the end of the period it was learnt from, any other when it was pinned.
    """
    watch = member.watch
    watch.since = hour_of(start)
    watch.planned = [_plan(pin) for pin in member.pins]
    watch.look = watch.since
    if member.stream[2] != ALL and watch.planned and member.rule.route is None:
        watch.look = max(watch.since, watch.planned[0].time)  # a route joins when its baseline is there


def _plan(pin: Pinned) -> Plan:
    learnt = pin.how == baselines.AUTOMATIC
    by_person = pin.how in (baselines.PINNED, baselines.ACCEPTED)
    return Plan(pin.baseline.end if learnt else pin.pinned, pin.baseline, by_person)


def eligible(routes: dict[str, int], whole: int) -> list[str]:
    """The routes that get a stream of their own: those with enough requests, and `__other__` last if the
    rest together has enough.

    `routes` counts requests in the period of the cascade's baseline, `whole` those of the cascade. Empty if
    only one would qualify, since it would nearly repeat what the cascade's own stream says.
    """
    large = sorted(route for route, n in routes.items() if n >= MIN_ROUTE_REQUESTS and route != OTHER)
    if whole - sum(routes[route] for route in large) >= MIN_ROUTE_REQUESTS:
        large.append(OTHER)
    return large if len(large) > 1 else []


def refit(watch: Watch, hours: Sequence[Hour], hour: int) -> Baseline | None:
    """The baseline of these hours up to `hour`, if there are enough of them and nothing is open."""
    past = watch.sound(hours)
    if watch.alarms or lacking(past, hour) is not None:
        return None
    fitted = fit(past, watch.zone)
    return None if fitted.usual_band is None else fitted


def row_of(member: Member) -> Row:
    """What is remembered of a stream; `baseline` is None for one that is not stored yet."""
    state = msgspec.json.encode(watch_state.kept(member.watch)).decode()
    own = next((pin.id for pin in member.pins if pin.baseline is member.watch.baseline), None)
    return Row(member.rule.name, *member.stream[1:], own, member.watch.look, state)
