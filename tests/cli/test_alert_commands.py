"""`alerts`: episodes listed and acknowledged, silences, samples through real channels."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from cascadewatch.store import channel_states, episodes, silences
from cascadewatch.store.engine import Store

Run = Callable[..., Any]
HOUR = 3_600_000


@pytest.fixture
def store(run: Run, tmp_path: Path) -> Iterator[Store]:
    """The database that commands use in this folder."""
    assert run("db", "upgrade").code == 0
    opened = Store(f"sqlite:///{tmp_path / 'cascadewatch.db'}")
    yield opened
    opened.close()


def fire(store: Store, **values: Any) -> int:
    at = int(time.time() * 1000) - HOUR
    row = {
        "rule": "escalation-drift", "kind": "drift", "metric": "escalation_rate", "cascade": "support",
        "route": "", "direction": "up", "severity": "ticket", "state": "firing", "opened": at, "since": at,
        "acknowledged": None, "acknowledged_by": None, "updated": at,
        "detail": {"message": "about 36 % since an hour"},
    }  # fmt: skip
    with store.writing() as connection:
        return episodes.add(connection, row | values).id


class TestList:
    def test_what_fires_is_listed_with_its_sentence(self, run: Run, store: Store) -> None:
        number = fire(store)
        fire(store, cascade="coding", state="resolved", resolved=int(time.time() * 1000))
        text = run("alerts", "list").out
        assert "about 36 % since an hour" in text
        assert "coding" not in text
        assert [row["id"] for row in run("alerts", "list", "--json").json] == [number]

    def test_what_is_over_is_listed_on_request(self, run: Run, store: Store) -> None:
        fire(store, state="resolved", resolved=int(time.time() * 1000))
        fire(store, cascade="coding")
        assert len(run("alerts", "list", "--all", "--json").json) == 2
        assert len(run("alerts", "list", "--all", "--cascade", "support", "--json").json) == 1
        assert len(run("alerts", "list", "--all", "--limit", 1, "--json").json) == 1

    def test_that_nothing_fires_is_said(self, run: Run) -> None:
        assert run("alerts", "list").out == "Nothing fires.\n"
        assert run("alerts", "list", "--json").json == []

    def test_names_from_outside_cannot_rewrite_the_terminal(self, run: Run, store: Store) -> None:
        fire(store, cascade="a\x1b[2Jb", route="\x07", detail={"message": "\x1b]0;x"})
        assert "\x1b" not in run("alerts", "list").out


class TestAcknowledging:
    def test_it_is_kept_and_shown(self, run: Run, store: Store) -> None:
        number = fire(store)
        assert "is known" in run("alerts", "ack", number).out
        assert "firing, known" in run("alerts", "list").out
        assert run("alerts", "list", "--json").json[0]["acknowledged_by"] == "cli"

    def test_an_episode_that_is_not_there_is_refused(self, run: Run) -> None:
        run("alerts", "list")
        result = run("alerts", "ack", 99)
        assert (result.code, result.err) == (2, "cascadewatch: there is no episode 99\n")


class TestSilences:
    def test_one_lasts_as_long_as_asked(self, run: Run, store: Store) -> None:
        options = ["--cascade", "support", "--rule", "no-data", "--for", "4h", "--comment", "load test"]
        made = run("alerts", "silence", *options, "--json").json
        with store.reading() as connection:
            (kept,) = silences.active(connection, int(time.time() * 1000))
        assert (kept.id, kept.rule, kept.cascade, kept.comment) == (made["id"], *made_of(made))
        assert kept.ends - kept.starts == 4 * HOUR

    def test_what_is_silent_is_said(self, run: Run) -> None:
        assert run("alerts", "silence", "--for", "30m").out.startswith("Every rule on all cascades is silent")

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (["--for", "soon"], "--for"),
            (["--for", "1h", "--rule", "no-dta"], "did you mean no-data?"),
            (["--for", "1h", "--route", "faq"], "cascade"),
            (["--for", "1h", "--comment", "x" * 2001], "2000"),
        ],
    )
    def test_what_cannot_be_is_refused(self, run: Run, options: list[str], words: str) -> None:
        result = run("alerts", "silence", *options)
        assert result.code == 2
        assert words in result.err

    def test_it_is_listed_until_somebody_ends_it(self, run: Run) -> None:
        number = run("alerts", "silence", "--for", "30m", "--cascade", "support", "--json").json["id"]
        assert (
            run("alerts", "silences").out.splitlines()[1].split()[:5]
            == f"{number} Every rule on support".split()
        )
        assert run("alerts", "unsilence", number).out == f"silence {number} is over\n"
        assert run("alerts", "silences").out == "Nothing is silent.\n"
        assert run("alerts", "unsilence", 99).err == "cascadewatch: there is no silence 99\n"

    def test_a_cascade_that_nobody_sent_is_silenced_with_a_word(self, run: Run, log_file: Path) -> None:
        run("ingest", log_file)
        said = "There are no events of a cascade suport so far; did you mean support?\n"
        silence, export = ("alerts", "silence", "--for", "30m"), ("export", "--what", "events")
        listed = ("alerts", "list"), ("alerts", "list", "--json"), ("baseline", "show", "--json")
        for command in (silence, ("annotate", "x"), export, ("reprice",), *listed):
            result = run(*command, "--cascade", "suport")
            assert (result.code, result.err) == (0, said)
        assert run("baseline", "show", "--cascade", "suport").err.startswith(said)
        route = "There are no events of a route defualt so far; did you mean default?\n"
        assert run(*silence, "--cascade", "support", "--route", "defualt").err == route
        assert run("annotate", "x", "--cascade", "support").err == ""

    def test_a_silence_has_an_end(self, run: Run) -> None:
        result = run("alerts", "silence", "--cascade", "support")
        assert result.code == 2
        assert "--for" in result.err


def made_of(made: dict[str, Any]) -> tuple[Any, ...]:
    return made["rule"], made["cascade"], made["comment"]


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[Any], dict[str, int]]]:
    """A webhook on this machine: its address, what it took, and the status it answers with."""
    taken: list[Any] = []
    answer = {"status": 200}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(answer["status"])
            self.end_headers()
            self.wfile.write(b"ok" if answer["status"] == 200 else b"no_service")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the library names it
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook/secret-path", taken, answer
    server.shutdown()
    thread.join()
    server.server_close()


class TestSamples:
    @pytest.fixture(autouse=True)
    def settings(
        self, receiver: tuple[str, Any, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HOOK", receiver[0])
        monkeypatch.setenv("HOOK_SECRET", "s" * 32)
        slack = '[channel.team]\nkind = "slack"\nwebhook_url = "env:HOOK"\nallow_private = true\n'
        hook = '[channel.ops]\nkind = "webhook"\nurl = "env:HOOK"\nsecret = "env:HOOK_SECRET"\n'
        (tmp_path / "cascadewatch.toml").write_text(f"{slack}{hook}allow_private = true\n")

    def test_each_channel_takes_a_real_message(self, run: Run, receiver: Any) -> None:
        result = run("alerts", "test")
        assert result.code == 0, result.out
        assert [line.split() for line in result.out.splitlines()[1:]] == [
            ["team", "slack", "sent"],
            ["ops", "webhook", "sent"],
        ]
        assert len(receiver[1]) == 2
        assert "blocks" in str(receiver[1][0])

    def test_one_channel_can_be_named(self, run: Run, receiver: Any) -> None:
        assert run("alerts", "test", "ops", "--json").json == [
            {"channel": "ops", "kind": "webhook", "sent": True, "error": None}
        ]
        assert len(receiver[1]) == 1

    def test_a_refusal_is_told_without_the_secret_and_gives_1(self, run: Run, receiver: Any) -> None:
        receiver[2]["status"] = 404
        result = run("alerts", "test", "team")
        assert result.code == 1
        assert "404" in result.out
        assert "secret-path" not in result.out + result.err

    def test_a_channel_that_was_off_is_on_again(self, run: Run, store: Store) -> None:
        now = int(time.time() * 1000)
        with store.writing() as connection:
            channel_states.refused(connection, "team", now, "no_service")
        assert run("alerts", "test", "team").code == 0
        with store.reading() as connection:
            assert channel_states.state(connection, "team").works(now)

    def test_a_channel_that_is_not_there_is_named_with_the_nearest(self, run: Run) -> None:
        result = run("alerts", "test", "taem")
        assert result.code == 2
        assert "did you mean team?" in result.err


def test_without_a_channel_the_way_out_is_told(run: Run) -> None:
    result = run("alerts", "test")
    assert result.code == 2
    assert "[channel.NAME]" in result.err


def test_a_secret_that_is_missing_is_a_refusal(run: Run, tmp_path: Path) -> None:
    (tmp_path / "cascadewatch.toml").write_text(
        '[channel.team]\nkind = "slack"\nwebhook_url = "env:NOT_SET_ANYWHERE"\n'
    )
    result = run("alerts", "test")
    assert result.code == 1
    assert "NOT_SET_ANYWHERE" in result.out
