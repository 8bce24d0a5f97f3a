"""In which order a cascade's tiers stand, from the settings or from what was seen.

Order comes from the settings. Without them it is learned: a tier followed by another in some
event stands below it; where both directions were seen, or neither, the cheaper on average stands
below. A tier that met no other and has no known cost yet could stand anywhere: it is treated like one
that the settings do not name.
"""

from collections.abc import Iterable, Mapping
from itertools import permutations
from typing import NamedTuple

from cascadewatch.model import TierOrder

KINDS_BY_NAME = {"cache": "cache", "rule": "rule", "human": "human"}  # until an event says


class SeenTier(NamedTuple):
    """A tier as events showed it; `mean_cost` in nano-dollars, None while unpriced."""

    kind: str
    mean_cost: float | None = None


def decide(
    seen: Mapping[str, SeenTier], pairs: frozenset[tuple[str, str]], configured: tuple[str, ...] = ()
) -> TierOrder:
    """The order of all tiers known. Tiers the settings do not name, or without settings those of which
    nothing says where they stand, are never the cheap tier or the flagship: caches and rules among them
    stand first, the others below the last one named.

    >>> pairs = frozenset({("small", "large")})
    >>> decide({"large": SeenTier("model"), "small": SeenTier("model")}, pairs)
    TierOrder(names=('small', 'large'), cheap='small', flagship='large')
    """
    learned = _learned(seen, pairs)
    named = configured or _placed(learned, seen, pairs)
    extra = [name for name in learned if name not in named]
    before = [name for name in extra if seen[name].kind in ("cache", "rule")]
    between = [name for name in extra if name not in before]
    models = [name for name in named if _kind(name, seen) == "model"]
    return _order((*before, *named[:-1], *between, *named[-1:]), models)


def met(pairs: Iterable[tuple[str, str]]) -> set[str]:
    """The tiers that stood beside another in some event."""
    return {name for pair in pairs for name in pair}


def _placed(
    learned: tuple[str, ...], seen: Mapping[str, SeenTier], pairs: frozenset[tuple[str, str]]
) -> tuple[str, ...]:
    """Tiers whose place is known: seen beside another tier, or with a mean cost. While no model tier has a
    known place, all of them. So a mistyped name cannot become the flagship by how it sorts."""
    beside = met(pairs)
    placed = tuple(name for name in learned if name in beside or seen[name].mean_cost is not None)
    return placed if any(seen[name].kind == "model" for name in placed) else learned


def _order(names: tuple[str, ...], models: list[str]) -> TierOrder:
    return TierOrder(names, models[0] if models else None, models[-1] if len(models) > 1 else None)


def _kind(name: str, seen: Mapping[str, SeenTier]) -> str:
    return seen[name].kind if name in seen else KINDS_BY_NAME.get(name, "model")


def _learned(seen: Mapping[str, SeenTier], pairs: frozenset[tuple[str, str]]) -> tuple[str, ...]:
    """Tiers by how many others they stand below, most first."""
    below = dict.fromkeys(seen, 0)
    for a, b in permutations(seen, 2):
        below[a] += _stands_below(a, b, seen, pairs)
    return tuple(sorted(seen, key=lambda name: (-below[name], name)))


def _stands_below(a: str, b: str, seen: Mapping[str, SeenTier], pairs: frozenset[tuple[str, str]]) -> bool:
    forward, backward = (a, b) in pairs, (b, a) in pairs
    if forward != backward:
        return forward
    x, y = seen[a].mean_cost, seen[b].mean_cost
    return x is not None and y is not None and x < y
