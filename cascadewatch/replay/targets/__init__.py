"""Who answers the cases: one small module per kind of [model.NAME], one line in `TARGETS`."""

from importlib import import_module
from typing import Any, Protocol

from cascadewatch.errors import ConfigError
from cascadewatch.pricing import PriceBook
from cascadewatch.replay.answer import Answer
from cascadewatch.replay.case import Case, Turn
from cascadewatch.settings import Settings

TARGETS: dict[str, str] = {
    "openai": "cascadewatch.replay.targets.openai:OpenAI",
    "anthropic": "cascadewatch.replay.targets.anthropic:Anthropic",
    "recorded": "cascadewatch.replay.targets.recorded:Recorded",
}


class Target(Protocol):
    """A model that can be asked, by several threads at once.

    `concurrency` is how many calls it takes at a time; `is_paid` False: every answer costs nothing.
    """

    is_paid: bool
    concurrency: int

    def answer(self, case: Case, repeat: int) -> Answer:
        """Its answer to a case. Raises CallError."""

    def ask(self, turns: tuple[Turn, ...], repeat: int = 0) -> Answer:
        """Its answer to any conversation, for judges. Raises CallError."""

    def worst_cost(self, prompt_characters: int, book: PriceBook, at: int) -> int | None:
        """The most one answer can cost in nano-dollars at `at` (epoch ms); None: its price is not known."""

    def describe(self) -> dict[str, Any]:
        """What decides, for the report's provenance, without secrets."""


def build(settings: Settings, name: str) -> Target:
    """The target of a [model.NAME]; ConfigError where there is none."""
    table = settings.model.get(name)
    if table is None:
        known = ", ".join(settings.model) or "none so far"
        raise ConfigError(f"there is no [model.{name}]; known here: {known}")
    module, _, kind = TARGETS[table.kind].partition(":")
    made: Target = getattr(import_module(module), kind)(table)
    return made
