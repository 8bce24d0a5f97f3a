"""Runs and reports of replays as rows, for rules that look at them."""

import json
from typing import Any

from sqlalchemy import Connection

from cascadewatch.settings import Settings
from cascadewatch.store import replays, reports
from cascadewatch.store.replay_tables import replays as replay_rows
from cascadewatch.store.reports import OVERRIDE
from tests.alerts.watched import Watched

NIGHTLY = {"cascade": "support", "eval_set": "faq.jsonl", "target": "small", "verifier": "judge"}
CHECK = {"cascade": "support", "eval_set": "faq.jsonl", "answers": "cheap", "verifier": "judge"}
MODELS = {"small": {"kind": "recorded", "answer": "cheap"}}
VERIFIERS = {"judge": {"kind": "recorded", "threshold": 0.5}}


def tables(**named: dict[str, Any]) -> dict[str, Any]:
    """Settings with these replays and whom they need."""
    return {"model": MODELS, "verifier": VERIFIERS, "replay": named}


def rate(verdict: str, before: float, after: float, name: str = "accuracy") -> dict[str, Any]:
    """A rate of a report, over 400 cases."""
    sentence = f"{name}: {after * 100:.1f} % against {before * 100:.1f} % before, over the same 400 cases."
    return {
        "verdict": verdict, "value": after, "baseline": before, "n": 400, "low": after - 0.03,
        "high": after + 0.03, "sentence": sentence,
    }  # fmt: skip


WORSE = {"accuracy": rate("regressed", 0.84, 0.51)}
LAX = {"false_accept": rate("regressed", 0.05, 0.12, "false accepts")}
STRICT = {"false_escalate": rate("regressed", 0.07, 0.2, "false escalations")}


def ran(watched: Watched, name: str, at: int, *, cause: str = "cli", **columns: Any) -> int:
    """A run that began at `at`; its number."""
    with watched.store.writing() as connection:
        return _ran(connection, name, at, cause, columns)


def reported(watched: Watched, name: str, verdict: str, at: int, **said: Any) -> int:
    """A report that was made at `at`; its number."""
    with watched.store.writing() as connection:
        return reported_on(connection, watched.settings, name, verdict, at, **said)


def reported_on(
    connection: Connection, settings: Settings, name: str, verdict: str, at: int, *, cause: str = "cli",
    rates: dict[str, Any] | None = None, override: str | None = None, **body: Any,
) -> int:  # fmt: skip
    """The same, in a transaction; made by asking the model `override` if that is said."""
    config = json.dumps({} if override is None else {OVERRIDE: override})
    run, table = _ran(connection, name, at, cause, {"config": config}), settings.replay[name]
    held = {
        "kind": "verifier check" if table.target is None else "replay",
        "rates": rates or {}, "notes": [], "calibration": None, "provenance": {}, **body,
    }  # fmt: skip
    return reports.write(
        connection, replay=run, name=name, cascade=table.cascade, verdict=verdict, body=held, now=at
    )


def _ran(connection: Connection, name: str, at: int, cause: str, columns: dict[str, Any]) -> int:
    values = {
        "name": name, "cascade": "support", "eval_set": "abc", "cause": cause, "author": "cli", "cases": 400,
        "limit": None, "config": {}, "config_hash": "abc", "owner": None, "claimed": None, "message": None,
    }  # fmt: skip
    run = replays.start(connection, values, at)
    if columns:
        connection.execute(replay_rows.update().where(replay_rows.c.seq == run.id).values(columns))
    return run.id
