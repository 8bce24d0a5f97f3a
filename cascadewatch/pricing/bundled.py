"""Prices from the data that the genai-prices library carries with it; the network is never asked.

Two things in that data would price wrongly in silence, so they are refused here: a service tier
the model lists no price for would be charged at the standard price, and an entry that lists no
token price would cost nothing.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from cascadewatch.moments import EPOCH
from cascadewatch.pricing.rates import Rates, femto_per_token

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, Provider

STANDARD_TIERS = frozenset({"default", "standard", "on_demand"})  # names of paying the normal price
TIER_CONTEXTS = ("service_tier", "processing", "speed")  # where the data files what we call service tier
FEMTO_PER_USD_PER_1K = 10**12

# Provider names of the OpenTelemetry conventions and of gateways that the data does not match itself.
ALIASES = {
    "azure.ai.inference": "azure",
    "azure.ai.openai": "azure",
    "fireworks_ai": "fireworks",
    "gcp.gen_ai": "google",
    "moonshot_ai": "moonshotai",
    "x_ai": "x-ai",
}

Dayparts = tuple[tuple[int, Rates | None], ...]


class BundledPrices:
    """Look-ups in the bundled data; holds the library's own cache of found names."""

    def __init__(self) -> None:
        import genai_prices
        from genai_prices.data_snapshot import DataSnapshot, get_snapshot

        self._name = f"genai-prices {genai_prices.__version__}"
        self._providers = get_snapshot().providers
        self._snapshot = DataSnapshot(providers=self._providers, from_auto_update=False)

    def dayparts(self, model: str, provider: str | None, day: int, service_tier: str | None) -> Dayparts:
        """(start in milliseconds of the UTC day, rates from then on); one part for most models."""
        found = self._find(model, provider)
        if found is None:
            return ((0, None),)
        midnight = EPOCH + timedelta(days=day)
        return tuple(
            (start // timedelta(milliseconds=1), self._rates(*found, midnight + start, service_tier))
            for start in _changes(found[1])
        )

    def _find(self, model: str, provider: str | None) -> "tuple[Provider, ModelInfo] | None":
        for name, seller in self._names(model, provider):
            try:
                return self._snapshot.find_provider_model(name, None, seller, None)
            except LookupError:
                continue
        return None

    def _names(self, model: str, provider: str | None) -> Iterator[tuple[str, str | None]]:
        """(model, provider) pairs to try. A named provider is never replaced by another one: who
        sells a model decides its price."""
        if provider is not None:
            provider = ALIASES.get(provider.lower(), provider)
            yield model, provider
        vendor, slash, rest = model.partition("/")
        vendor = ALIASES.get(vendor.lower(), vendor)
        if slash and rest and vendor and (provider is None or self._same(vendor, provider)):
            yield rest, vendor
        if provider is None:
            yield model, None

    def _same(self, vendor: str, provider: str) -> bool:
        from genai_prices.data_snapshot import find_provider_by_id

        found = find_provider_by_id(self._providers, vendor)
        return found is not None and found is find_provider_by_id(self._providers, provider)

    def _rates(
        self, provider: "Provider", model: "ModelInfo", moment: datetime, service_tier: str | None
    ) -> Rates | None:
        tier = service_tier.lower() if service_tier else None
        source = f"{self._name} {provider.id}/{model.id}"
        if tier is None or tier in STANDARD_TIERS:
            return rates_of(model.get_prices(moment), source, free=model.id.endswith(":free"))
        context = dict.fromkeys(TIER_CONTEXTS, tier)
        own = any(model is listed for listed in provider.models)
        if not own or not _lists(model, context, moment):
            return None
        return rates_of(model.get_prices(moment, context), f"{source} {tier}")


def _lists(model: "ModelInfo", context: dict[str, str], moment: datetime) -> bool:
    """Whether the model has a price of its own under `context` at `moment`."""
    return any(
        (variant.constraint is None or variant.constraint.active(moment))
        and all(context.get(key) == value for key, value in variant.when.items())
        for variant in model.price_variants or ()
    )


def _changes(model: "ModelInfo") -> list[timedelta]:
    """Times of the UTC day at which the price may change, midnight first."""
    from genai_prices.types import ModelPrice, TimeOfDateConstraint

    conditions = [] if isinstance(model.prices, ModelPrice) else [c.constraint for c in model.prices]
    conditions += [variant.constraint for variant in model.price_variants or ()]
    times = {timedelta()}
    for condition in conditions:
        if isinstance(condition, TimeOfDateConstraint):
            for clock in (condition.start_time, condition.end_time):
                moment = datetime.combine(EPOCH, clock, clock.tzinfo or UTC).astimezone(UTC)
                times.add((moment - EPOCH) % timedelta(days=1))
    return sorted(times)


def rates_of(price: "ModelPrice", source: str, *, free: bool = False) -> Rates | None:
    """Rates of one listed price; None if it charges no input tokens (speech, pages, nothing)."""
    if not any(value is not None for value in vars(price).values()):
        return Rates(0, 0, 0, 0, source) if free else None
    thresholds = {tier.start for value in vars(price).values() for tier in getattr(value, "tiers", ())}
    tiers = ((start, _flat(price, start + 1, source)) for start in sorted(thresholds))
    return _flat(price, 0, source, tuple((start, rates) for start, rates in tiers if rates is not None))


def _flat(
    price: "ModelPrice", prompt: int, source: str, tiers: tuple[tuple[int, Rates], ...] = ()
) -> Rates | None:
    """Rates of a request whose prompt has `prompt` tokens."""

    def rate(key: str) -> int | None:
        usd = _usd(getattr(price, key), prompt)
        return None if usd is None else femto_per_token(usd)

    charged = rate("input_mtok")
    if charged is None:
        return None
    read, write = rate("cache_read_mtok"), rate("cache_write_mtok")
    request = _usd(price.requests_kcount, prompt) or Decimal(0)
    return Rates(
        input=charged,
        output=rate("output_mtok"),
        cache_read=charged if read is None else read,
        cache_write=charged if write is None else write,
        source=source,
        reasoning=rate("output_reasoning_mtok"),
        request=int(request * FEMTO_PER_USD_PER_1K),
        tiers=tiers,
    )


def _usd(listed: object, prompt: int) -> Decimal | None:
    """The listed amount for a request whose prompt has `prompt` tokens."""
    from genai_prices.types import TieredPrices

    if isinstance(listed, TieredPrices):
        reached = [tier.price for tier in listed.tiers if prompt > tier.start]
        return reached[-1] if reached else listed.base
    return listed if isinstance(listed, Decimal) else None
