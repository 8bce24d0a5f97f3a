"""What is known of an installation: cascades, their tiers, the horizons."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from cascadewatch.model import TierOrder
from cascadewatch.order import KINDS_BY_NAME
from cascadewatch.settings import Settings
from cascadewatch.store import horizons, tables
from cascadewatch.store.labelling import LAST_LABEL
from cascadewatch.store.state import ORDER, CascadeState


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier as people see it: its kind and the newest model on it."""

    name: str
    kind: str
    provider: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class CascadeKnown:
    """One cascade's order of tiers, what is on them, and when a label last told of its quality (epoch ms)."""

    name: str
    order: TierOrder
    tiers: tuple[Tier, ...]
    last_label: int | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """Every cascade, from when on minutes are kept (epoch ms), the zone of the days kept, and from when on
    the distributions of single routes are kept per quarter-hour."""

    cascades: dict[str, CascadeKnown]
    minute_floor: int
    timezone: str
    distribution_floor: int = 0


def known(connection: Connection, settings: Settings) -> Known:
    """Cascades with events, in the order of the settings, then by name."""
    meta = dict(connection.execute(select(tables.meta.c.key, tables.meta.c.value)).all())
    seen: dict[str, dict[str, Tier]] = {}
    for cascade, tier, kind, provider, model, _ in connection.execute(select(tables.tiers)):
        seen.setdefault(cascade, {})[tier] = Tier(tier, kind, provider, model)
    floors = horizons.read(meta).floors
    configured = {name: i for i, name in enumerate(settings.cascade)}
    names = sorted(seen, key=lambda name: (configured.get(name, len(configured)), name))
    return Known(
        {name: _cascade(name, meta, seen[name]) for name in names},
        floors.minute,
        meta.get("timezone", settings.timezone),
        floors.distribution,
    )


def known_routes(connection: Connection, cascade: str) -> list[str]:
    """The routes that events of a cascade named."""
    t = tables.names.c
    wanted = select(t.name).where(t.kind == "route", t.scope == cascade).order_by(t.name)
    return list(connection.execute(wanted).scalars())


def _cascade(name: str, meta: dict[str, str], seen: dict[str, Tier]) -> CascadeKnown:
    state = CascadeState()
    if ORDER + name in meta:
        state.restore(meta[ORDER + name])
    last = meta.get(LAST_LABEL + name)
    tiers = tuple(seen.get(t, Tier(t, KINDS_BY_NAME.get(t, "model"))) for t in state.order.names)
    return CascadeKnown(name, state.order, tiers, int(last) if last else None)
