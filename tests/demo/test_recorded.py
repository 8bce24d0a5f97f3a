"""The material that ships is the recorded one, unchanged."""

import gzip
import json
import re
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import pytest

from cascadewatch.demo import recorded
from cascadewatch.demo.recorded import Version

HERE = files("cascadewatch.demo") / "recorded"
NAMED = re.findall(r"^\| (\S+) \| ([0-9a-f]{64}) \|$", (HERE / "NOTICE.md").read_text(), re.MULTILINE)
REFERENCE = json.loads((Path(__file__).parent.parent / "data/recorded/reference_stats.json").read_text())


def test_notice_names_every_data_file() -> None:
    shipped = {f.name.removesuffix(".gz") for f in HERE.iterdir() if f.is_file()} - {"NOTICE.md"}
    assert shipped == {name for name, _ in NAMED}


@pytest.mark.parametrize(("name", "digest"), NAMED)
def test_data_is_byte_for_byte_what_the_notice_says(name: str, digest: str) -> None:
    packed = HERE / f"{name}.gz"
    data = gzip.decompress(packed.read_bytes()) if packed.is_file() else (HERE / name).read_bytes()
    assert sha256(data).hexdigest() == digest


@pytest.mark.parametrize(
    ("version", "cheap", "flagship"),
    [("before", "gpt-3.5-turbo-0301", "gpt-4-0314"), ("after", "gpt-3.5-turbo-0613", "gpt-4-0613")],
)
def test_prime_items_hold_the_recorded_accuracy_and_bill(version: Version, cheap: str, flagship: str) -> None:
    items = recorded.prime_items(version)
    for name, answers in ((cheap, [i.cheap for i in items]), (flagship, [i.flagship for i in items])):
        expected = REFERENCE["prime_drift.jsonl"][name]
        assert {a.model for a in answers} == {name}
        assert sum(a.correct for a in answers) / 1000 == expected["accuracy"]
        assert sum(a.cost_usd or 0 for a in answers) == pytest.approx(expected["cost_usd_total"])


@pytest.mark.parametrize(("version", "share"), [("before", 0.98), ("after", 0.835)])
def test_fewer_cheap_prime_answers_hold_a_bracketed_verdict_after_the_change(
    version: Version, share: float
) -> None:
    assert sum(i.well_formed for i in recorded.prime_items(version)) / 1000 == share


def test_stalled_calls_are_not_taken_for_verifier_latencies() -> None:
    assert len(recorded.verifier_latencies()) == 99
    assert max(recorded.verifier_latencies()) < recorded.STALLED_MS
