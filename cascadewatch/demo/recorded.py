"""The recorded material that ships with the package: answers, verdicts, latencies, gaps, prices.

Everything here was recorded by other people from real models and real traffic; sources, licences
and transformations are in `recorded/NOTICE.md`. Nothing in this module invents a number.
"""

import csv
import gzip
import io
import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Literal, NamedTuple, TypeVar

import msgspec
from msgspec import Struct

from cascadewatch.model import Usage

Version = Literal["before", "after"]
Row = TypeVar("Row", bound=Struct)

STALLED_MS = 10_000  # drafter calls slower than this sat out a rate limit; no verifier waits so long
BRACKETED = re.compile(r"\[(yes|no)\]", re.IGNORECASE)  # the verdict the prime prompts ask for


class Answer(NamedTuple):
    """One recorded answer of one model; `cost_usd` and `latency_ms` are None where not recorded."""

    model: str
    text: str
    correct: bool
    usage: Usage
    cost_usd: float | None = None
    latency_ms: float | None = None


class Item(NamedTuple):
    """A recorded prompt with the cheap and the flagship answer to it.

    `score` is the recorded agreement of other solvers with the cheap answer, `votes` what each of them
    said of it (None: no answer); None and empty for prime items, where `well_formed` says whether the cheap
    answer holds a bracketed [Yes] or [No].
    """

    id: str
    prompt: str
    cheap: Answer
    flagship: Answer
    score: float | None
    well_formed: bool
    reference: str
    votes: dict[str, bool | None]


class Price(NamedTuple):
    """USD per million tokens of one model."""

    model: str
    input_usd_per_1m: str
    output_usd_per_1m: str


class _GsmAnswer(Struct):
    model: str
    answer: str
    correct: bool
    answer_tokens: int


class _GsmVerifier(Struct):
    score: float
    votes: dict[str, bool | None]


class _GsmRow(Struct):
    id: str
    prompt: str
    reference: str
    prompt_tokens_8shot: int
    cheap: _GsmAnswer
    flagship: _GsmAnswer
    verifier: _GsmVerifier


class _PrimeRow(Struct):
    item_id: str
    prompt: str
    reference: str
    model: str
    tier: Literal["cheap", "flagship"]
    version: Version
    answer: str
    correct: bool
    prompt_tokens_billed: int
    answer_tokens: int
    cost_usd: float
    latency_s: float


class _RouterRow(Struct):
    kind: str
    latency_ms: float


@cache
def gsm8k_items() -> tuple[Item, ...]:
    """The 1,319 GSM8K test questions: Mixtral's and GPT-4's answers, and the agreement score."""
    rows = _lines("gsm8k_cascade.jsonl.gz", _GsmRow)
    return tuple(
        Item(
            r.id, r.prompt, _gsm_answer(r.cheap, r), _gsm_answer(r.flagship, r), r.verifier.score, True,
            r.reference, r.verifier.votes,
        )
        for r in rows
    )  # fmt: skip


def _gsm_answer(answer: _GsmAnswer, row: _GsmRow) -> Answer:
    usage = Usage(input=row.prompt_tokens_8shot, output=answer.answer_tokens)
    return Answer(answer.model, answer.answer, answer.correct, usage)


@cache
def prime_items(version: Version) -> tuple[Item, ...]:
    """1,000 questions on primes as both models answered them before or after their new snapshot."""
    cheap = {r.item_id: r for r in _prime_rows() if r.version == version and r.tier == "cheap"}
    flagship = {r.item_id: r for r in _prime_rows() if r.version == version and r.tier == "flagship"}
    return tuple(
        Item(
            id=f"{key}-{version}",
            prompt=row.prompt,
            cheap=_prime_answer(row),
            flagship=_prime_answer(flagship[key]),
            score=None,
            well_formed=BRACKETED.search(row.answer) is not None,
            reference=row.reference,
            votes={},
        )
        for key, row in cheap.items()
    )


@cache
def _prime_rows() -> tuple[_PrimeRow, ...]:
    return tuple(_lines("prime_drift.jsonl.gz", _PrimeRow))


def _prime_answer(row: _PrimeRow) -> Answer:
    usage = Usage(input=row.prompt_tokens_billed, output=row.answer_tokens)
    latency = round(row.latency_s * 1000, 1)
    return Answer(row.model, row.answer, row.correct, usage, row.cost_usd, latency)


@cache
def verifier_latencies() -> tuple[float, ...]:
    """Milliseconds of the recorded drafter calls of a real router, stalled calls left out."""
    rows = _lines("cascadeflow_run_log.jsonl.gz", _RouterRow)
    calls = (r.latency_ms for r in rows if r.kind == "single_call")
    return tuple(round(ms, 1) for ms in calls if ms < STALLED_MS)


@cache
def arrival_gaps() -> tuple[float, ...]:
    """Seconds between consecutive requests of the recorded hour of an LLM coding service."""
    rows = csv.DictReader(io.StringIO(_text("azure_llm_2023_code.csv.gz")))
    # Seven digits of a second are recorded; fromisoformat cuts what datetime cannot hold.
    moments = [datetime.fromisoformat(row["timestamp"]) for row in rows]
    return tuple((b - a).total_seconds() for a, b in pairwise(moments))


def prices() -> dict[str, Price]:
    """Price of each recorded model, by model name."""
    rows = csv.DictReader(io.StringIO(_text("prices.csv")))
    found = (Price(r["model"], r["input_usd_per_1m"], r["output_usd_per_1m"]) for r in rows)
    return {price.model: price for price in found}


def _lines(name: str, row: type[Row]) -> Iterator[Row]:
    decode = msgspec.json.Decoder(row).decode
    return (decode(line) for line in _bytes(name).splitlines())


def _text(name: str) -> str:
    return _bytes(name).decode()


def _bytes(name: str) -> bytes:
    data = (files("cascadewatch.demo") / "recorded" / name).read_bytes()
    return gzip.decompress(data) if name.endswith(".gz") else data
