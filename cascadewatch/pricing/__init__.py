"""What attempts and verdicts cost, exact to the nano-dollar (docs/pricing.md).

book = PriceBook(settings.price)
attempt_cost(attempt, at_ms, book)     # Priced(cost=310000, source="reported")
"""

from cascadewatch.pricing.book import PriceBook
from cascadewatch.pricing.charge import Priced, attempt_cost, verdict_cost
from cascadewatch.pricing.rates import Rates, cost, nano_usd

__all__ = ["PriceBook", "Priced", "Rates", "attempt_cost", "cost", "nano_usd", "verdict_cost"]
