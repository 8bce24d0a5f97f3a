"""How long silence may last."""

import pytest

from cascadewatch.drift.gap import longest_silence
from cascadewatch.drift.hours import HOUR_MS


@pytest.mark.parametrize(("per_hour", "hours"), [(1000.0, 1), (20.0, 1), (10.0, 2), (1.0, 20), (0.5, 40)])
def test_twenty_spacings_and_an_hour_at_least(per_hour: float, hours: int) -> None:
    assert longest_silence(per_hour) == hours * HOUR_MS


def test_a_stream_that_expects_nothing_is_never_silent() -> None:
    assert longest_silence(0.0) is None
