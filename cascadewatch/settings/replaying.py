"""[model.NAME], [verifier.NAME], [grader.NAME], [replay.NAME]: what is replayed, and who judges it."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from cascadewatch.settings.cron import parse_schedule
from cascadewatch.settings.table import Table
from cascadewatch.settings.values import Duration, FilePlace, HttpUrl, Name, SecretPlace, Share, Usd

# The keys each kind takes beside `kind`; those in NEEDED it cannot do without.
MODEL_KEYS = {
    "openai": {
        "base_url", "model", "api_key", "provider", "temperature", "max_tokens", "timeout", "concurrency",
        "requests_per_minute", "logprobs", "allow_private",
    },
    "anthropic": {
        "base_url", "model", "api_key", "provider", "temperature", "max_tokens", "timeout", "concurrency",
        "requests_per_minute", "allow_private",
    },
    "recorded": {"answer"},
}  # fmt: skip
MODEL_NEEDS = {"openai": ("base_url", "model"), "anthropic": ("model",), "recorded": ("answer",)}
VERIFIER_KEYS = {
    "http": {"url", "api_key", "threshold", "timeout", "concurrency", "allow_private"},
    "python": {"file", "function", "threshold"},
    "schema": {"file"},
    "markers": {"required", "forbidden"},
    "min_content": {"words"},
    "numeric": {"threshold"},
    "sql": set[str](),
    "confidence": {"threshold"},
    "agreement": {"model", "samples", "threshold"},
    "judge": {"model", "prompt_file", "threshold"},
    "recorded": {"score", "threshold"},
}
VERIFIER_NEEDS = {
    "http": ("url",), "python": ("file",), "schema": ("file",), "confidence": ("threshold",),
    "agreement": ("model",), "judge": ("model", "prompt_file"), "recorded": ("threshold",),
}  # fmt: skip
GRADER_KEYS = {
    "exact": set[str](),
    "numeric": {"digits"},
    "contains": set[str](),
    "regex": set[str](),
    "schema": {"file"},
    "judge": {"model", "prompt_file"},
    "python": {"file", "function"},
    "recorded": set[str](),
}
GRADER_NEEDS = {"schema": ("file",), "judge": ("model", "prompt_file"), "python": ("file",)}


def _schedule(text: str) -> str:
    parse_schedule(text)
    return text


Schedule = Annotated[str, AfterValidator(_schedule)]


def _fits(table: Table, kinds: dict[str, set[str]], needs: dict[str, tuple[str, ...]]) -> None:
    kind = table.kind  # type: ignore[attr-defined]
    given = {key for key in table.model_fields_set - {"kind"} if getattr(table, key) is not None}
    strangers = sorted(given - kinds[kind])
    if strangers:
        known = ", ".join(sorted(kinds[kind])) or "none"
        raise ValueError(
            f'is of kind "{kind}", which does not take `{strangers[0]}`; keys of this kind: {known}'
        )
    missing = [key for key in needs.get(kind, ()) if key not in given]
    if missing:
        raise ValueError(f'is of kind "{kind}", which needs `{missing[0]}`')


class Model(Table):
    """[model.NAME]: whom a replay calls."""

    kind: Literal["openai", "anthropic", "recorded"] = Field(
        description="How it is spoken to: openai (any compatible endpoint), anthropic, or recorded."
    )
    base_url: HttpUrl | None = Field(
        default=None, description="Address of the API, such as https://api.example.com/v1."
    )
    model: Name | None = Field(default=None, description="The model's name there.")
    api_key: SecretPlace | None = Field(default=None, description="Secret: the key for this address alone.")
    provider: Name | None = Field(
        default=None, description="Provider under which its price is looked up; not set: any."
    )
    answer: Name | None = Field(
        default=None, description='The key under each case\'s "answers" that is played back (recorded).'
    )
    temperature: float | None = Field(
        default=None, ge=0, le=2, description="Sampling temperature; not set: 0."
    )
    max_tokens: int | None = Field(
        default=None, ge=1, le=1_000_000, description="Longest answer in tokens; not set: 1024."
    )
    timeout: Duration | None = Field(default=None, description='Longest wait for an answer; not set: "60s".')
    concurrency: int | None = Field(default=None, ge=1, le=256, description="Calls at once; not set: 8.")
    requests_per_minute: float | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="Most calls a minute; not set: no limit."
    )
    logprobs: bool | None = Field(
        default=None,
        description="Whether token probabilities are asked for (verifier confidence needs them).",
    )
    allow_private: bool | None = Field(
        default=None, description="Whether its address may lie in a private network or on this machine."
    )

    @model_validator(mode="after")
    def _own_keys(self) -> Self:
        _fits(self, MODEL_KEYS, MODEL_NEEDS)
        return self


class Verifier(Table):
    """[verifier.NAME]: the judge of the cascade, called as the cascade calls it."""

    kind: Literal[
        "http", "python", "schema", "markers", "min_content", "numeric", "sql", "confidence", "agreement",
        "judge", "recorded",
    ] = Field(description="How it judges; docs/verifiers.md has all kinds.")  # fmt: skip
    threshold: Share | None = Field(default=None, description="Scores from here on are accepted.")
    url: HttpUrl | None = Field(default=None, description="Your own endpoint (http).")
    api_key: SecretPlace | None = Field(default=None, description="Secret: its bearer token (http).")
    model: Name | None = Field(
        default=None, description="Name of the [model.NAME] it asks (judge, agreement)."
    )
    prompt_file: FilePlace | None = Field(default=None, description="File with the judge's prompt (judge).")
    file: FilePlace | None = Field(default=None, description="JSON schema (schema) or Python file (python).")
    function: Name | None = Field(
        default=None, description="Function in that file; not set: verify (python)."
    )
    required: Annotated[tuple[Name, ...], Field(strict=False)] | None = Field(
        default=None, description="Texts an answer must contain (markers)."
    )
    forbidden: Annotated[tuple[Name, ...], Field(strict=False)] | None = Field(
        default=None, description="Texts an answer must not contain (markers)."
    )
    words: int | None = Field(
        default=None, ge=1, description="Fewest words of an answer; not set: 1 (min_content)."
    )
    samples: int | None = Field(
        default=None, ge=1, le=64, description="Further answers drawn; not set: 4 (agreement)."
    )
    score: Name | None = Field(
        default=None, description="Which stored score counts; not set: the answer's own (recorded)."
    )
    timeout: Duration | None = Field(default=None, description='Longest wait for a verdict; not set: "60s".')
    concurrency: int | None = Field(default=None, ge=1, le=256, description="Calls at once; not set: 8.")
    allow_private: bool | None = Field(
        default=None, description="Whether its address may lie in a private network or on this machine."
    )

    @model_validator(mode="after")
    def _own_keys(self) -> Self:
        _fits(self, VERIFIER_KEYS, VERIFIER_NEEDS)
        return self


class Grader(Table):
    """[grader.NAME]: the truth, where a kind needs more than its name."""

    kind: Literal["exact", "numeric", "contains", "regex", "schema", "judge", "python", "recorded"] = Field(
        description="How it decides; docs/verifiers.md has all kinds."
    )
    digits: int | None = Field(default=None, ge=0, le=15, description="Decimals that must agree (numeric).")
    model: Name | None = Field(default=None, description="Name of the [model.NAME] it asks (judge).")
    prompt_file: FilePlace | None = Field(default=None, description="File with the judge's prompt (judge).")
    file: FilePlace | None = Field(default=None, description="JSON schema (schema) or Python file (python).")
    function: Name | None = Field(default=None, description="Function in that file; not set: grade (python).")

    @model_validator(mode="after")
    def _own_keys(self) -> Self:
        _fits(self, GRADER_KEYS, GRADER_NEEDS)
        return self


class Replay(Table):
    """[replay.NAME]: an eval set, whom it is put to, and when."""

    cascade: Name | None = Field(default=None, description="The cascade it is about, for pages and alerts.")
    eval_set: FilePlace = Field(description="File with the cases, JSONL.")
    target: Name | None = Field(
        default=None,
        description="Name of the [model.NAME] that answers; not set: a verifier check on frozen answers.",
    )
    answers: Name | None = Field(
        default=None, description='Which of each case\'s "answers" are judged, for a verifier check.'
    )
    verifier: Name | None = Field(default=None, description="Name of the [verifier.NAME] that judges.")
    grader: Name = Field(
        default="recorded", description="Name of a [grader.NAME], or a kind of grader that needs no more."
    )
    schedule: Schedule | None = Field(
        default=None, description='When it runs: cron, such as "0 3 * * *", or a length such as "12h".'
    )
    budget_usd: Usd | None = Field(default=None, description="Most a run may spend; a paid one needs it.")
    repeats: int = Field(default=1, ge=1, le=20, description="Answers per case.")
    tolerance: float = Field(
        default=0.05, gt=0, le=0.5, description="The change of a rate that matters, as a share."
    )
    early_stop: bool = Field(default=True, description="Whether a run ends once its outcome is certain.")
    on_drift: bool = Field(
        default=False, description="Whether a drift alarm of its cascade may start it, within its budget."
    )

    @model_validator(mode="after")
    def _one_question(self) -> Self:
        if self.target is None and self.answers is None:
            raise ValueError("needs `target` (whom to ask) or `answers` (which frozen answers to judge)")
        if self.target is not None and self.answers is not None:
            raise ValueError("has both `target` and `answers`; fresh answers or frozen ones, not both")
        if self.target is None and self.verifier is None:
            raise ValueError("judges frozen answers, so it needs a `verifier`")
        return self


class Replays(Table):
    """[replays]: what holds for all of them."""

    month_usd: Usd | None = Field(
        default=None, description="Most that all replays of a calendar month may spend together; not set: 50."
    )
    sets_dir: FilePlace | None = Field(
        default=None, description="Folder for eval sets made here; not set: evals."
    )
