"""Who knows the truth: whether an answer is right, against the case's reference.

One small module per kind, one line in `GRADERS`. A grader that cannot tell says so (`correct` None); it
never guesses.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any, Protocol

from cascadewatch.errors import ConfigError
from cascadewatch.replay.answer import Answer, Graded
from cascadewatch.replay.case import Case, Turn
from cascadewatch.settings import Settings
from cascadewatch.settings.replaying import GRADER_NEEDS
from cascadewatch.settings.replaying import Grader as Table

GRADERS: dict[str, str] = {
    "exact": "cascadewatch.replay.graders.exact:Exact",
    "numeric": "cascadewatch.replay.graders.numeric:Numeric",
    "contains": "cascadewatch.replay.graders.contains:Contains",
    "regex": "cascadewatch.replay.graders.regex:Regex",
    "schema": "cascadewatch.replay.graders.schema:Schema",
    "judge": "cascadewatch.replay.graders.judge:Judge",
    "python": "cascadewatch.replay.graders.python:Python",
    "recorded": "cascadewatch.replay.graders.recorded:Recorded",
}

Ask = Callable[[str, tuple[Turn, ...]], Answer]  # name of a [model.NAME], conversation -> its answer


class Grader(Protocol):
    """A kind of grader, made from its table."""

    def grade(self, case: Case, answer: Answer) -> Graded:
        """Whether the answer is right. Raises CallError where somebody had to be asked and failed."""

    def describe(self) -> dict[str, Any]:
        """What decides, for the report's provenance: kind, settings and hashes, no secrets."""


def build(settings: Settings, name: str, ask: Ask | None = None) -> Grader:
    """The grader of a [grader.NAME], or of a kind that needs no table of its own.

    ConfigError for a name that is neither, and for files that cannot be used.
    """
    table = settings.grader.get(name)
    if table is None:
        if name not in GRADERS or name in GRADER_NEEDS:
            known = ", ".join([*settings.grader, *sorted(set(GRADERS) - set(GRADER_NEEDS))])
            raise ConfigError(f'there is no grader "{name}"; add [grader.{name}] or use one of {known}')
        table = Table(kind=name)  # type: ignore[arg-type]
    module, _, kind = GRADERS[table.kind].partition(":")
    made: Grader = getattr(import_module(module), kind)(table, ask)
    return made
