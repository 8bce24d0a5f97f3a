"""How columns of tables show their numbers."""

import pytest

from dashboard import tables


@pytest.mark.parametrize(
    ("values", "form"),
    [
        ([1_234_567.89, 3.2], "dollar"),
        ([0.0, None], "dollar"),
        ([0.25, 0.1], "$%.3f"),
        ([0.00123, None], "$%.5f"),
    ],
)
def test_amounts_from_a_dollar_on_have_thousands_and_smaller_ones_more_decimals(
    values: list[float | None], form: str
) -> None:
    assert tables.usd("Cost", values)["type_config"]["format"] == form
