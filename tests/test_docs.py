"""The pages for people: links lead somewhere, and every page is reachable."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted(str(path.relative_to(ROOT)) for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
CATEGORIES = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def prose(page: str) -> str:
    """The page without code blocks and comments."""
    text = (ROOT / page).read_text()
    return re.sub(r"^```.*?^```|<!--.*?-->", "", text, flags=re.DOTALL | re.MULTILINE)


def links(page: str) -> Iterator[tuple[Path, str]]:
    """File and anchor of each link that stays inside the project."""
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if "://" not in target and not target.startswith("mailto:"):
            path, _, anchor = target.partition("#")
            yield (ROOT / page).parent / path if path else ROOT / page, anchor


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", prose(str(path.resolve().relative_to(ROOT.resolve()))), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    broken = [
        f"{path.name}#{anchor}"
        for path, anchor in links(page)
        if not path.exists() or (anchor and anchor not in anchors(path))
    ]
    assert broken == []


def test_every_page_is_reachable_from_the_readme() -> None:
    reached, waiting = set(), {"README.md"}
    while waiting:
        page = waiting.pop()
        reached.add(page)
        found = {str(path.resolve().relative_to(ROOT.resolve())) for path, _ in links(page) if path.exists()}
        waiting |= {path for path in found if path in PAGES} - reached
    assert set(PAGES) - reached == set()


def test_the_changelog_opens_with_what_is_not_yet_released() -> None:
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "Unreleased"


def test_the_changelog_sorts_by_the_usual_categories() -> None:
    found = re.findall(r"^### (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert set(found) <= CATEGORIES
