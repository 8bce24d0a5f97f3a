"""What no page may contain: ways to show markup, and requests that act."""

import ast
from pathlib import Path

import pytest

from dashboard.config import CONFIG

DASHBOARD = Path(__file__).parents[2] / "dashboard"
FILES = sorted(DASHBOARD.rglob("*.py"))
BANNED = {"html", "iframe", "components", "echo", "balloons", "exception"}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(DASHBOARD)))
def test_no_page_shows_markup(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "st"
    }
    keywords = {k.arg for node in ast.walk(tree) if isinstance(node, ast.Call) for k in node.keywords}
    assert not used & BANNED
    assert "unsafe_allow_html" not in keywords


def test_the_entry_file_is_navigation_only() -> None:
    assert len((DASHBOARD / "app.py").read_text(encoding="utf-8").splitlines()) <= 40


def test_every_option_is_one_of_streamlits() -> None:
    from streamlit import config

    known = set(config.get_config_options())
    assert {key for key in CONFIG if key not in known} == set()


def test_nothing_is_told_to_anybody() -> None:
    assert CONFIG["browser.gatherUsageStats"] is False
    assert CONFIG["client.showErrorDetails"] == "none"
    assert CONFIG["server.enableXsrfProtection"] is True
    assert CONFIG["server.enableCORS"] is True
    assert CONFIG["server.enableStaticServing"] is False
    assert CONFIG["server.enableAgentApi"] is False
