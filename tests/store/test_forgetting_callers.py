"""A caller is taken out: nothing names it any more, every total stays."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from cascadewatch.model import Event, Fingerprints, Text
from cascadewatch.settings import Cascade
from cascadewatch.settings.secret import parse_secret
from cascadewatch.store import erasure, horizons
from cascadewatch.store.audit import Actor, acts
from cascadewatch.store.pseudonym import hash_of
from tests.model.events import NOON, accepted, escalated
from tests.store.conftest import Open
from tests.store.opened import DAY, Opened

ADA, SHE = Actor("ada", "command"), "grace.hopper@example.com"
TEXTS = {"support": Cascade(store_text=True)}


def key() -> Any:
    """A setting that names a key of callers; typed as it is after reading."""
    return parse_secret("env:CALLER_KEY", Path(), {"CALLER_KEY": "k" * 40})


def events(*callers: str) -> list[Event]:
    """Two days and two cascades of each caller, with all that can be personal."""
    return [
        escalated(
            f"{n}-{i}", at=NOON - i * DAY, caller=caller, session=f"session of {caller}",
            cascade="support" if i % 2 else "billing", text=Text(f"I am {caller}", ["a", "b"]),
            fingerprints=Fingerprints("first", "last"),
        )
        for n, caller in enumerate(callers) for i in range(4)
    ]  # fmt: skip


def forget(opened: Opened, *typed: str, subject: str | None = None) -> erasure.Found:
    found = erasure.find(opened.store, typed)
    erasure.forget(opened.writer, typed, found, ADA, subject)
    return found


def dump(opened: Opened) -> str:
    """Everything every table holds, as text."""
    from cascadewatch.store.tables import metadata

    return "\n".join(str(row) for table in metadata.sorted_tables for row in opened.rows(table.name))


def totals(opened: Opened) -> dict[str, Any]:
    """Every sum, those of callers added up over all of them."""
    found: dict[str, Any] = opened.rollups()
    for name in ("rollup_callers_hour", "rollup_callers_utc_day"):
        whole: dict[tuple[Any, ...], list[int]] = {}
        for key, values in found[name].items():
            held = whole.setdefault(key[:-1], [0] * len(values))
            whole[key[:-1]] = [a + b for a, b in zip(held, values, strict=True)]
        found[name] = whole
    return found


@pytest.mark.parametrize("batch", [3, 1_000])
def test_nothing_names_the_caller_and_every_total_stays(
    opening: Open, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(erasure, "BATCH", batch)
    opened = opening(cascade=TEXTS)
    opened.send(*events(SHE, "tenant-2"))
    opened.send(accepted("0-1", caller=SHE, session="hers", text=Text(SHE)))  # to quarantine
    before = totals(opened)
    assert forget(opened, SHE) == (4, 2, 8, 1)
    assert SHE not in dump(opened)
    assert totals(opened) == before
    assert opened.broken() == {}
    assert {row["caller"] for row in opened.rows("events")} == {"__other__", "tenant-2"}
    assert len(opened.rows("texts")) == 2, "those of others stay"
    assert not any(erasure.find(opened.store, [SHE]))


def test_sums_of_events_that_are_gone_are_moved_too(opening: Open) -> None:
    opened = opening()
    opened.send(*events(SHE, "tenant-2"))
    before = totals(opened)
    with opened.store.writing() as connection:
        horizons.store(connection, horizons.Horizons(raw=NOON + DAY))
        for table, column in (("attempts", "event"), ("labels", "event"), ("events", "seq")):
            connection.execute(text(f'DELETE FROM {table} WHERE "{column}" > 0'))
    opened = opening()
    assert forget(opened, SHE) == (0, 0, 8, 0)
    assert SHE not in dump(opened)
    assert totals(opened) == before


def test_the_caller_may_come_again_as_anybody(opened: Opened) -> None:
    opened.send(*events(SHE))
    forget(opened, SHE)
    opened.send(escalated("new", caller=SHE))
    assert opened.rows("events")[-1]["caller"] == SHE
    assert opened.broken() == {}


def test_a_sender_who_sends_everything_again_brings_nobody_back(opened: Opened) -> None:
    opened.send(*events(SHE))
    forget(opened, SHE)
    assert opened.send(*events(SHE)).duplicate == 4
    assert SHE not in {row["caller"] for row in opened.rows("events")}


def test_the_audit_tells_of_it_without_the_name(opened: Opened) -> None:
    opened.send(*events(SHE))
    forget(opened, SHE)
    with opened.store.reading() as connection:
        (act,) = acts(connection)
    assert (act.who, act.act, act.subject) == ("ada", "caller.forget", "a caller")
    assert act.before == {"events": 4, "texts": 0, "sums": 8, "quarantined": 0}


def test_hashes_are_forgotten_whatever_the_settings_say_now(opening: Open) -> None:
    hashing = opening(caller_ids="hmac", caller_key=key())
    hashing.send(*events(SHE))
    plain = opening(caller_ids="plain", caller_key=key())
    hashed = hash_of(plain.settings, plain.store, SHE)
    assert hashed is not None
    assert hashed == hashing.rows("events")[0]["caller"]
    assert forget(plain, SHE, hashed, subject=hashed).events == 4
    with plain.store.reading() as connection:
        assert acts(connection)[0].subject == hashed
    assert plain.broken() == {}


class Interrupted(BaseException):
    """Stands for whatever ends a process."""


def test_interrupted_it_is_run_again(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasure, "BATCH", 2)
    opened.send(*events(SHE, "tenant-2"))

    def stop(*_: Any, **__: Any) -> None:
        raise Interrupted

    with monkeypatch.context() as broken:
        broken.setattr(erasure, "_finish", stop)
        with pytest.raises(Interrupted):
            forget(opened, SHE)
    assert opened.broken() == {}
    assert opened.number("audit") == 1
    forget(opened, SHE)
    assert opened.broken() == {}
    assert SHE not in {row["caller"] for row in opened.rows("events")}


HASH = "0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("name", "said", "kept"),
    [
        (HASH, f"Caller {HASH} carries 80 %", "Caller __other__ carries 80 %"),
        (HASH, {"a": [HASH, f"x{HASH}"]}, {"a": ["__other__", f"x{HASH}"]}),
        ("a", "a rise, mostly by caller a (new)", "a rise, mostly by caller __other__ (new)"),
        ("faq", {"routes": ["faq"], "callers": [{"name": "faq"}]},
         {"routes": ["faq"], "callers": [{"name": "__other__"}]}),
        ("callers", {"callers": {"n": 3, "seen": None}}, {"callers": {"n": 3, "seen": None}}),
    ],
)  # fmt: skip
def test_sentences_and_figures_of_rules_lose_the_name_alone(name: str, said: Any, kept: Any) -> None:
    assert erasure._untold(said, [name], False) == kept


def test_what_rules_said_of_the_caller_is_told_of_nobody(opened: Opened) -> None:
    opened.send(*events(HASH))
    detail = {"diagnosis": {"callers": {"named": [{"caller": HASH}]}, "text": f"Caller {HASH} – 80 %"}}
    with opened.store.writing() as connection:
        connection.execute(
            text(
                "INSERT INTO rule_states VALUES "
                "('r', 'support', '', 'firing', 1, 1, NULL, NULL, NULL, 0, :message, :detail)"
            ),
            {"message": f"by caller {HASH}", "detail": json.dumps(detail, ensure_ascii=False)},
        )
    forget(opened, HASH)
    (row,) = opened.rows("rule_states")
    assert row["message"] == "by caller __other__"
    assert json.loads(row["detail"])["diagnosis"]["text"] == "Caller __other__ – 80 %"
    assert HASH not in row["detail"]
