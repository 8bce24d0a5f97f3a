"""Callers hashed with a former key are not said to be held no more."""

from pathlib import Path

from tests.cli.conftest import Run


def with_key(folder: Path, key: str) -> None:
    (folder / "key").write_text(key)
    (folder / "cascadewatch.toml").write_text('caller_key = "file:key"\n')


def test_a_changed_key_is_told_until_the_former_one_is_back(run: Run, tmp_path: Path, log_file: Path) -> None:
    with_key(tmp_path, "a" * 40)
    assert run("ingest", log_file).code == 0
    assert "another than before" not in run("callers", "find", "tenant-42").err
    with_key(tmp_path, "b" * 40)
    forgotten = run("callers", "forget", "tenant-42")
    assert "Nothing is held of this caller under the key of now." in forgotten.out
    assert "caller_key is another than before" in forgotten.err
    assert run("callers", "find", "tenant-42", "--json").json["key_changed"]
    with_key(tmp_path, "a" * 40)  # the one that callers are stored with all the time
    assert "another than before" not in run("ingest", log_file).err
