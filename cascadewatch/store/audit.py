"""Who did what to the installation: one row for each act, written in the transaction of the act.

    record(connection, actor, "key.revoke", "checkout", now, before=…, after=…)

Rows are added and never changed; retention drops those that are too old. An act that changes nothing leaves
none.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, insert, select

from cascadewatch.store import dialect
from cascadewatch.store.tables import audit as table

Via = Literal["key", "user", "local", "command", "itself"]
Values = Mapping[str, Any]

MASK = "•••"
LONGEST = 4_000  # characters of a text inside `before` and `after`
_SECRET_NAMES = frozenset(
    ("authorization", "hash", "key", "passphrase", "password", "secret", "token", "webhook")
)
_SECRETS = re.compile(r"cw_[0-9a-f]{8}_[\w-]+|(?<=://)[^/?#\s@]+(?=@)|(?i:(?<=bearer )\S+)")


class Actor(NamedTuple):
    """Who acts, and by what they are known.

    `via` is `key` (the name of a key), `user` (a person signed in to the dashboard), `local` (the API
    where it asks for no keys), `command` (a user of the machine) or `itself` (the program).
    """

    name: str
    via: Via

    @property
    def author(self) -> str:
        """Under which name what they do is shown elsewhere."""
        return "cli" if self.via == "command" else self.name


ITSELF = Actor("cascadewatch", "itself")


class Act(NamedTuple):
    """One row. `time` is epoch ms; `before` and `after` are what the act changed, None where it made or
    removed it."""

    seq: int
    time: int
    who: str
    via: str
    act: str
    subject: str
    before: Any
    after: Any

    def shown(self) -> dict[str, Any]:
        """The row as the API and `--json` show it."""
        from cascadewatch.store.reads.json_rows import row_json  # brings along what ingest does not need

        values = self._asdict()
        return row_json({"id": values.pop("seq"), **values})


def record(
    connection: Connection,
    actor: Actor,
    act: str,
    subject: str,
    now: int,
    *,
    before: Values | None = None,
    after: Values | None = None,
) -> int:
    """Writes an act down, to be committed with what it did; its number."""
    seq = dialect.take_sequence(connection, "audit", 1)
    connection.execute(
        insert(table).values(
            seq=seq, time=now, who=actor.name, via=actor.via, act=act, subject=str(masked(subject)),
            before=_written(before), after=_written(after),
        )
    )  # fmt: skip
    return seq


def acts(
    connection: Connection,
    *,
    start: int | None = None,
    end: int | None = None,
    limit: int = 50,
    before: int | None = None,
) -> list[Act]:
    """What was done from `start` up to `end` (epoch ms), newest first; `before` is the number of a row."""
    found = select(table).order_by(table.c.seq.desc()).limit(limit)
    if start is not None:
        found = found.where(table.c.time >= start)
    if end is not None:
        found = found.where(table.c.time < end)
    if before is not None:
        found = found.where(table.c.seq < before)
    return [_act(row) for row in connection.execute(found)]


def masked(value: Any) -> Any:
    """The value without secrets: what stands under the name of one, a key of ours, the user of a URL.

    >>> masked({"api_key": "x", "url": "postgresql://me:pw@db/x", "scopes": ["read"]})
    {'api_key': '•••', 'url': 'postgresql://•••@db/x', 'scopes': ['read']}
    """
    if isinstance(value, Mapping):
        return {
            name: MASK if inner is not None and _is_secret(str(name)) else masked(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [masked(one) for one in value]
    return _SECRETS.sub(MASK, value)[:LONGEST] if isinstance(value, str) else value


def _act(row: Any) -> Act:
    told = (row.seq, row.time, row.who, row.via, row.act, row.subject)
    return Act(*told, _read(row.before), _read(row.after))


def _is_secret(name: str) -> bool:
    return not _SECRET_NAMES.isdisjoint(name.lower().replace("-", "_").split("_"))


def _written(values: Values | None) -> str | None:
    if values is None:
        return None
    return json.dumps(masked(values), ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _read(text: str | None) -> Any:
    return None if text is None else json.loads(text)
