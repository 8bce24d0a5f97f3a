"""Names from outside never become a path of their own: over HTTP, for files of events, for eval sets."""

import gzip
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import pytest

from cascadewatch.cli import evalset_making
from cascadewatch.errors import InputError
from cascadewatch.replay.evalset import load
from cascadewatch.settings import Settings
from cascadewatch.settings.replaying import Replays
from collectors.files import Job, ingest
from tests.collectors.bad.asked import Asked, asking

NAMES = (
    "..", ".", "../x", "../../etc/passwd", "a/../../x", "..\\x", "..\\..\\x", "/etc/passwd", "//etc/passwd",
    "///x",
    "C:\\x", "\\\\server\\share", "file:///etc/passwd", "http://example.invalid/x", "~", "~root/.ssh/id_rsa",
    "$HOME/x",
    "%2e%2e%2fx", "..%2f..%2fx", "..%252fx", "..%c0%afx", "%00", "a\0b", "a\0.jsonl", "\0", "a\nb", "a\r\nb",
    "a b", " ", "-",
    "-rf", "--config=x", "*", "?", "a;b", "$(id)", "`id`", "|id", "CON", "nul.jsonl", "x" * 128,
    "\U0001f600" * 128,
    "\u202excod.jsonl", "\u2024\u2024/x", "\uff0e\uff0e/x", ".jsonl", "x.jsonl/", "link", "folder",
)  # fmt: skip


class Place(NamedTuple):
    """A folder with a file in it, a link that leads out, and a secret outside."""

    folder: Path
    secret: Path

    def files(self) -> set[str]:
        return {str(path.relative_to(self.folder.parent)) for path in self.folder.parent.rglob("*")}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    folder, secret = tmp_path / "sets", tmp_path / "secret"
    folder.mkdir()
    (folder / "folder").mkdir()
    secret.write_text("canary")
    (folder / "link").symlink_to(secret)
    return Place(folder, secret)


def shown(name: str) -> str:
    return f"{ascii(name)[:30]}/{len(name)}"


@pytest.mark.parametrize("name", NAMES, ids=shown)
def test_an_eval_set_of_events_lies_in_its_folder_whatever_the_cascade_is_called(
    place: Place, name: str
) -> None:
    chosen = evalset_making._place(Settings(replays=Replays(sets_dir=place.folder)), name)
    assert chosen.parent == place.folder
    assert os.path.normpath(chosen) == str(chosen)
    assert not set(chosen.name) & set("/\\\0\n")


def test_no_two_cascades_share_an_eval_set_and_plain_names_stay_as_they_are(place: Place) -> None:
    plain = ("support", "support-v2", "a_b", "a-b", "名前")
    names = [*plain, "a/b", "a b", "a\\b", "a//b", "-a-b-", "a.b", *NAMES, "\u540d" * 128, "\u540d" * 127]
    chosen = {
        name: evalset_making._place(Settings(replays=Replays(sets_dir=place.folder)), name) for name in names
    }
    assert len({path.name.casefold() for path in chosen.values()}) == len(chosen)
    assert [chosen[name].name for name in plain] == [f"{name}.jsonl" for name in plain]
    for path in chosen.values():
        path.touch()  # the system takes it


@pytest.mark.parametrize("name", NAMES, ids=shown)
def test_a_file_that_cannot_be_an_eval_set_is_an_error_in_words(place: Place, name: str) -> None:
    before = place.files()
    with pytest.raises(InputError) as refused:
        load(place.folder / name)
    assert "canary" not in str(refused.value)
    assert place.files() == before


@pytest.mark.parametrize("name", NAMES, ids=shown)
def test_a_file_that_cannot_hold_events_is_a_failure_of_its_own(
    place: Place, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place.folder)
    before = place.files()
    (found,) = ingest([f"./{name}"], Job(None, 1_795_262_400_000, 0, format="events"))
    assert found.failure or found.receipt.rejected == found.receipt.received
    assert place.files() == before


@pytest.fixture(scope="module")
def asked(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, now: int) -> Iterator[Asked]:
    path = tmp_path_factory.mktemp("names") / "cascadewatch.db"
    shutil.copy(sqlite_template, path)
    with asking(f"sqlite:///{path}", now) as one:
        yield one


@pytest.mark.parametrize("name", NAMES, ids=shown)
def test_over_http_a_name_finds_only_what_the_settings_have(asked: Asked, place: Place, name: str) -> None:
    before = place.files()
    path = quote(name, safe="")
    for route in (f"/v1/replays/{path}/run", f"/v1/rules/{path}/test"):
        assert asked("POST", route, b"{}").status_code in (404, 405)
    assert asked("GET", f"/v1/replays?replay={path}").status_code in (200, 400)
    assert "canary" not in asked("GET", f"/v1/events/{path}").text
    assert place.files() == before


DAMAGED = {
    "cut": gzip.compress(b"{}" * 5000)[:-20],
    "changed": gzip.compress(os.urandom(5000))[:200] + b"\xff" * 400,
    "no block": gzip.compress(b"{}")[:10] + b"\xff" * 400,
    "magic alone": b"\x1f\x8b",
    "bytes after it": gzip.compress(b"{}") + b"x",
    "a bomb": gzip.compress(b" " * 60_000_000),
    "NUL": b"\0" * 1000,
    "UTF-16": "{}".encode("utf-16"),
    "depth": b"[" * 100_000,
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_eval_set_is_an_error_in_words(place: Place, case: str) -> None:
    file = place.folder / "x.jsonl"
    file.write_bytes(DAMAGED[case])
    with pytest.raises(InputError) as refused:
        load(file)
    assert len(str(refused.value)) < 500
