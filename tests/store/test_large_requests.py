"""A large request, whose rows go many to a statement, leaves what the same events leave one by one."""

from typing import Any

import pytest

from cascadewatch.model import Event, Usage
from tests.model.events import NOON, attempt, event
from tests.store.conftest import Fresh
from tests.store.opened import Opened

TOKENS = Usage(input=700, cache_read=100, output=70)


def plain(n: int) -> Event:
    """One of many that leave the same columns empty."""
    return event(f"event-{n}", attempt("small", "accept", usage=TOKENS), at=NOON - n * 7_000)


def varied(n: int) -> Event:
    """One of many of which hardly two leave the same columns empty."""
    small = attempt(
        "small", ("accept", "reject", "timeout")[n % 3], usage=TOKENS if n % 5 else None,
        latency_ms=n % 900 if n % 4 else None,
    )  # fmt: skip
    tries = [small] if n % 3 == 0 else [small, attempt("flagship", usage=TOKENS if n % 7 else None)]
    return event(
        f"event-{n}", *tries, at=NOON - n * 7_000, route=f"route-{n % 3}",
        caller=f"tenant-{n % 11}" if n % 2 else None, revision="r1" if n % 6 else None,
    )  # fmt: skip


def rows(opened: Opened, table: str) -> list[dict[str, Any]]:
    kept = [dict(row) for row in opened.rows(table)]
    return sorted(kept, key=lambda row: (row.get("seq") or row["event"], row.get("position", 0)))


@pytest.mark.parametrize("make", [plain, varied])
@pytest.mark.parametrize("size", [99, 100, 230])
def test_one_large_request_leaves_what_many_small_ones_do(fresh: Fresh, make: Any, size: int) -> None:
    sent = [make(n) for n in range(size)]
    with fresh(tiers=("small", "flagship")) as once, fresh(tiers=("small", "flagship")) as singly:
        assert once.send(*sent).accepted == size
        assert sum(singly.send(one).accepted for one in sent) == size
        for table in ("events", "attempts"):
            assert rows(once, table) == rows(singly, table)
        assert once.rollups() == singly.rollups()
        assert once.broken() == {}
