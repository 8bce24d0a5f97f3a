"""Names, words and numbers that attack, in every row that alerting keeps: they stay plain text."""

import pytest
from streamlit.testing.v1 import AppTest

from cascadewatch.store import episodes
from tests.dashboard.alarmed import hostile_alerting, write
from tests.dashboard.conftest import LookAt, Place
from tests.dashboard.hostile import CASCADES, STRINGS
from tests.dashboard.mixed import page
from tests.dashboard.test_incidents_page import copied
from tests.dashboard.test_pages import MARKDOWN


@pytest.fixture(scope="module")
def attacked(hostile: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = copied(hostile, tmp_path_factory.mktemp("attacked"))
    write(place, hostile_alerting(CASCADES, STRINGS))
    return place


@pytest.fixture(scope="module")
def numbers(attacked: Place) -> list[int]:
    found: list[int] = []
    write(attacked, lambda connection, now: found.extend(e.id for e in episodes.page(connection)))
    return sorted(found)


def clean(app: AppTest) -> None:
    """No Markdown says what somebody sent, and no cell begins like a formula."""
    assert not app.exception
    shown = [
        str(getattr(element, field, "") or "")
        for kind in (*MARKDOWN, "button", "badge", "toast", "popover", "page_link")
        for element in app.get(kind)
        for field in ("value", "label", "help", "body")
    ]
    assert shown
    assert [said for said in shown for bad in STRINGS if bad in said] == []
    cells = [c for t in app.dataframe for c in t.value.to_numpy().ravel() if isinstance(c, str)]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))] == []


@pytest.mark.parametrize("cascade", [None, *CASCADES])
def test_the_list_shows_attacks_as_they_are(attacked: Place, look_at: LookAt, cascade: str | None) -> None:
    look_at(attacked)
    clean(page("incidents", **({} if cascade is None else {"cascade": cascade})))


def test_every_episode_shows_attacks_as_they_are(
    attacked: Place, numbers: list[int], look_at: LookAt
) -> None:
    look_at(attacked)
    assert len(numbers) > len(STRINGS)
    for number in numbers:
        clean(page("incidents", episode=str(number)))


@pytest.mark.parametrize("name", ["overview", "cost", "traffic"])
@pytest.mark.parametrize("cascade", [None, *CASCADES])
def test_other_pages_show_episodes_without_their_words(
    attacked: Place, look_at: LookAt, name: str, cascade: str | None
) -> None:
    look_at(attacked)
    clean(page(name, **({} if cascade is None else {"cascade": cascade})))
