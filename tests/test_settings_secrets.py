"""Secrets are read from where the settings say, when they are needed, and never shown."""

from pathlib import Path

import pytest

from cascadewatch.errors import ConfigError
from cascadewatch.settings import Secret, load


def caller_key(folder: Path, place: str, env: dict[str, str]) -> Secret:
    file = folder / "cascadewatch.toml"
    file.write_text(f'caller_key = "{place}"')
    secret = load(file, env=env).caller_key
    assert secret is not None
    return secret


def test_a_secret_from_the_environment(tmp_path: Path) -> None:
    assert caller_key(tmp_path, "env:KEY", {"KEY": "hunter2"}).reveal() == "hunter2"


def test_a_secret_from_a_file_beside_the_settings_without_its_last_line_break(tmp_path: Path) -> None:
    (tmp_path / "caller.key").write_text("hunter2\n")
    assert caller_key(tmp_path, "file:caller.key", {}).reveal() == "hunter2"


def test_a_secret_from_an_absolute_file(tmp_path: Path) -> None:
    (tmp_path / "caller.key").write_text("hunter2")
    folder = tmp_path / "etc"
    folder.mkdir()
    assert caller_key(folder, f"file:{tmp_path}/caller.key", {}).reveal() == "hunter2"


def test_a_secret_is_read_when_it_is_needed_not_when_the_settings_are(tmp_path: Path) -> None:
    env: dict[str, str] = {}
    secret = caller_key(tmp_path, "env:KEY", env)
    env["KEY"] = "later"
    assert secret.reveal() == "later"


def test_a_secret_made_without_an_environment_reads_that_of_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SOME_KEY", "hunter2")
    assert Secret("env", "SOME_KEY").reveal() == "hunter2"


def test_its_repr_names_the_place_and_not_the_secret(tmp_path: Path) -> None:
    secret = caller_key(tmp_path, "env:KEY", {"KEY": "hunter2"})
    assert repr(secret) == "Secret(kind='env', name='KEY')"


@pytest.mark.parametrize(
    ("place", "env", "sentence"),
    [
        ("env:KEY", {}, "Environment variable KEY is not set"),
        ("env:KEY", {"KEY": " "}, "Environment variable KEY is empty"),
        ("file:none.key", {}, r"Secret file .*none\.key cannot be read: No such file"),
        ("file:empty.key", {}, r"Secret file .*empty\.key is empty"),
        ("file:binary.key", {}, r"Secret file .*binary\.key is not UTF-8 text"),
    ],
)
def test_a_secret_that_cannot_be_had_is_told_by_its_place(
    place: str, env: dict[str, str], sentence: str, tmp_path: Path
) -> None:
    (tmp_path / "empty.key").write_text("\n")
    (tmp_path / "binary.key").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=sentence):
        caller_key(tmp_path, place, env).reveal()
