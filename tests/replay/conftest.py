"""A store, and eval sets made of recorded answers."""

import gzip
import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cascadewatch.settings import Settings, load
from cascadewatch.store.engine import Store

RECORDED = Path(__file__).parents[2] / "cascadewatch" / "demo" / "recorded"


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = Store(store_url)
    yield opened
    opened.close()


@pytest.fixture
def configured(store_url: str, tmp_path: Path) -> Callable[[str], Settings]:
    """Settings from the text of a file that lies beside the eval sets of the test."""

    def settings(text: str) -> Settings:
        file = tmp_path / "cascadewatch.toml"
        file.write_text(text, encoding="utf-8")
        return load(file, database_url=store_url.replace("postgresql+psycopg", "postgresql"))

    return settings


def write(path: Path, cases: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(case) + "\n" for case in cases), encoding="utf-8")
    return path


@cache
def _rows(name: str) -> tuple[dict[str, Any], ...]:
    with gzip.open(RECORDED / name, "rt", encoding="utf-8") as lines:
        return tuple(json.loads(line) for line in lines)


def prime_cases() -> list[dict[str, Any]]:
    """1,000 questions with the answers of both models, before and after their change."""
    cases: dict[str, dict[str, Any]] = {}
    for row in _rows("prime_drift.jsonl.gz"):
        case = cases.setdefault(
            row["item_id"], {"id": row["item_id"], "prompt": row["prompt"], "answers": {}}
        )
        case["answers"][f"{row['tier']}_{row['version']}"] = {
            "text": row["answer"],
            "correct": row["correct"],
            "cost_usd": row["cost_usd"],
            "latency_ms": row["latency_s"] * 1000,
            "model": row["model"],
        }
    return list(cases.values())


def gsm8k_cases() -> list[dict[str, Any]]:
    """1,319 problems with the cheap answer, its score, and the flagship's answer."""
    return [
        {
            "id": row["id"],
            "prompt": row["prompt"],
            "answers": {
                "cheap": {
                    "text": row["cheap"]["answer"],
                    "correct": row["cheap"]["correct"],
                    "score": row["verifier"]["score"],
                    "model": row["cheap"]["model"],
                },
                "flagship": {"text": row["flagship"]["answer"], "correct": row["flagship"]["correct"]},
            },
        }
        for row in _rows("gsm8k_cascade.jsonl.gz")
    ]
