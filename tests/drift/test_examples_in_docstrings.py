"""The examples in the docstrings of diagnosis and of its words hold."""

import doctest
from importlib import import_module

import pytest

MODULES = (
    "alerts.changes",
    "cascadewatch.drift.appearances",
    "cascadewatch.drift.diagnosis.cause",
    "cascadewatch.drift.diagnosis.concentration",
    "cascadewatch.drift.diagnosis.spoken",
    "cascadewatch.drift.diagnosis.view",
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_hold(name: str) -> None:
    found = doctest.testmod(import_module(name))
    assert found.attempted
    assert not found.failed
