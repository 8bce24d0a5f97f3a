"""What a run cost, in words."""

from typing import Any

import pytest

from cascadewatch.store.reports import Report
from dashboard.check_words import spent


@pytest.mark.parametrize(("usd", "said"), [(None, "cost unknown"), (0.0, "free"), (1.25, "spent $1.25")])
def test_an_unknown_cost_is_not_nothing(usd: float | None, said: str) -> None:
    body: dict[str, Any] = {"spent_usd": usd}
    assert spent(Report(1, 1, "nightly", None, 0, "unchanged", body)) == said
