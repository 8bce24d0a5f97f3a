"""A table's own download button escapes nothing, so no cell that a sender chose may reach one raw."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from cascadewatch.spreadsheet import SKIPPED, TRIGGERS
from tests.dashboard.alarmed import hostile_alerting, write
from tests.dashboard.conftest import LookAt, Place
from tests.dashboard.hostile import CASCADES, STRINGS
from tests.dashboard.mixed import page
from tests.dashboard.replayed_place import replayed
from tests.dashboard.test_incidents_page import copied

DASHBOARD = Path(__file__).parents[2] / "dashboard"
EXPORTING = {"dataframe", "table", "data_editor"}  # of Streamlit: what draws cells that can be saved
LONG = {"range": "30d"}
LOOKS: tuple[tuple[str, dict[str, str]], ...] = (
    ("overview", {}), ("cost", LONG), ("traffic", LONG), ("quality", LONG), ("verifier", LONG),
    ("replays", {}), ("replays", {"report": "2"}), ("incidents", {}), ("sources", {}),
)  # fmt: skip


def drawing(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and node.attr in EXPORTING and ast.unparse(node.value) == "st":
            yield f"{path.relative_to(DASHBOARD)}: st.{node.attr}"


def test_tables_are_drawn_in_one_place_which_defuses() -> None:
    assert [found for path in sorted(DASHBOARD.rglob("*.py")) for found in drawing(path)] == [
        "widgets.py: st.dataframe"
    ]


@pytest.fixture(scope="module")
def attacked(hostile: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Names that attack in events, rules, episodes, deliveries and reports."""
    place = copied(hostile, tmp_path_factory.mktemp("cells"))
    config = place.config.read_text(encoding="utf-8")
    place.config.write_text(config.partition("[cascade.")[0], encoding="utf-8")
    replayed(place, bad=STRINGS, cascade=CASCADES[1])
    write(place, hostile_alerting(CASCADES, STRINGS))
    return place


@pytest.mark.parametrize(("name", "query"), LOOKS)
def test_no_cell_of_any_page_starts_like_a_formula(
    attacked: Place, look_at: LookAt, name: str, query: dict[str, str]
) -> None:
    look_at(attacked)
    app = page(name, **query, **({} if "report" in query else {"cascade": CASCADES[1]}))
    assert not app.exception
    texts = [
        text
        for table in app.dataframe
        for text in (*table.value.columns, *table.value.to_numpy().ravel())
        if isinstance(text, str)
    ]
    assert [text for text in texts if text.lstrip(SKIPPED).startswith(TRIGGERS)] == []
    if name in ("cost", "traffic", "incidents"):
        assert any("HYPERLINK" in text for text in texts), "the attack is on this page"
