"""Whatever Postgres says went wrong: senders are told to come again, with nothing stored and nothing lost.

A trigger makes the real server raise each error while events are copied in.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from tests.collectors.api.conftest import serving
from tests.conftest import postgres_database

if TYPE_CHECKING:
    from tests.collectors.api.conftest import Api

EVENT = {"id": "e", "time": "2026-11-21T11:00:00Z", "cascade": "support", "attempts": [{"tier": "small"}]}
FAIL = """
CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file: no room' USING ERRCODE = '{}'; END $$;
CREATE OR REPLACE TRIGGER fail BEFORE INSERT ON events EXECUTE FUNCTION fail()
"""
FULL = "53100"
NOT_NOW = (
    *("08000", "08003", "08006"),  # the connection
    *("25006", "25P03", "25P04"),  # it became a standby; the transaction stood still, or lasted too long
    *("40001", "40P01", "55006", "55P03"),  # others were in the way
    *("53000", FULL, "53200", "53300", "53400"),  # disk, memory, connections, limits
    *("57000", "57014", "57P01", "57P02", "57P03", "57P04", "57P05"),  # shut down, cancelled, starting up
    *("54000", "58000", "58030", "58P01"),  # its limits, its machine
)
BROKEN = ("22P02", "23505", "42501", "42P01", "P0001", "XX000", "XX001", "XX002")


@pytest.fixture(scope="module")
def served(postgres_url: str, postgres_template: str, now: int) -> Iterator["Api"]:
    with postgres_database(postgres_url, postgres_template) as url, serving(url, now) as start:
        yield start()


@pytest.fixture
def fails(served: "Api") -> Iterator[Callable[[str], None]]:
    """Makes every event be answered with this error."""

    def every(code: str) -> None:
        with served.store.engine.begin() as connection:
            connection.exec_driver_sql(FAIL.format(code))

    yield every
    heal(served)


def heal(served: "Api") -> None:
    with served.store.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER IF EXISTS fail ON events")


def held(served: "Api") -> int:
    with served.store.reading() as connection:
        return int(connection.execute(text("SELECT count(*) FROM events")).scalar_one())


@pytest.mark.parametrize("code", [*NOT_NOW, *BROKEN])
def test_senders_are_told_to_come_again(served: "Api", fails: Callable[[str], None], code: str) -> None:
    fails(code)
    answer = served.post([EVENT])
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert ("no room" in answer.json()["error"]["message"]) == (code in NOT_NOW), "what is broken is logged"
    assert held(served) == 0


def test_a_full_disk_is_a_cause_not_to_be_ready_until_there_is_room(
    served: "Api", fails: Callable[[str], None]
) -> None:
    fails(FULL)
    assert "disk is full" in served.post([EVENT]).json()["error"]["message"]
    ready = served.get("/readyz")
    assert ready.status_code == 503
    assert "disk is full" in ready.json()["checks"]["disk"]
    heal(served)
    assert served.post([{**EVENT, "id": "after"}]).json()["accepted"] == 1
    assert served.get("/readyz").status_code == 200
