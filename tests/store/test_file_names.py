"""A database is the file that was named, whatever letters are in its name and in the folders above it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cascadewatch.settings.values import sqlite_url
from cascadewatch.store import backup, migrate, recovery
from cascadewatch.store.engine import Store
from cascadewatch.store.verify import verify
from tests.model.events import accepted
from tests.store.opened import Opened, settings_for

AWKWARD = ("C# & more", "a?b", "a%41b", "100% Zähler ☃", "what?mode=rw#x")


@pytest.fixture(params=AWKWARD)
def path(request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path) -> Path:
    """A database whose folder and file have the same awkward name; a copy of an empty one."""
    name: str = request.param
    folder = tmp_path / name
    folder.mkdir()
    made = folder / f"{name}.db"
    shutil.copyfile(sqlite_template, made)
    return made


@pytest.fixture
def opened(path: Path, now: int) -> Iterator[Opened]:
    one = Opened(settings_for(sqlite_url(path)), now)
    one.send(accepted("e-1", at=now - 1))
    yield one
    one.close()


def test_what_is_written_is_read_and_nothing_lies_elsewhere(opened: Opened, path: Path, now: int) -> None:
    assert opened.store.path == path
    assert opened.number("events") == 1
    assert verify(opened.store, opened.settings)["ok"]
    assert [each.name for each in path.parent.parent.iterdir()] == [path.parent.name]
    assert all(each.name.startswith(path.name) for each in path.parent.iterdir())


def test_a_backup_is_of_that_file_and_can_be_put_back(opened: Opened, path: Path, now: int) -> None:
    made = backup.back_up(opened.settings, path, backup.named(path.parent, path, now, None))
    assert (made.verified, made.events) == (True, 1)
    assert backup.names(path.parent, path, None) == [made.path]
    opened.close()
    restored = recovery.restore(opened.settings, made.path, path, replace=True)
    assert restored.events == 1


def test_an_upgrade_backs_up_that_file(path: Path, now: int) -> None:
    store = Store(sqlite_url(path))
    with store.writing() as connection:
        migrate.run(connection, "0004")
    migrate.prepare(store, settings_for(sqlite_url(path)), now)
    store.close()
    (copy,) = path.parent.glob("*.bak")
    assert copy.name.startswith(f"{path.name}.0004.")
    assert backup.check(copy, copy, backup.silent) == "0004"


def test_the_migrations_too_may_lie_in_any_folder(
    tmp_path: Path, now: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(Path(__file__).parents[2] / "migrations", tmp_path / "100%" / "migrations")
    monkeypatch.setattr(migrate, "files", lambda _: folder)
    url = sqlite_url(tmp_path / "x.db")
    store = Store(url)
    migrate.prepare(store, settings_for(url), now)
    with store.reading() as connection:
        assert migrate.revision(connection) == migrate.HEAD
    store.close()
