"""The pages for people: links lead somewhere, and every page is reachable."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from alerts.channels import CHANNELS
from alerts.lifecycle import State
from alerts.rules import DEFAULTS, DRIFT_METRICS
from cascadewatch.drift.diagnosis.cause import KEYS
from cascadewatch.jobs import JOBS
from cascadewatch.settings.alerting import Kind

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


ALERTS = (ROOT / "docs" / "alerts.md").read_text()


@pytest.mark.parametrize("rule", [rule.name for rule in DEFAULTS])
def test_each_default_rule_is_explained(rule: str) -> None:
    assert re.search(rf"^\| `{rule}` \| `\w+` \| \w+.{{20,}} \|$", ALERTS, re.MULTILINE)


def test_the_rules_explained_as_default_are_those() -> None:
    table = ALERTS.partition("## The default rules")[2].partition("\n## ")[0]
    kinds = dict(re.findall(r"^\| `([\w-]+)` \| `(\w+)` \|", table, re.MULTILINE))
    assert kinds == {rule.name: rule.kind for rule in DEFAULTS}


@pytest.mark.parametrize("name", sorted({*get_args(Kind), *get_args(State)}))
def test_each_kind_and_each_state_of_a_rule_is_explained(name: str) -> None:
    assert re.search(rf"^\| `{name}` \| .{{15,}} \|$", ALERTS, re.MULTILINE)


@pytest.mark.parametrize("cause", KEYS)
def test_each_cause_of_a_diagnosis_is_explained(cause: str) -> None:
    assert re.search(rf"^\| `{cause}` \| .{{15,}} \|$", ALERTS, re.MULTILINE)


@pytest.mark.parametrize("metric", DRIFT_METRICS)
def test_each_rate_that_drift_can_watch_is_named(metric: str) -> None:
    assert f"`{metric}`" in ALERTS


@pytest.mark.parametrize("kind", CHANNELS)
def test_each_kind_of_channel_has_a_section_with_an_example(kind: str) -> None:
    page = (ROOT / "docs" / "channels.md").read_text()
    assert re.search(rf'^```toml\n(?:(?!```).)*^kind = "{kind}"', page, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("job", [job.name for job in JOBS])
def test_each_scheduled_job_is_explained(job: str) -> None:
    page = (ROOT / "docs" / "processes.md").read_text()
    assert re.search(rf"^\| `{job}` \| .+ \| .{{15,}} \|$", page, re.MULTILINE)
