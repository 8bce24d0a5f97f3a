"""The judges of the user's own cascade, called as the cascade calls them.

One small module per kind, one line in `VERIFIERS`. A judge that fails (error, timeout, no clear word) is
never a reject: that is an outcome of its own.
"""

from importlib import import_module
from typing import Any, Protocol

from cascadewatch.errors import ConfigError
from cascadewatch.pricing import PriceBook
from cascadewatch.replay.answer import Answer, Judged
from cascadewatch.replay.asking import Asking
from cascadewatch.replay.case import Case
from cascadewatch.settings import Settings

VERIFIERS: dict[str, str] = {
    "http": "cascadewatch.replay.verifiers.http:Http",
    "python": "cascadewatch.replay.verifiers.python:Python",
    "schema": "cascadewatch.replay.verifiers.schema:Schema",
    "markers": "cascadewatch.replay.verifiers.markers:Markers",
    "min_content": "cascadewatch.replay.verifiers.min_content:MinContent",
    "numeric": "cascadewatch.replay.verifiers.numeric:Numeric",
    "sql": "cascadewatch.replay.verifiers.sql:Sql",
    "confidence": "cascadewatch.replay.verifiers.confidence:Confidence",
    "agreement": "cascadewatch.replay.verifiers.agreement:Agreement",
    "judge": "cascadewatch.replay.verifiers.judge:Judge",
    "recorded": "cascadewatch.replay.verifiers.recorded:Recorded",
}


class Verifier(Protocol):
    """A kind of verifier, made from its table."""

    is_paid: bool

    def judge(self, case: Case, answer: Answer, repeat: int = 0) -> Judged:
        """Accept, reject, or how it failed. Raises CallError where somebody had to be asked and failed."""

    def worst_cost(self, case: Case, answer_characters: int, book: PriceBook, at: int) -> int | None:
        """The most one verdict can cost in nano-dollars at `at` (epoch ms); None: nobody knows the price."""

    def describe(self) -> dict[str, Any]:
        """What decides, for the report's provenance: kind, threshold, hashes, no secrets."""


def build(settings: Settings, name: str, asking: Asking) -> Verifier:
    """The verifier of a [verifier.NAME]; ConfigError where there is none or its files cannot be used."""
    table = settings.verifier.get(name)
    if table is None:
        known = ", ".join(settings.verifier) or "none so far"
        raise ConfigError(f"there is no [verifier.{name}]; known here: {known}")
    module, _, kind = VERIFIERS[table.kind].partition(":")
    made: Verifier = getattr(import_module(module), kind)(table, asking)
    return made
