"""What commands and the API do with rules and baselines, in one place for both."""

from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from cascadewatch.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cascadewatch.settings import Rule, Settings
    from cascadewatch.store.audit import Actor
    from cascadewatch.store.baselines import Pinned
    from cascadewatch.store.engine import Store
    from cascadewatch.store.rule_states import RuleState

HIDDEN = {"rule", "life"}  # the one stands above, the other concerns the life cycle alone


class Watch:
    """The rules of the settings on a store; `clock` gives epoch milliseconds."""

    def __init__(self, store: "Store", settings: "Settings", clock: Callable[[], int]) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock

    def rules(self) -> list[dict[str, Any]]:
        """Every rule in force, what it does in a sentence, and what it last said of each scope."""
        from alerts.rules import rules_of
        from cascadewatch.store.rule_states import states

        with self._store.reading() as connection:
            said = states(connection)
        return [_rule_json(rule, said) for rule in rules_of(self._settings)]

    def rule(self, name: str) -> "Rule":
        """The rule of that name. NotFoundError with the nearest one."""
        from alerts.rules import rules_of

        named = {rule.name: rule for rule in rules_of(self._settings)}
        if name not in named:
            near = get_close_matches(name, named, 1)
            hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(named) or 'none'}"
            raise NotFoundError(f"no rule is named {_shown(name)}; {hint}")
        return named[name]

    def back_test(self, name: str, start: int, end: int) -> dict[str, Any]:
        """What the rule would have said from `start` to `end` (epoch ms)."""
        return next(self.back_tests([name], start, end))

    def back_tests(self, names: Sequence[str], start: int, end: int) -> Iterator[dict[str, Any]]:
        """The same of several, one after the other."""
        from alerts.backtest import back_tests

        rules = [self.rule(name) for name in names]
        return (one.to_dict() for one in back_tests(self._store, self._settings, rules, start, end))

    def accept(
        self, metric: str, cascade: str, route: str, since: int | None, *, by: "Actor", note: str | None
    ) -> dict[str, Any] | str:
        """Takes the present level for normal; `since` (epoch ms) None: since the open episode says."""
        from alerts.drift import levels
        from alerts.finding import Scope
        from cascadewatch.store.reads.json_rows import row_json

        now = self._clock()
        level = levels.Level(metric, Scope(cascade, route), by.author, note, now)
        with self._store.writing() as connection:
            self._insist_on_cascade(connection, cascade)
            begin = _moved_since(connection, metric, cascade, route) if since is None else since
            before = _in_force(connection, metric, cascade, route)
            made = levels.accept(connection, level, begin)
            _note_pin(connection, by, before, made, now)
        return made if isinstance(made, str) else row_json(made)

    def pin(
        self, metric: str, cascade: str, route: str, period: tuple[int, int] | str | None, *, by: "Actor",
        note: str | None,
    ) -> dict[str, Any] | str:  # fmt: skip
        """Pins the level of a period (epoch ms), of a revision, or (None) of the last seven days."""
        from alerts.drift import levels
        from alerts.finding import Scope
        from cascadewatch.store.reads.json_rows import row_json

        now = self._clock()
        level = levels.Level(metric, Scope(cascade, route), by.author, note, now)
        with self._store.writing() as connection:
            self._insist_on_cascade(connection, cascade)
            if isinstance(period, str):
                period = _in_use(connection, cascade, period)
            start, end = period or (None, None)
            before = _in_force(connection, metric, cascade, route)
            made = levels.pin(connection, self._settings, level, start, end)
            _note_pin(connection, by, before, made, now)
        return made if isinstance(made, str) else row_json(made)

    def _insist_on_cascade(self, connection: "Connection", cascade: str) -> None:
        from cascadewatch.store.reads import known

        names = known(connection, self._settings).cascades
        if cascade not in names:
            raise NotFoundError(
                f"no cascade is named {_shown(cascade)}; known: {', '.join(names) or 'none yet'}"
            )


def _rule_json(rule: "Rule", said: "list[RuleState]") -> dict[str, Any]:
    from alerts.rules import definition
    from cascadewatch.store.reads.json_rows import row_json

    states = [{k: v for k, v in row_json(s).items() if k not in HIDDEN} for s in said if s.rule == rule.name]
    return {
        "name": rule.name, "kind": rule.kind, "metric": rule.metric, "cascade": rule.cascade,
        "route": rule.route, "definition": definition(rule), "severity": rule.severity,
        "channels": list(rule.channels), "states": states,
    }  # fmt: skip


def _in_force(connection: "Connection", metric: str, cascade: str, route: str) -> "Pinned | None":
    from cascadewatch.store.baselines import current

    return current(connection, metric, cascade, route)


def _note_pin(
    connection: "Connection", by: "Actor", before: "Pinned | None", made: "Pinned | str", now: int
) -> None:
    """One row of the audit for a pin, however many routes it takes along."""
    from cascadewatch.store import audit

    def told(pin: "Pinned") -> dict[str, Any]:
        learnt = {"rate": pin.baseline.rate, "requests": pin.baseline.requests}
        return {"id": pin.id, "how": pin.how, **learnt, "note": pin.note}

    if not isinstance(made, str):
        subject = " / ".join(part for part in (made.metric, made.cascade, made.route) if part)
        former = None if before is None else told(before)
        audit.record(connection, by, "baseline.pin", subject, now, before=former, after=told(made))


def _moved_since(connection: "Connection", metric: str, cascade: str, route: str) -> int:
    from cascadewatch.store.episodes import page

    for episode in page(connection, open_only=True, cascade=cascade, limit=1000):
        if episode.kind == "drift" and episode.metric == metric and episode.route == route:
            return episode.since
    raise UsageError(f"no drift of {metric} is open there; say from when on the new level counts")


def _in_use(connection: "Connection", cascade: str, revision: str) -> tuple[int, int]:
    from cascadewatch.store.reads.revisions import revisions, span_of

    found = span_of(connection, cascade, revision)
    if found is None:
        known = ", ".join(revisions(connection, cascade, most=10)) or "none"
        raise NotFoundError(f"{cascade} has no events of the revision {revision!r}; the latest: {known}")
    return found


def _shown(name: str) -> str:
    from cascadewatch.reasons import SHOWN, cut  # brings msgspec along

    return repr(cut(name, SHOWN))
