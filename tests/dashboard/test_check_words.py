"""What a report says, in words: what the run cost, how precise the verifier was."""

from typing import Any

import pytest

from cascadewatch.store.reports import Report
from dashboard.check_words import spent
from dashboard.views.verifier_live import _precision as precision


@pytest.mark.parametrize(("usd", "said"), [(None, "cost unknown"), (0.0, "free"), (1.25, "spent $1.25")])
def test_an_unknown_cost_is_not_nothing(usd: float | None, said: str) -> None:
    body: dict[str, Any] = {"spent_usd": usd}
    assert spent(Report(1, 1, "nightly", None, 0, "unchanged", body)) == said


def test_precision_counts_parts_of_a_case() -> None:
    # Wrong answers were accepted in one of five repeats of one case, right ones rejected in half of one.
    found = precision({"false_accept": {"value": 0.04, "n": 5}, "false_escalate": {"value": 0.05, "n": 10}})
    assert found is not None
    assert (found["value"], found["n"]) == (pytest.approx(9.5 / 9.7), 10)
    assert (
        precision({"false_accept": {"value": 0.0, "n": 5}, "false_escalate": {"value": 1.0, "n": 10}}) is None
    )
