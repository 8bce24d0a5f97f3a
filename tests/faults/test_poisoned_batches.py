"""One bad event in a batch of a thousand, of each kind, at each of ten places; the short form is in
tests/collectors/api/test_events.py."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.collectors.api.conftest import Api, serving
from tests.collectors.api.test_events import FIELDS, POISONS

SIZE = 1_000
PLACES = (0, 1, 17, 99, 100, 499, 500, 750, 998, 999)


@pytest.fixture
def api(store_url: str, now: int) -> Iterator[Api]:
    with serving(store_url, now) as start:
        yield start()


def event(name: str) -> dict[str, Any]:
    tries = [{"tier": "small", "usage": {"input": 5, "output": 1}, "cost_usd": 0.001,
              "verdict": {"outcome": "accept", "mechanism": "schema"}}]  # fmt: skip
    return {"id": f"e-{name}", "time": "2026-11-21T11:59:00Z", "cascade": "support", "attempts": tries}


@pytest.mark.soak
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("poison", POISONS)
def test_each_poison_at_each_place(api: Api, poison: str) -> None:
    spoil: Callable[[dict[str, Any]], object] = POISONS[poison]
    for place in PLACES:
        batch = [event(f"{place}-{n}") for n in range(SIZE)]
        spoil(batch[place])
        answer = api.post(batch).json()
        assert (answer["accepted"], answer["rejected"]) == (SIZE - 1, 1)
        assert [(e["index"], e["field"]) for e in answer["errors"]] == [(place, FIELDS[poison])]
        again = api.post(batch).json()
        assert (again["accepted"], again["duplicate"], again["rejected"]) == (0, SIZE - 1, 1)
