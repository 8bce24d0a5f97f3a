"""Figures read from a longer time than the range on show say so in the reader's own time, if it matters."""

import time
from collections.abc import Iterator

import pytest

from cascadewatch.metrics.window import Window
from cascadewatch.model import Attempt, Event, Label, Verdict
from cascadewatch.moments import utc
from dashboard import reach
from dashboard.choice import Choice
from tests.dashboard.conftest import LookAt, Place, made
from tests.dashboard.mixed import page, words
from tests.metrics.windows import ORDER
from tests.model.events import NOON

MINUTE, HOUR = 60_000, 3_600_000
ZONE = "Asia/Kathmandu"  # 5:45 ahead of UTC


def read_from(start: int, end: int, hours: int) -> str | None:
    of = Window(NOON, NOON + hours * HOUR, {}, ORDER, labels_read=(start, end))
    return reach.wider(of, "labels", "Europe/Berlin")


def test_a_quarter_hour_more_than_a_day_is_not_worth_a_word() -> None:
    assert read_from(NOON - 7 * MINUTE, NOON + 24 * HOUR + 8 * MINUTE, 24) is None


def test_a_quarter_hour_more_than_an_hour_is_told_in_the_zone_of_the_page() -> None:
    assert read_from(NOON - 15 * MINUTE, NOON + HOUR, 1) == "read from Sat 21 Nov, 12:45 to Sat 21 Nov, 14:00"


def labelled(now: int) -> Iterator[Event]:
    """Two hours of escalations, each with a label of its cheap answer."""
    for i in range(60):
        rejected = Attempt("small", cost_usd=0.001, verdict=Verdict("reject", cost_usd=0.0))
        label = Label(0, i % 2 == 0, "executable")
        attempts = [rejected, Attempt("flagship", cost_usd=0.01)]
        yield Event(f"e{i}", utc(now - i * 2 * MINUTE), "support", attempts=attempts, labels=[label])


@pytest.fixture(scope="module")
def hour() -> int:
    """An hour that is over, on the clock."""
    now = time.time_ns() // 1_000_000
    return now - now % HOUR


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, hour: int) -> Place:
    found = made(tmp_path_factory.mktemp("labelled"), labelled(hour - 1), [])
    found.config.write_text(f'timezone = "{ZONE}"\n{found.config.read_text()}')
    return found


@pytest.mark.parametrize(("before", "told"), [(24 * 60 + 7, False), (37, True)])
def test_wasted_escalations_tell_it_only_of_a_short_range(
    place: Place, look_at: LookAt, hour: int, before: int, told: bool
) -> None:
    look_at(place)
    choice = Choice("support", fixed=(hour - before * MINUTE, hour), zone=ZONE)
    said = words(page("cost", **choice.query(ZONE)))
    assert " labels" in said
    note = f"read from {utc(hour + 5 * HOUR):%a %-d %b}, {utc(hour + 5 * HOUR):%H:%M} to"
    assert (note in said) is told
    assert ("read from" in said) is told
