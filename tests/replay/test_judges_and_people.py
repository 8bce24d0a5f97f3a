"""Recorded verdicts of two judges on answer pairs, graded by the majority of three people."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cascadewatch.replay.running import Asked, run
from cascadewatch.settings import Settings
from cascadewatch.store.engine import Store
from tests.replay.conftest import write

RECORDED = Path(__file__).parents[1] / "data" / "recorded"
REFERENCE = json.loads((RECORDED / "reference_stats.json").read_text())["pandalm_judge_vs_human.jsonl"]


@pytest.mark.parametrize("judge", ["gpt-3.5-turbo", "pandalm-7b"])
def test_agreement_of_a_judge_with_people(
    store: Store, configured: Callable[[str], Settings], tmp_path: Path, judge: str
) -> None:
    with gzip.open(RECORDED / "pandalm_judge_vs_human.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    write(
        tmp_path / "pairs.jsonl",
        [
            {
                "id": str(row["id"]),
                "prompt": row["instruction"] or "-",
                "reference": row["human_majority"],
                "answers": {"judge": {"text": row["judge"][judge]}},
            }
            for row in rows
        ],
    )
    settings = configured(
        '[model.judge]\nkind = "recorded"\nanswer = "judge"\n'
        '[replay.pairs]\neval_set = "pairs.jsonl"\ntarget = "judge"\ngrader = "exact"\n'
    )
    rate = run(store, settings, "pairs", Asked(), lambda: 1_795_262_400_000).body["rates"]["accuracy"]
    assert rate["n"] == REFERENCE[judge]["n"]
    assert round(rate["value"], 4) == REFERENCE[judge]["agreement"]
