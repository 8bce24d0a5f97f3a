"""Which file a SQLite URL names, whatever letters are in its name and in the folders above it."""

from pathlib import Path

import pytest
from sqlalchemy import make_url

from cascadewatch.errors import ConfigError
from cascadewatch.settings import load
from cascadewatch.settings.values import sqlite_url

AWKWARD = ("C#", "a?b", "a%41b", "100%", "two words", "Zähler ☃", "a+b&c=d", "%25", "what?x=1")


def file_of(url: str) -> Path:
    return Path(str(make_url(url).database))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", AWKWARD)
def test_the_default_database_lies_in_the_folder_of_the_settings_whatever_its_name(
    tmp_path: Path, name: str
) -> None:
    folder = tmp_path / name
    folder.mkdir()
    (folder / "cascadewatch.toml").write_text("")
    settings = load(folder / "cascadewatch.toml", env={})
    assert file_of(settings.database_url) == folder / "cascadewatch.db"


@pytest.mark.parametrize("name", AWKWARD)
def test_a_url_handed_on_to_another_process_names_the_same_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / name / f"{name}.db"
    url = load(env={}, database_url=sqlite_url(path)).database_url
    assert file_of(url) == path
    assert load(env={"CASCADEWATCH_DATABASE_URL": url}).database_url == url


@pytest.mark.parametrize("name", ["C#", "two words", "Zähler ☃", "a+b&c=d", "100%"])
def test_what_means_nothing_else_in_a_url_needs_no_escape(tmp_path: Path, name: str) -> None:
    path = tmp_path / name / f"{name}.db"
    assert file_of(load(env={}, database_url=f"sqlite:///{path}").database_url) == path


def test_an_escape_stands_for_its_letter() -> None:
    url = load(env={}, database_url="sqlite:////data/a%20b/x%3F.db").database_url
    assert file_of(url) == Path("/data/a b/x?.db")


def test_options_are_no_part_of_the_name(tmp_path: Path) -> None:
    url = load(env={}, database_url="sqlite:///x.db?timeout=5&cache=shared").database_url
    assert file_of(url) == tmp_path / "x.db"
    assert url.endswith("?timeout=5&cache=shared")


@pytest.mark.parametrize("name", ["a?b", "what?.db", "what?", "a?b=c/x.db"])
def test_a_question_mark_without_options_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=r'^--db has a "\?".*write %3F for one in the name of a file'):
        load(env={}, database_url=f"sqlite:///{name}")


def test_a_percent_sign_that_is_in_the_name_of_what_is_there_is_asked_about(tmp_path: Path) -> None:
    (tmp_path / "a%41b").mkdir()
    with pytest.raises(ConfigError, match=r"^--db stands for .*/aAb/x.db; write %25 for a percent sign"):
        load(env={}, database_url="sqlite:///a%41b/x.db")
    (tmp_path / "aAb").mkdir()
    assert file_of(load(env={}, database_url="sqlite:///a%41b/x.db").database_url) == tmp_path / "aAb/x.db"
    written = load(env={}, database_url="sqlite:///a%2541b/x.db").database_url
    assert file_of(written) == tmp_path / "a%41b" / "x.db"
