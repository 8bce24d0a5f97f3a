"""Money set aside for the calls under way."""

import threading

from cascadewatch.replay.ledger import Ledger
from cascadewatch.store import replay_money
from cascadewatch.store.replay_money import Refusal
from cascadewatch.store.replays import Key, Run

LOOK_S = 1.0


class Holds:
    """What the threads of a run hold for their calls.

    Reservations are worst-case, so the limit may look reached too early. A thread then waits for other calls
    to give money back, and is refused only when no other call is open.
    """

    def __init__(
        self, ledger: Ledger, run: Run, month: tuple[int, int] | None, halted: threading.Event
    ) -> None:
        self._ledger, self._run, self._month, self._halted = ledger, run, month, halted
        self._open = self._freed = 0
        self._changed = threading.Condition()

    def take(self, key: Key, amount: int, *, again: bool) -> Refusal | str | None:
        """None once the amount is held; else what stands against it, "halted" when the run ends meanwhile."""
        while not self._halted.is_set():
            with self._changed:
                self._open += 1
                seen = self._freed
            refused = self._reserve(key, amount, again)
            if refused is None:
                return None
            with self._changed:
                self._open -= 1
                if refused == "lost" or (self._open == 0 and self._freed == seen):
                    self._changed.notify_all()
                    return refused
                if self._freed == seen:
                    self._changed.wait(LOOK_S)
        return "halted"

    def free(self) -> None:
        """A call has ended, and what was held for it is given back as far as it can be."""
        with self._changed:
            self._open -= 1
            self._freed += 1
            self._changed.notify_all()

    def _reserve(self, key: Key, amount: int, again: bool) -> Refusal | None:
        owner, month = self._run.owner or "", self._month
        entry = self._ledger.write(
            lambda connection: replay_money.reserve(connection, key, owner, amount, month, again=again)
        )
        return entry.result()
