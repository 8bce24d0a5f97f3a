"""Every command that changes what counts leaves exactly one row of the audit; the others leave none."""

import getpass
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cascadewatch.model import Attempt, Event, Usage, Verdict
from cascadewatch.moments import utc
from cascadewatch.pricing import PriceBook
from cascadewatch.settings import load
from cascadewatch.store import episodes, migrate
from cascadewatch.store.audit import acts
from cascadewatch.store.engine import Store
from cascadewatch.store.opening import open_store
from cascadewatch.store.receipt import Batch
from cascadewatch.store.writes import Writer
from tests.cli.test_every_command import COMMANDS, DOCS

Run = Callable[..., Any]
HOUR, DAY = 3_600_000, 86_400_000
SETTINGS = """
[[price]]
model = "small-1"
input_usd_per_1m = 1
output_usd_per_1m = 1

[channel.team]
kind = "slack"
webhook_url = "file:hook"

[verifier.recorded]
kind = "recorded"
threshold = 0.5

[replay.judge-check]
eval_set = "set.jsonl"
answers = "cheap"
verifier = "recorded"
grader = "recorded"
"""
FLAGSHIP = '[[price]]\nmodel = "flagship-1"\ninput_usd_per_1m = 10\noutput_usd_per_1m = 10\n'

# How each is called, the act, and what it is done to.
ACTS: dict[str, tuple[list[str], str, str]] = {
    "annotate": (["prompt v7", "--deploy"], "annotate", "1"),
    "keys create": (["checkout", "--scope", "ingest"], "key.create", "checkout"),
    "keys rotate": (["old"], "key.rotate", "old"),
    "keys revoke": (["old"], "key.revoke", "old"),
    "alerts ack": (["1"], "episode.acknowledge", "1"),
    "alerts silence": (["--for", "4h"], "silence.create", "1"),
    "alerts unsilence": (["1"], "silence.end", "1"),
    "alerts test": ([], "alerts.test", "all channels"),
    "baseline pin": (["--cascade", "support", "--now"], "baseline.pin", "escalation_rate / support"),
    "verifier": (["judge-check", "--baseline"], "replay.pin", "judge-check"),
    "reprice": (["--yes"], "reprice", "all cascades"),
    "quarantine accept": (["1"], "quarantine.accept", "local/0"),
    "callers forget": (["tenant-42"], "caller.forget", ""),  # the hash
    "export": (["--what", "annotations"], "export", "annotations"),
    "db upgrade": ([], "db.upgrade", "database"),
    "db rebuild": ([], "db.rebuild", "rollups"),
    "db prune": ([], "db.prune", "rows"),
    "backup": (["copy.db"], "backup", "copy.db"),
    "restore": (["copy.db", "--replace", "--no-verify"], "restore", "copy.db"),
}
REST = {
    *("init", "demo", "up", "serve", "worker", "dashboard"),  # begin something; what they do has its own rows
    "ingest",  # events have their counters
    "replay",  # as `verifier`
    *(
        "report",
        "status",
        "check",
        "verify",
        "plan",
        "audit",
        "events show",
        "callers find",
        "quarantine list",
    ),
    *("alerts list", "alerts silences", "rules list", "rules test"),
    *("baseline show", "keys list"),
    *("evalset check", "evalset mde", "evalset import", "evalset from-events"),
}


def test_no_command_is_left_out() -> None:
    assert set(COMMANDS) - {"reports", "replay list"} <= set(ACTS) | REST
    assert not set(ACTS) & REST


@pytest.mark.parametrize("act", sorted({act for _, act, _ in ACTS.values()}))
def test_each_act_is_explained(act: str) -> None:
    page = (DOCS / "administration.md").read_text()
    table = page.partition("## Who did what")[2].partition("\n## ")[0]
    assert f"`{act}`" in table


def event(number: int, at: int, **fields: Any) -> Event:
    usage = Usage(input=500, output=100)
    verdict = Verdict("accept" if number % 3 else "reject", mechanism="schema")
    tried = [Attempt("small", model="small-1", usage=usage, verdict=verdict)]
    if not number % 3:
        tried.append(Attempt("flagship", model="flagship-1", usage=usage))
    caller = "tenant-42" if number % 2 else "tenant-7"
    return Event(id=str(number), time=utc(at), cascade="support", attempts=tried, caller=caller, **fields)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with settings, eight days of events, a conflict, an open episode and a key."""
    folder, now = tmp_path_factory.mktemp("place"), int(time.time() * 1000)
    (folder / "cascadewatch.toml").write_text(SETTINGS)
    (folder / "hook").write_text("https://127.0.0.1:1/secret")
    (folder / "hook").chmod(0o600)
    answers = [{"text": "a", "correct": n % 2 == 0, "score": 0.9 - n % 2 * 0.8} for n in range(40)]
    lines = [{"id": f"c{n}", "prompt": "?", "answers": {"cheap": a}} for n, a in enumerate(answers)]
    (folder / "set.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    settings = load(folder / "cascadewatch.toml")
    store = open_store(settings, now)
    writer = Writer(store, settings, PriceBook(settings.price, bundled=False), lambda: now)
    week = [event(n, now - 8 * DAY + n * HOUR // 4) for n in range(8 * 24 * 4)]
    for batch in (week, [event(0, now - HOUR, route="faq"), event(10**6, now - 60 * DAY)]):
        writer.write([Batch("local", list(enumerate(batch)), [], now)])
    with store.writing() as connection:
        firing: dict[str, Any] = {
            "rule": "r", "kind": "threshold", "metric": "cost_ratio", "cascade": "support", "route": "",
            "direction": "up", "severity": "ticket", "state": "firing", "opened": now, "since": now,
            "acknowledged": None, "acknowledged_by": None, "updated": now, "detail": {},
        }  # fmt: skip
        made = episodes.add(connection, firing)
        episodes.note(connection, made.id, now, "ok", "firing", "too much")
    from cascadewatch.store import keys

    keys.create(store, "old", ["read"], now)
    writer.close()
    store.close()
    return folder


@pytest.fixture
def here(place: Path, tmp_path: Path) -> Path:
    """The folder of the test, filled."""
    shutil.copytree(place, tmp_path, dirs_exist_ok=True)
    return tmp_path


def written(folder: Path) -> list[Any]:
    store = Store(f"sqlite:///{folder / 'cascadewatch.db'}")
    with store.reading() as connection:
        found = acts(connection)
    store.close()
    return found


@pytest.mark.parametrize("name", ACTS)
def test_an_act_leaves_one_row(name: str, run: Run, here: Path) -> None:
    arguments, act, subject = ACTS[name]
    if name == "reprice":
        (here / "cascadewatch.toml").write_text(SETTINGS + FLAGSHIP)
    if name == "db upgrade":
        older(here)
    if name == "alerts unsilence":
        run("alerts", "silence", "--for", "4h")
    before = [] if name == "db upgrade" else written(here)
    if name == "restore":
        run("backup", *arguments[:1], "--no-verify")  # the row of which is not in the copy
    result = run(*name.split(), *arguments)
    assert result.code == (1 if name == "alerts test" else 0), result.err
    newest, *others = written(here)
    assert others == before
    assert (newest.who, newest.via, newest.act) == (getpass.getuser(), "command", act)
    assert newest.subject == subject or (name == "callers forget" and len(newest.subject) == 24)
    assert abs(newest.time - time.time() * 1000) < HOUR
    assert "tenant-42" not in repr(newest)


def older(folder: Path) -> None:
    """As a former program left it."""
    store = Store(f"sqlite:///{folder / 'cascadewatch.db'}")
    with store.writing() as connection:
        migrate.run(connection, "0003")
    store.close()


@pytest.mark.parametrize(
    "arguments",
    [
        ["db", "upgrade"],
        ["reprice"],
        ["reprice", "--yes"],
        ["db", "prune", "--dry-run"],
        ["callers", "forget", "nobody"],
        ["callers", "find", "tenant-42"],
        ["quarantine", "list"],
        ["audit"],
        ["verify"],
    ],
)
def test_what_changes_nothing_leaves_none(arguments: list[str], run: Run, here: Path) -> None:
    before = written(here)
    assert run(*arguments).code == 0
    assert written(here) == before


class TestReprice:
    def test_it_says_first_what_would_change(self, run: Run, here: Path) -> None:
        (here / "cascadewatch.toml").write_text(SETTINGS + FLAGSHIP)
        preview = run("reprice", "--json")
        assert "--yes" in preview.err
        assert preview.json["done"] is False
        done = run("reprice", "--yes", "--json").json
        assert done == preview.json | {"done": True, "to": done["to"]}
        assert (done["priced"], done["unpriced"]) == (256, 0)
        assert done["after_usd"] - done["before_usd"] == pytest.approx(256 * 600 * 10 / 1e6)
        assert run("verify").code == 0
        assert "0 of 769 events" in run("reprice").out

    def test_one_model_of_one_day(self, run: Run, here: Path) -> None:
        (here / "cascadewatch.toml").write_text(SETTINGS + FLAGSHIP)
        text = run("reprice", "--since", "1d", "--model", "flagship-1", "--cascade", "support", "--yes").out
        assert "flagship-1" in text.splitlines()[2]
        assert run("verify").code == 0

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (["--since", "soon"], "--since"),
            (["--since", "2026-11-02", "--until", "2026-11-01"], "before"),
            (["--until", "never"], "--until"),
        ],
    )
    def test_a_range_that_cannot_be_is_refused(self, run: Run, options: list[str], words: str) -> None:
        result = run("reprice", *options)
        assert (result.code, words in result.err) == (2, True)


class TestQuarantine:
    def test_the_second_word_is_taken_by_its_number(self, run: Run, here: Path) -> None:
        assert here.exists()
        assert run("quarantine", "list").out.splitlines()[1].split()[0] == "1"
        made = run("quarantine", "accept", 1, "--json").json
        assert (made["before"]["route"], made["after"]["route"]) == ("default", "faq")
        assert run("events", "show", "0").json["route"] == "faq"
        assert run("quarantine", "list", "--json").json[0]["reason"] == "replaced"
        assert run("verify").code == 0

    def test_a_number_that_is_not_there_is_refused(self, run: Run) -> None:
        result = run("quarantine", "accept", 9)
        assert (result.code, "quarantine list" in result.err) == (2, True)


class TestCallers:
    @pytest.mark.parametrize("hashed", [False, True])
    def test_one_is_forgotten_by_its_name_or_its_hash(self, run: Run, here: Path, hashed: bool) -> None:
        stored = run("callers", "find", "tenant-42").out.strip()
        forgotten = run("callers", "forget", stored if hashed else "tenant-42", "--json").json
        assert (forgotten["forgotten"], forgotten["events"]) == (True, 384)
        assert stored not in {run("events", "show", n).json["caller"] for n in (1, 3)}
        assert "Nothing is held" in run("callers", "forget", "tenant-42").out
        assert run("verify").code == 0
        assert here.exists()

    @pytest.mark.parametrize("name", ["", "__other__"])
    def test_nobody_in_particular_cannot_be(self, run: Run, name: str) -> None:
        assert run("callers", "forget", name).code == 2


class TestAudit:
    def test_it_is_read_as_text_and_as_json(self, run: Run) -> None:
        assert run("audit").out == "Nothing was done yet.\n"
        run("keys", "create", "a", "--scope", "ingest")
        run("keys", "revoke", "a")
        listed = run("audit", "--json").json
        assert [act["act"] for act in listed] == ["key.revoke", "key.create"]
        line = run("audit").out.splitlines()[1]
        assert "command line" in line
        assert "key.revoke" in line
        assert len(run("audit", "--limit", 1, "--json").json) == 1
        assert len(run("audit", "--since", "1h", "--json").json) == 2
        assert run("audit", "--since", "soon").code == 2

    def test_names_from_outside_cannot_rewrite_the_terminal(self, run: Run) -> None:
        run("alerts", "silence", "--for", "1h", "--cascade", "a\x1b[2J", "--comment", "\x1b]0;x")
        assert "\x1b" not in run("audit").out
