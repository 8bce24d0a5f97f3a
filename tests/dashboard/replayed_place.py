"""A place where replays ran: a verifier check that regressed, a model that improved, and hostile names."""

import json
import time
from collections.abc import Sequence
from typing import Any

from cascadewatch.replay.running import Asked, run
from cascadewatch.settings import load
from cascadewatch.store.opening import open_store
from cascadewatch.store.reports import Report
from tests.dashboard.conftest import Place
from tests.replay.conftest import gsm8k_cases, write

HOUR = 3_600_000
TABLES = """
[[price]]
model = "big"
input_usd_per_1m = 10
output_usd_per_1m = 30

[verifier.agreement]
kind = "recorded"
threshold = {threshold}

[model.old]
kind = "recorded"
answer = "flagship"

[replay.check]
cascade = "support"
eval_set = "set.jsonl"
answers = "cheap"
verifier = "agreement"
schedule = "0 3 * * *"

[replay.never]
eval_set = "set.jsonl"
target = "old"
budget_usd = 2.0
"""


def tables(threshold: float = 0.25) -> str:
    return TABLES.format(threshold=threshold)


def cases(bad: Sequence[str] = ()) -> list[dict[str, Any]]:
    """All recorded ones, both answers with a bill; `bad` replaces the words of the first."""
    found = []
    for index, case in enumerate(gsm8k_cases()):
        answers = {key: {**answer} for key, answer in case["answers"].items()}
        answers["flagship"] |= {"cost_usd": 0.01, "model": "big"}
        answers["cheap"] |= {"cost_usd": 0.001}
        if bad:
            for answer in answers.values():
                answer["text"] = bad[index % len(bad)]
        asked = {"prompt": bad[index % len(bad)], "reference": bad[index % len(bad)]} if bad else {}
        found.append(case | asked | {"answers": answers})
    return found


def replayed(place: Place, *, bad: Sequence[str] = (), cascade: str = "support") -> list[Report]:
    """Adds the tables and plays the check twice: at threshold 0.75, pinned, and today at 0.25."""
    write(place.config.parent / "set.jsonl", cases(bad))
    before = place.config.read_text(encoding="utf-8")
    now, found = time.time_ns() // 1_000_000, []
    for threshold, pin, at in ((0.75, True, now - 30 * HOUR), (0.25, False, now - 2 * HOUR)):
        text = before + tables(threshold).replace('"support"', json.dumps(cascade))
        place.config.write_text(text, encoding="utf-8")
        settings = load(place.config, {}, place.url)
        store = open_store(settings, now)
        found.append(run(store, settings, "check", Asked("schedule", "test", pin=pin), lambda at=at: at))  # type: ignore[misc]
        store.close()
    return found
