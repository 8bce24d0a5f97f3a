"""A question about a database never rewrites it, whatever zone the settings beside it name."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cascadewatch.store.zone import local_days
from tests.model.events import NOON, accepted
from tests.store.opened import Opened, settings_for

Run = Callable[..., Any]
HELD = "sqlite:///held.db"


@pytest.fixture
def served(tmp_path: Path, now: int) -> Opened:
    """A database served in Europe/Berlin."""
    opened = Opened(settings_for(f"sqlite:///{tmp_path}/held.db", timezone="Europe/Berlin"), now)
    opened.send(accepted("a"))
    opened.close()
    return opened


def days(opened: Opened) -> set[int]:
    return {row["bucket"] for row in opened.rows("rollup_events_day")}


@pytest.mark.parametrize("zone", ["", 'timezone = "Asia/Kolkata"'], ids=["unnamed", "another"])
@pytest.mark.parametrize("command", ["report", "status", "verify", "annotate here"])
def test_a_command_leaves_the_days_to_whoever_serves(
    run: Run, served: Opened, tmp_path: Path, command: str, zone: str
) -> None:
    (tmp_path / "cascadewatch.toml").write_text(zone)
    before = {name: served.rows(name) for name in ("meta", "rollup_events_day")}
    assert run(*command.split(), "--db", HELD).code == 0
    assert {name: served.rows(name) for name in before} == before


def test_a_rebuild_makes_them_anew_for_the_zone_that_is_named(
    run: Run, served: Opened, tmp_path: Path
) -> None:
    assert run("db", "rebuild", "--db", HELD).code == 0
    assert days(served) == {local_days("Europe/Berlin")(NOON)}
    (tmp_path / "cascadewatch.toml").write_text('timezone = "Asia/Kolkata"')
    assert run("db", "rebuild", "--db", HELD).code == 0
    assert days(served) == {local_days("Asia/Kolkata")(NOON)}
    assert run("verify", "--db", HELD).code == 0
