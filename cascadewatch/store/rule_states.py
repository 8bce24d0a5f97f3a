"""What each rule last said of each scope, and what it has to remember until it is asked again."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from cascadewatch.store.alert_tables import rule_states as table
from cascadewatch.store.tables import meta

LOOKED = "alerts.looked"  # the key in `meta` of the spans of time in which rules were evaluated
KEY = ("rule", "cascade", "route")
COLUMNS = tuple(column.name for column in table.c)
LIFE = "life"  # stands beside the detail


@dataclass(frozen=True, slots=True)
class RuleState:
    """One rule on one scope (cascade "": the rule itself, when it fails). Times are epoch ms.

    `state` is ok, pending, firing, easing, learning, no_data, error or flapping, and `since` when it began.
    The numbers are those of the last evaluation; `message` is what it said, `detail` what pages show more.
    `life` belongs to the life cycle.
    """

    rule: str
    cascade: str
    route: str
    state: str
    since: int
    evaluated: int
    value: float | None
    low: float | None
    high: float | None
    n: int
    message: str | None
    detail: Mapping[str, Any]
    life: Mapping[str, Any]

    @property
    def key(self) -> tuple[str, str, str]:
        """The rule and its scope."""
        return self.rule, self.cascade, self.route


def states(connection: Connection) -> list[RuleState]:
    """Every rule's state of every scope, by rule, cascade and route."""
    rows = connection.execute(select(table).order_by(*(table.c[name] for name in KEY)))
    found = []
    for *values, detail in rows:
        kept = json.loads(detail)
        life = kept.pop(LIFE, {})
        found.append(RuleState(*(*values, kept, life)))
    return found


def save(connection: Connection, rows: Iterable[RuleState], gone: Iterable[tuple[str, str, str]]) -> None:
    """Writes states, new or changed, and forgets those of `gone`."""
    held = {tuple(row) for row in connection.execute(select(*(table.c[name] for name in KEY)))}
    written = [_row(row) for row in rows]
    fresh = [row for row in written if (row["rule"], row["cascade"], row["route"]) not in held]
    known = [
        {**row, **{f"the_{name}": row[name] for name in KEY}}
        for row in written
        if (row["rule"], row["cascade"], row["route"]) in held
    ]
    mine = [table.c[name] == bindparam(f"the_{name}") for name in KEY]
    if fresh:
        connection.execute(insert(table), fresh)
    if known:
        values: dict[str, Any] = {name: bindparam(name) for name in COLUMNS if name not in KEY}
        slim = [{key: value for key, value in row.items() if key not in KEY} for row in known]
        connection.execute(update(table).where(*mine).values(values), slim)
    lost = [{f"the_{name}": part for name, part in zip(KEY, key, strict=True)} for key in gone]
    if lost:
        connection.execute(delete(table).where(*mine), lost)


def looked(connection: Connection) -> list[tuple[int, int]]:
    """Spans of time (epoch ms, both ends included) in which rules have been evaluated already."""
    kept = connection.execute(select(meta.c.value).where(meta.c.key == LOOKED)).scalar()
    return [(start, end) for start, end in json.loads(kept)] if kept else []


def save_looked(connection: Connection, spans: list[tuple[int, int]]) -> None:
    """Keeps them."""
    value = json.dumps(spans)
    if connection.execute(update(meta).where(meta.c.key == LOOKED).values(value=value)).rowcount == 0:
        connection.execute(insert(meta).values(key=LOOKED, value=value))


def _row(state: RuleState) -> dict[str, Any]:
    kept = {**state.detail, LIFE: state.life}
    values = {name: getattr(state, name) for name in COLUMNS if name != "detail"}
    return {**values, "detail": json.dumps(kept, ensure_ascii=False, allow_nan=False)}
