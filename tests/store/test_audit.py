"""The audit as rows: what is kept of an act, what is masked, and that act and row stand or fall together."""

from typing import Any

import pytest

from cascadewatch.errors import UsageError
from cascadewatch.store import audit, keys, retention
from cascadewatch.store.audit import Actor
from cascadewatch.store.writes import Mark
from tests.model.events import NOON
from tests.store.opened import DAY, Opened

ADA = Actor("ada (pages)", "user")


def acts(opened: Opened, **which: Any) -> list[audit.Act]:
    with opened.store.reading() as connection:
        return audit.acts(connection, **which)


def note(opened: Opened, subject: str, at: int = NOON, **values: Any) -> int:
    with opened.store.writing() as connection:
        return audit.record(connection, ADA, "test", subject, at, **values)


def test_an_act_is_read_as_it_was_written(opened: Opened) -> None:
    number = note(opened, "support", before={"rate": 0.3, "note": None}, after={"rate": 0.36, "note": "v7 ✓"})
    assert acts(opened) == [
        audit.Act(
            number, NOON, "ada (pages)", "user", "test", "support",
            {"rate": 0.3, "note": None}, {"rate": 0.36, "note": "v7 ✓"},
        )
    ]  # fmt: skip


def test_the_newest_come_first_within_a_range_page_by_page(opened: Opened) -> None:
    numbers = [note(opened, f"s{i}", at=NOON + i) for i in range(5)]
    assert [act.seq for act in acts(opened)] == numbers[::-1]
    assert [act.subject for act in acts(opened, start=NOON + 1, end=NOON + 4)] == ["s3", "s2", "s1"]
    assert [act.subject for act in acts(opened, limit=2, before=numbers[3])] == ["s2", "s1"]


def test_an_act_that_fails_leaves_no_row_and_a_row_that_fails_no_act(opened: Opened) -> None:
    keys.create(opened.store, "checkout", ["ingest"], NOON, by=ADA)
    with pytest.raises(UsageError, match="exists"):
        keys.create(opened.store, "checkout", ["read"], NOON, by=ADA)
    assert [act.act for act in acts(opened)] == ["key.create"]
    opened.tamper("UPDATE sequences SET value = 0 WHERE name = 'audit'")  # the next number is taken
    with pytest.raises(Exception, match="audit"):
        keys.revoke(opened.store, "checkout", NOON + 1, by=ADA)
    assert opened.rows("keys")[0]["revoked"] is None


def test_of_a_key_only_what_is_no_secret_is_kept(opened: Opened) -> None:
    secret = keys.create(opened.store, "checkout", ["read", "ingest"], NOON, by=ADA)
    keys.revoke(opened.store, "checkout", NOON + 1, by=ADA)
    keys.revoke(opened.store, "checkout", NOON + 2, by=ADA)  # changes nothing
    revoked, made = acts(opened)
    assert made.after == {"prefix": secret.split("_")[1], "scopes": ["ingest", "read"], "expires": None}
    assert (revoked.act, revoked.before, revoked.after) == (
        "key.revoke", {"prefixes": [made.after["prefix"]], "revoked": None}, {"revoked": NOON + 1},
    )  # fmt: skip
    assert secret.split("_", 2)[2] not in repr(opened.rows("audit"))


def test_a_mark_sent_again_is_one_act(opened: Opened) -> None:
    mark = Mark(NOON, "support", None, "prompt v7", ADA.author, "deploy", ADA)
    assert opened.writer.write([mark])[0] == opened.writer.write([mark])[0]
    assert [(act.act, act.who) for act in acts(opened)] == [("annotate", "ada (pages)")]


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ({"api_key": "sk-1", "Authorization": "Bearer x"}, {"api_key": "•••", "Authorization": "•••"}),
        ({"webhook_url": "https://hooks.example/T0/B0/x"}, {"webhook_url": "•••"}),
        ({"password": None}, {"password": None}),
        ({"a": [{"client-secret": "x"}]}, {"a": [{"client-secret": "•••"}]}),
        ("postgresql://me:pw@db/x", "postgresql://•••@db/x"),
        ("sent with cw_0a1b2c3d_" + "s" * 43, "sent with •••"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer •••"),
        ({"monkey": "banana", "keys": 3}, {"monkey": "banana", "keys": 3}),
        (("read", "ingest"), ["read", "ingest"]),
        (1.5, 1.5),
    ],
)
def test_secrets_are_masked_wherever_they_stand(value: Any, kept: Any) -> None:
    assert audit.masked(value) == kept


def test_rows_that_are_too_old_go(opened: Opened) -> None:
    for at in (NOON - 2, NOON - 1, NOON):
        note(opened, "s", at=at)
    late = NOON + opened.settings.retention.audit_days * DAY
    assert retention.prune(opened.store, opened.settings, late).rows == {"audit": 2}
    assert [act.time for act in acts(opened)] == [NOON]
