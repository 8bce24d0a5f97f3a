"""What the writer remembers between transactions, and where it is kept.

Everything here is also in the database; `generation` in `meta` tells another process that it changed, and
`named` that names came in, of which it reads the new ones. A writer whose transaction failed forgets its
state and reads it anew.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sqlalchemy import Connection, select, text

from cascadewatch.model import TierOrder
from cascadewatch.order import SeenTier, decide
from cascadewatch.settings import Settings
from cascadewatch.store import dialect, horizons, tables
from cascadewatch.store.bounds import Room
from cascadewatch.store.cells import Fold, Folded
from cascadewatch.store.rows import Flagship
from cascadewatch.store.zone import local_days

ORDER = "order:"  # prefix of the keys in `meta`
NAMED = "named"  # in `meta`: how often names came in
OTHER = "__other__"  # where names past a cap are counted together
MAX_CASCADES = 200
MAX_TIERS = 64
_LIMITS = {"route": "routes", "caller": "callers", "model": "models", "revision": "revisions",
           "verifier": "verifiers", "reason": "reasons", "series": "series"}  # fmt: skip


@dataclass
class Tier:
    """A tier as stored: its kind, and the newest model seen on it."""

    kind: str
    provider: str | None = None
    model: str | None = None
    model_time: int | None = None


@dataclass
class CascadeState:
    """One cascade's tiers and their order."""

    configured: tuple[str, ...] = ()
    tiers: dict[str, Tier] = field(default_factory=dict)
    pairs: set[tuple[str, str]] = field(default_factory=set)
    order: TierOrder = field(default_factory=lambda: TierOrder((), None, None))
    decided_for: tuple[str, ...] = ()  # the settings' tiers when `order` was decided
    room: Room = field(default_factory=lambda: Room(""))

    def decide(self, costs: dict[str, float | None]) -> TierOrder:
        """The order from what is known now."""
        seen = {name: SeenTier(t.kind, costs.get(name)) for name, t in self.tiers.items()}
        return decide(seen, frozenset(self.pairs), self.configured)

    def restore(self, value: str) -> None:
        """Takes the order as it was stored."""
        names, cheap, flagship, configured = json.loads(value)
        self.order, self.decided_for = TierOrder(tuple(names), cheap, flagship), tuple(configured)

    def stored(self) -> str:
        """The order as it is stored."""
        return json.dumps([*self.order, self.configured])

    @property
    def flagship(self) -> Flagship | None:
        """Whose price flagship-only is worked out with; None until the flagship was seen."""
        tier = self.tiers.get(self.order.flagship or "")
        return None if tier is None or tier.model is None else Flagship(tier.provider, tier.model)


class Names:
    """Which names the rollups of a cascade know; the caps of `[limits]` bound them."""

    def __init__(self, settings: Settings, rows: Iterable[tuple[str, str, str]]) -> None:
        self.limits = {kind: getattr(settings.limits, key) for kind, key in _LIMITS.items()}
        self.known: dict[tuple[str, str], set[str]] = defaultdict(set)
        self.new: list[tuple[str, str, str]] = []
        self.learn(rows)

    def learn(self, rows: Iterable[tuple[str, str, str]]) -> None:
        """Takes in names as stored. Those of a kind without a cap bind nobody."""
        for kind, scope, name in rows:
            if kind in self.limits:
                self.known[kind, scope].add(name)

    def fold(self, kind: str, scope: str, name: str) -> str:
        """The name itself while there is room for it, else `__other__`.

        Once names were folded, no new one gets in until a rebuild: what a name's earlier events
        were counted under must not change when somebody raises a limit.
        """
        known = self.known[kind, scope]
        if name in known or name == OTHER:
            return name
        if OTHER in known:
            return OTHER
        if len(known) >= self.limits[kind]:
            name = OTHER
        known.add(name)
        self.new.append((kind, scope, name))
        return name

    def series(self, cascade: str, route: str, revision: str | None) -> tuple[str, str]:
        """Route and revision as the rollups name them. Past the cap of both together the revision goes and
        the route stays: at most two series more for each route, without a revision and with `__other__`."""
        known = self.fold("route", cascade, route)
        named = "" if revision is None else self.fold("revision", cascade, revision)
        if self.fold("series", cascade, f"{known}\n{named}") == OTHER:
            named = OTHER if named else ""
        return known, named

    def of(self, cascade: str) -> Fold:
        """The names of one cascade, to be dropped with the transaction it was asked for in."""

        def folded(kind: str) -> Folded:
            return Folded(lambda name: "" if name is None else self.fold(kind, cascade, name))

        return Fold(
            series=Folded(lambda both: self.series(cascade, *both)),
            model=folded("model"),
            verifier=folded("verifier"),
            reason=folded("reason"),
            caller=folded("caller"),
        )


class State:
    """Tiers, names, zone and horizons, read from the database."""

    def __init__(self, connection: Connection, settings: Settings) -> None:
        self.settings = settings
        kept = dict(connection.execute(select(tables.meta.c.key, tables.meta.c.value)).all())
        self.changed = False  # tiers or horizons, in this transaction
        self.caller_key: str | None = None  # that this process has noted
        self.generation = kept.get("generation", "0")
        self.horizons = horizons.read(kept)
        self.timezone = kept.get("timezone")  # of the days kept; None before the first
        self.zone: Callable[[int], int] = local_days(self.timezone or settings.timezone)
        self.named = int(kept.get(NAMED, 0))
        self.names = Names(settings, _names(connection))
        self.cascades: dict[str, CascadeState] = {}
        self._read_tiers(connection)
        self._read_orders(connection, kept)

    def _read_tiers(self, connection: Connection) -> None:
        """The newest model of each, read or remembered."""
        for name, tier, kind, provider, model, time in connection.execute(select(tables.tiers)):
            known = self.cascade(name).tiers.get(tier)
            if known is None or (known.model_time or 0) < (time or 0):
                self.cascade(name).tiers[tier] = Tier(kind, provider, model, time)

    def _read_orders(self, connection: Connection, kept: dict[str, str]) -> None:
        for name, lower, upper in connection.execute(select(tables.tier_pairs)):
            self.cascade(name).pairs.add((lower, upper))
        for key, value in kept.items():
            if key.startswith(ORDER):
                name = key.removeprefix(ORDER)
                cascade = self.cascade(name)
                cascade.restore(value)
                if name not in self.settings.cascade:  # another process may know better
                    cascade.configured = cascade.decided_for

    def _configured(self, cascade: str) -> tuple[str, ...]:
        known = self.settings.cascade.get(cascade)
        return known.tiers if known else ()

    def cascade(self, name: str) -> CascadeState:
        """The state of one cascade, empty at first."""
        if name not in self.cascades:
            self.cascades[name] = CascadeState(self._configured(name), room=Room(name))
        return self.cascades[name]

    def catch_up(self, connection: Connection) -> bool:
        """Reads the names that other processes stored since, and the models with them; False when more than
        that changed."""
        mark = tables.meta.c
        marks = dict(
            connection.execute(select(mark.key, mark.value).where(mark.key.in_(("generation", NAMED)))).all()
        )
        if marks.get("generation", "0") != self.generation:
            return False
        named = int(marks.get(NAMED, 0))
        if named != self.named:
            self.names.learn(_names(connection, self.named))
            self.named = named
            self._read_tiers(connection)
        return True

    def save_names(self, connection: Connection) -> None:
        """Stores names met for the first time in this transaction."""
        if not self.names.new:
            return
        self.named += 1
        dialect.insert(connection, tables.names, [(*name, self.named) for name in self.names.new])
        connection.execute(tables.meta.delete().where(tables.meta.c.key == NAMED))
        dialect.insert(connection, tables.meta, [(NAMED, str(self.named))])
        self.names.new = []


def _names(connection: Connection, after: int = -1) -> list[tuple[str, str, str]]:
    """(kind, scope, name) of names added after batch `after`."""
    t = tables.names.c
    rows = connection.execute(select(t.kind, t.scope, t.name).where(t.added > after))
    return [(kind, scope, name) for kind, scope, name in rows]


def touch(connection: Connection) -> None:
    """Tells other processes that what they remember is out of date."""
    connection.execute(
        text("UPDATE meta SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) WHERE key = 'generation'")
    )


def generation(connection: Connection) -> str:
    """Which state of tiers, horizons and zone the database is in."""
    return connection.execute(text("SELECT value FROM meta WHERE key = 'generation'")).scalar() or "0"
