"""The documentation and the starter file say what the program does."""

import re
from pathlib import Path

import pytest

from cascadewatch.settings import Setting, Settings, load, reference, template

DOCS = Path(__file__).parents[1] / "docs" / "configuration.md"


@pytest.mark.parametrize("setting", reference(), ids=[f"{n}-{s.key}" for n, s in enumerate(reference())])
def test_every_key_is_documented_with_its_default_and_its_help(setting: Setting) -> None:
    default = setting.default if setting.default in ("required", "not set") else f"`{setting.default}`"
    assert f"| `{setting.key}` | {default} | {setting.help} |" in DOCS.read_text(encoding="utf-8")


def test_the_documentation_names_no_key_that_is_gone() -> None:
    documented = set(re.findall(r"^\| `([\w.]+)` \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE))
    assert documented == {setting.key for setting in reference()}


def test_every_key_has_one_sentence_of_help() -> None:
    for setting in reference():
        assert re.fullmatch(r"\S[^|\n]*\.", setting.help), setting.key


def test_the_starter_file_loads_and_changes_no_default(tmp_path: Path) -> None:
    file = tmp_path / "cascadewatch.toml"
    file.write_text(template())
    plain = Settings(database_url=f"sqlite:///{tmp_path}/cascadewatch.db")
    assert load(file, env={}) == plain


def test_every_line_offered_in_the_starter_file_is_valid(tmp_path: Path) -> None:
    offered = re.sub(r"^# (?=\[|\w+ = )", "", template(), flags=re.MULTILINE)
    file = tmp_path / "cascadewatch.toml"
    file.write_text(offered)
    settings = load(file, env={})
    assert settings.cascade["support"].tiers == ("small", "flagship")
    assert settings.rule[0].channels == ("team",)
    assert settings.channel["mail"].kind == "email"
    assert settings.price[0].model == "my-own-model"
    assert settings.ingest.allowed_hosts == ("monitor.example.com",)
