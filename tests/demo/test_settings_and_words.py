"""The settings the demo runs with, and what it says of itself."""

import tomllib
from typing import TYPE_CHECKING

import pytest

from cascadewatch.demo import describe, recorded, settings_toml

if TYPE_CHECKING:
    from tests.demo.conftest import Month

SETTINGS = tomllib.loads(settings_toml())


def test_each_cascade_has_tiers_objective_and_quality_bar(month: "Month") -> None:
    assert set(SETTINGS["cascade"]) == {e.cascade for e in month.events}
    for section in SETTINGS["cascade"].values():
        assert section["tiers"] == ["small", "flagship"]
        assert 0 < section["objective"] < 1
        assert 0 < section["quality_bar"] < 1


def test_each_model_of_the_month_has_a_price(month: "Month") -> None:
    models = {a.model for e in month.events for a in e.attempts if a.kind == "model"}
    assert {p["model"] for p in SETTINGS["price"]} == models


def test_prices_reproduce_every_recorded_bill() -> None:
    price = {p["model"]: p for p in SETTINGS["price"]}
    for item in (*recorded.prime_items("before"), *recorded.prime_items("after")):
        for answer in (item.cheap, item.flagship):
            per_million = price[answer.model]
            micro = (answer.usage.input or 0) * per_million["input_usd_per_1m"]
            micro += (answer.usage.output or 0) * per_million["output_usd_per_1m"]
            assert micro / 1e6 == pytest.approx(answer.cost_usd, abs=1e-9)


def test_description_says_what_is_recorded_and_what_is_arranged() -> None:
    recorded_part, arranged_part = describe().split("Arranged:")
    assert "Recorded:" in recorded_part
    for cascade in SETTINGS["cascade"]:
        assert cascade in arranged_part
