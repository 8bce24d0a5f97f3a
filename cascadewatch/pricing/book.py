"""Which rates hold for a model on a day: the user's own prices first, then the bundled list."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cascadewatch.moments import EPOCH
from cascadewatch.pricing.bundled import STANDARD_TIERS, BundledPrices, Dayparts
from cascadewatch.pricing.rates import Rates, femto_per_token

if TYPE_CHECKING:
    from cascadewatch.settings import Price

DAY_MS = 86_400_000
REMEMBERED = 20_000  # answers kept; names come from senders, so there may be any number of them
EPOCH_ORDINAL = EPOCH.toordinal()

Key = tuple[str, str | None, int, str | None]


class PriceBook:
    """Rates by model, provider, UTC day and service tier.

    The user's entries answer first: those of the exact model, one that names the provider before
    one that names none, and of these the latest that has begun. Where one answers, the bundled
    list is not asked. A service tier other than the standard one has rates only if it is known
    what it costs: batch by the entry's `batch_factor`, any tier by the bundled list.

    Answers are remembered, unknown models included. `bundled=False` asks the user's entries only.
    """

    def __init__(self, overrides: Sequence["Price"] = (), bundled: bool = True) -> None:
        self._overrides: dict[str, list[Price]] = {}
        for price in overrides:
            self._overrides.setdefault(price.model, []).append(price)
        self._use_bundled = bundled
        self._bundled: BundledPrices | None = None
        self._known: dict[Key, Rates | Dayparts | None] = {}

    def rates(
        self, model: str | None, provider: str | None, at_ms: int, service_tier: str | None = None
    ) -> Rates | None:
        """Rates in force at `at_ms` (UTC epoch milliseconds); None if nobody knows them."""
        if model is None:
            return None
        key = (model, provider, at_ms // DAY_MS, service_tier)
        try:
            known = self._known[key]
        except KeyError:
            known = self._resolve(key)
        if type(known) is tuple:
            return _part(known, at_ms % DAY_MS)
        return known  # type: ignore[return-value]  # only a tuple holds the parts of a day

    def _resolve(self, key: Key) -> Rates | Dayparts | None:
        if len(self._known) >= REMEMBERED:
            self._known = {}
            self._bundled = None  # it remembers names too
        found = self._look_up(*key)
        self._known[key] = found
        return found

    def _look_up(
        self, model: str, provider: str | None, day: int, service_tier: str | None
    ) -> Rates | Dayparts | None:
        price = self._override(model, provider, day)
        if price is not None:
            return _own_rates(price, service_tier)
        if not self._use_bundled:
            return None
        bundled = self._bundled
        if bundled is None:  # reading the list takes half a second: only when it is asked
            bundled = self._bundled = BundledPrices()
        parts = bundled.dayparts(model, provider, day, service_tier)
        return parts if len(parts) > 1 else parts[0][1]

    def _override(self, model: str, provider: str | None, day: int) -> "Price | None":
        ordinal = day + EPOCH_ORDINAL
        begun = [
            (price.provider is not None, price.starts.toordinal() if price.starts else 0, price)
            for price in self._overrides.get(model, ())
            if price.provider in (None, provider)
            and (price.starts is None or price.starts.toordinal() <= ordinal)
        ]
        return max(begun, key=lambda entry: entry[:2])[2] if begun else None


def _part(parts: Dayparts, millisecond: int) -> Rates | None:
    return next(rates for start, rates in reversed(parts) if start <= millisecond)


def _own_rates(price: "Price", service_tier: str | None) -> Rates | None:
    charged = femto_per_token(price.input_usd_per_1m)
    read, write = price.cache_read_usd_per_1m, price.cache_write_usd_per_1m
    rates = Rates(
        input=charged,
        output=femto_per_token(price.output_usd_per_1m),
        cache_read=charged if read is None else femto_per_token(read),
        cache_write=charged if write is None else femto_per_token(write),
        source=f"config:{price.starts}" if price.starts else "config",
    )
    tier = service_tier.lower() if service_tier else "standard"
    if tier in STANDARD_TIERS:
        return rates
    if tier == "batch" and price.batch_factor is not None:
        return rates.scaled(price.batch_factor, f"{rates.source} batch")
    return None
