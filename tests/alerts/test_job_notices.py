"""A job that nobody looks at fails: people hear of it once, and once when it succeeds again."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from alerts import job_notices
from alerts.message import Message
from alerts.outbox import Deliverer
from cascadewatch.replay import planned
from cascadewatch.settings import Settings, load
from cascadewatch.store import leases, outbox, replays
from cascadewatch.store.engine import Store
from cascadewatch.store.opening import open_store
from cascadewatch.store.tables import jobs, meta

DAY = 86_400_000
HOOK = '[channel.team]\nkind = "webhook"\nurl = "https://example.com/hook"\nsecret = "env:HOOK_SECRET"\n'

NIGHTLY = """
[model.small]
kind = "recorded"
answer = "cheap"

[replay.nightly]
eval_set = "evals/gone.jsonl"
target = "small"
schedule = "0 3 * * *"
"""


def settings_with(folder: Path, url: str, channel: str = HOOK) -> Settings:
    file = folder / "cascadewatch.toml"
    file.write_text(f'public_url = "https://watch.example.com"\n{channel}')
    return load(file, env={"HOOK_SECRET": "s" * 32}, database_url=url)


class Nights:
    """What the jobs of the night came to, and everything that is sent the next morning."""

    def __init__(self, store: Store, settings: Settings, now: int) -> None:
        self.store, self.settings, self.now = store, settings, now
        self.sent: list[Message] = []

    def pass_with(self, job: str, state: str, message: str | None = None) -> str:
        self.now += DAY
        run = {"job": job, "slot": self.now, "owner": "w", "fence": 1, "state": state, "message": message}
        with self.store.writing() as connection:
            connection.execute(insert(jobs).values(**run, started=self.now, finished=self.now + 9))
        return job_notices.run(self.store, self.settings, self.now, None)

    def heard(self) -> list[str]:
        deliverer = Deliverer(
            self.store, self.settings, lambda: self.now, "w",
            send=lambda _, message, timeout: self.sent.append(message),
        )  # fmt: skip
        deliverer.run_once("team", self.now + outbox.GATHER_MS)
        found = [message.subject for message in self.sent]
        self.sent.clear()
        return found


@pytest.fixture
def nights(store_url: str, tmp_path: Path, now: int) -> Iterator[Nights]:
    settings = settings_with(tmp_path, store_url)
    store = open_store(settings, now)
    yield Nights(store, settings, now)
    store.close()


def test_a_night_that_went_well_is_told_to_nobody(nights: Nights) -> None:
    assert nights.pass_with("back-up", "done") == "nothing failed"
    assert nights.heard() == []


def test_a_backup_that_fails_is_told_once_and_that_it_works_again_once(nights: Nights) -> None:
    assert nights.pass_with("back-up", "failed", "no space left on device") == "told to 1 channels"
    assert nights.heard() == ["The backup failed"]
    nights.pass_with("back-up", "failed", "no space left on device")
    assert nights.heard() == []
    nights.pass_with("back-up", "done")
    assert nights.heard() == ["The backup works again"]
    nights.pass_with("back-up", "done")
    assert nights.heard() == []


def test_the_message_says_why_and_what_to_do(nights: Nights) -> None:
    nights.pass_with("back-up", "failed", "no space left on device")
    nights.pass_with("prune", "failed", "the database is locked")
    assert nights.pass_with("evaluate-rules", "failed") == "failing: back-up, prune"
    with nights.store.reading() as connection:
        rows = outbox.waiting(connection, "team")
    message = job_notices.words(rows, nights.store, nights.settings)
    assert message is not None
    assert message.subject == "The backup and the deletion of what is too old failed"
    said = " ".join(message.lines)
    assert "The backup failed: no space left on device." in said
    assert "`cascadewatch db prune`" in said
    assert message.link == "https://watch.example.com/sources"


def test_a_scheduled_replay_that_cannot_run_is_told_like_them(nights: Nights, tmp_path: Path) -> None:
    nights.settings = settings_with(tmp_path, nights.settings.database_url, HOOK + NIGHTLY)
    nights.pass_with("replay nightly at 0 3 * * *", "failed", "the eval set evals/gone.jsonl cannot be read")
    nights.pass_with("replay nightly at 0 3 * * *", "failed", "the eval set evals/gone.jsonl cannot be read")
    assert nights.heard() == ["The replay nightly failed"]
    nights.pass_with("replay nightly at 0 3 * * *", "done", "unchanged: report 7")
    assert nights.heard() == ["The replay nightly works again"]


def with_replay(nights: Nights, folder: Path, schedule: str = "0 3 * * *") -> str:
    """Has a replay looked after; under what its slots are claimed."""
    more = NIGHTLY.replace("0 3 * * *", schedule)
    nights.settings = settings_with(folder, nights.settings.database_url, HOOK + more)
    return f"replay nightly at {schedule}"


def test_each_failure_is_told_once_however_others_come_and_go(nights: Nights, tmp_path: Path) -> None:
    replay = with_replay(nights, tmp_path)
    heard = []
    for job, state in (
        ("back-up", "failed"), (replay, "failed"), (replay, "done"), (replay, "failed"), ("back-up", "done"),
    ):  # fmt: skip
        nights.pass_with(job, state, "why")
        heard.append(nights.heard())
    assert heard == [
        ["The backup failed"], ["The replay nightly failed"], ["The replay nightly works again"],
        ["The replay nightly failed"], ["The backup works again"],
    ]  # fmt: skip


def test_another_schedule_is_no_recovery(nights: Nights, tmp_path: Path) -> None:
    nights.pass_with(with_replay(nights, tmp_path), "failed", "why")
    assert nights.heard() == ["The replay nightly failed"]
    job = with_replay(nights, tmp_path, "0 4 * * *")
    nights.pass_with(job, "done", planned.NEW)
    nights.pass_with(job, "failed", "why")
    assert nights.heard() == []
    nights.pass_with(job, "done", f"3 earlier slots missed; {planned.OVERLAPPING}")
    assert nights.heard() == []
    nights.pass_with(job, "done", "unchanged: report 7")
    assert nights.heard() == ["The replay nightly works again"]


def test_a_run_that_the_next_worker_goes_on_with_has_not_failed(nights: Nights, tmp_path: Path) -> None:
    job = with_replay(nights, tmp_path)
    begun: dict[str, Any] = {
        "name": "nightly", "cascade": None, "eval_set": "x", "cause": "schedule", "author": "worker",
        "cases": 1, "limit": None, "config": {}, "config_hash": "x", "owner": None, "claimed": nights.now,
    }  # fmt: skip
    with nights.store.writing() as connection:
        run = replays.start(connection, begun, nights.now)
    assert nights.pass_with(job, "failed", leases.LOST) == "nothing failed"
    with nights.store.writing() as connection:
        replays.abandon(connection, run.id, "given up", nights.now)
    assert job_notices.run(nights.store, nights.settings, nights.now, None) == "told to 1 channels"


def test_what_an_older_version_told_is_not_told_again(nights: Nights, tmp_path: Path) -> None:
    job = with_replay(nights, tmp_path)
    with nights.store.writing() as connection:
        connection.execute(insert(meta).values(key=job_notices.TOLD, value=json.dumps(["back-up", job])))
    nights.pass_with("back-up", "failed", "why")
    assert nights.pass_with(job, "failed", "why") == "failing: back-up, replay nightly"
    assert nights.heard() == []


def as_an_older_version_told(nights: Nights, *jobs: str) -> None:
    """What it remembered and put in: names alone, and as number how many failed."""
    with nights.store.writing() as connection:
        connection.execute(insert(meta).values(key=job_notices.TOLD, value=json.dumps(jobs)))
        outbox.enqueue(
            connection, episode=0, transition=len(jobs), kind=outbox.JOBS, channels=["team"], now=nights.now
        )


def test_what_an_older_version_put_in_is_told(nights: Nights) -> None:
    as_an_older_version_told(nights, "back-up")
    assert nights.pass_with("back-up", "failed", "no space left on device") == "failing: back-up"
    assert nights.heard() == ["The backup failed"]
    nights.pass_with("back-up", "done")
    assert nights.heard() == ["The backup works again"]


def test_so_it_is_beside_the_first_news_of_this_version(nights: Nights) -> None:
    as_an_older_version_told(nights, "back-up")
    nights.pass_with("back-up", "failed", "no space left on device")
    nights.pass_with("prune", "failed", "the database is locked")
    assert nights.heard() == ["The backup and the deletion of what is too old failed"]


def test_of_news_that_are_remembered_no_more_all_that_fails_is_told(nights: Nights) -> None:
    nights.pass_with("prune", "failed", "why")
    for _ in range(job_notices.KEPT // 2):
        nights.pass_with("back-up", "failed", "why")
        nights.pass_with("back-up", "done")
    with nights.store.reading() as connection:
        oldest = outbox.waiting(connection, "team")[:1]
    message = job_notices.words(oldest, nights.store, nights.settings)
    assert message is not None
    assert message.subject == "The deletion of what is too old failed"


def test_a_replay_that_left_the_settings_is_watched_no_more(nights: Nights) -> None:
    assert nights.pass_with("replay nightly at 0 3 * * *", "failed") == "nothing failed"


def test_what_was_mended_before_anybody_could_be_told_is_not_told(nights: Nights) -> None:
    nights.pass_with("back-up", "failed")
    nights.pass_with("back-up", "done")
    assert nights.heard() == []


def test_it_waits_for_somebody_who_can_be_told(nights: Nights, tmp_path: Path) -> None:
    heard, nights.settings = nights.settings, settings_with(tmp_path, nights.settings.database_url, "")
    assert nights.pass_with("back-up", "failed") == "failing: back-up, and no channel to tell"
    nights.settings = heard
    nights.pass_with("back-up", "failed")
    assert nights.heard() == ["The backup failed"]
