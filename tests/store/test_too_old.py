"""Nothing is acknowledged that the next night would delete, also once the settings keep things longer."""

from typing import Any

from cascadewatch.settings.retention import Retention
from tests.model.events import NOON, accepted
from tests.store.aging import night
from tests.store.conftest import Open
from tests.store.opened import DAY

LONGER: dict[str, Any] = {"retention": Retention(rollup_days=800)}


def test_history_from_before_the_deleted_is_refused_although_the_settings_keep_it_now(opening: Open) -> None:
    opened = opening()
    opened.send(accepted("young"))
    night(opened)
    longer = opening(**LONGER)
    receipt = longer.send(
        accepted("old", at=NOON - 500 * DAY), accepted("new"), accepted("a", NOON - 399 * DAY)
    )
    assert (receipt.accepted, receipt.rejected) == (2, 1)
    [refused] = receipt.errors
    assert (refused.index, refused.id, refused.field) == (0, "old", "time")
    assert refused.reason.startswith("too_old: ")
    assert "deleted by retention" in refused.reason
    night(longer)
    assert longer.number("event_keys") == 3
    assert longer.broken() == {}


def test_an_id_that_is_still_known_is_a_duplicate_whatever_its_age(opening: Open) -> None:
    longer = opening(**LONGER)
    longer.send(accepted("old", at=NOON - 500 * DAY))
    night(longer, settings=opening().settings, stopped=lambda: True)
    receipt = longer.send(accepted("old", at=NOON - 500 * DAY), accepted("unknown", at=NOON - 500 * DAY))
    assert (receipt.duplicate, receipt.rejected) == (1, 1)
    assert longer.broken() == {}
