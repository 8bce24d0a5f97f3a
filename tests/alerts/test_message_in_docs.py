"""The message that docs/alerts.md shows is one that is sent."""

import re
from pathlib import Path

from tests.alerts.told import episode, item

PAGE = Path(__file__).parents[2] / "docs" / "alerts.md"


def test_the_example_is_what_a_rise_is_told_with() -> None:
    section = PAGE.read_text(encoding="utf-8").partition("\n## Reading a message\n")[2].partition("\n### ")[0]
    shown = " ".join(" ".join(re.findall(r"^> ?(.*)$", section, re.MULTILINE)).split())
    said = item(episode())
    assert shown == " ".join([f"**{said.title}**", *(f"*{label}:* {text}" for label, text in said.facts)])
