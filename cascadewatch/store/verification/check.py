"""What one invariant's comparing came to."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

MAX_EXAMPLES = 5


@dataclass
class Check:
    """One invariant: what was compared, and what did not fit."""

    title: str
    compared: int = 0
    broken: int = 0
    examples: list[str] = field(default_factory=list)

    def note(self, fits: bool, what: str | Callable[[], str]) -> None:
        """Counts one comparison."""
        self.compared += 1
        if not fits:
            self.miss(what)

    def miss(self, what: str | Callable[[], str], times: int = 1) -> None:
        """Counts what does not fit, of what was counted as compared."""
        self.broken += times
        if len(self.examples) < MAX_EXAMPLES:
            self.examples.append((what if isinstance(what, str) else what())[:300])

    def as_dict(self) -> dict[str, Any]:
        """JSON of this check; examples only where something is broken."""
        out: dict[str, Any] = {"title": self.title, "compared": self.compared, "broken": self.broken}
        return out | ({"examples": self.examples} if self.examples else {})

    def join(self, other: "Check") -> None:
        """Takes in what another part of the same check came to."""
        self.compared += other.compared
        self.broken += other.broken
        self.examples = [*self.examples, *other.examples][:MAX_EXAMPLES]
