"""What every kind that asks somebody does when that one misbehaves: a named failure, and no secret in it."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cascadewatch.replay import calling, graders, targets, verifiers
from cascadewatch.replay.answer import Answer, CallError, Spent
from cascadewatch.replay.callers import Callers
from cascadewatch.replay.case import Case
from cascadewatch.settings import Settings, load
from tests.replay.provider import INPUT, OUTPUT, Provider, Way, providing

KEY = "sk-of-this-host-alone"
CASE = Case("1", prompt="What is 6 × 7?", reference="42")
SETTINGS = """
[model.small]
kind = "openai"
base_url = "{url}"
model = "small"
api_key = "env:MODEL_KEY"
timeout = "1s"
allow_private = true
[model.claude]
kind = "anthropic"
base_url = "{url}"
model = "small"
api_key = "env:MODEL_KEY"
timeout = "1s"
allow_private = true
[verifier.own]
kind = "http"
url = "{url}/verify"
api_key = "env:MODEL_KEY"
timeout = "1s"
allow_private = true
[verifier.judge]
kind = "judge"
model = "small"
prompt_file = "judge.md"
[verifier.agreement]
kind = "agreement"
model = "claude"
samples = 2
[grader.judge]
kind = "judge"
model = "small"
prompt_file = "judge.md"
"""


class Kind(NamedTuple):
    """Something that asks: what a good answer to it is, and what comes of that."""

    make: Callable[[Settings], Callable[[], Any]]
    says: Any
    good: Callable[[Any], bool]


def target(name: str) -> Callable[[Settings], Callable[[], Any]]:
    return lambda settings: lambda: targets.build(settings, name).answer(CASE, 0)


def verifier(name: str) -> Callable[[Settings], Callable[[], Any]]:
    def make(settings: Settings) -> Callable[[], Any]:
        built = verifiers.build(settings, name, Callers(settings, "recorded"))
        return lambda: built.judge(CASE, Answer("42"))

    return make


def grader(settings: Settings) -> Callable[[], Any]:
    built = graders.build(settings, "judge", Callers(settings, "judge").ask)
    return lambda: built.grade(CASE, Answer("42"))


KINDS = {
    "openai": Kind(target("small"), "42", lambda said: said.text == "42"),
    "anthropic": Kind(target("claude"), "42", lambda said: said.text == "42"),
    "http verifier": Kind(verifier("own"), {"accept": True}, lambda said: said.outcome == "accept"),
    "judge verifier": Kind(verifier("judge"), "ACCEPT", lambda said: said.outcome == "accept"),
    "agreement verifier": Kind(verifier("agreement"), "42", lambda said: said.outcome == "accept"),
    "judge grader": Kind(grader, "RIGHT", lambda said: said.correct is True),
}
SPEAK_MODEL = [name for name in KINDS if name != "http verifier"]
# The failure by which each misbehaviour is known, and whether the call may have been billed.
OUTCOMES: dict[Way, tuple[str, bool]] = {
    "unauthorized": ("unauthorized", False),
    "payment_required": ("payment_required", False),
    "model_gone": ("not_found", False),
    "rate_limited": ("rate_limited", False),
    "server_error": ("server_error", True),
    "timeout": ("timeout", True),
    "empty": ("empty", True),
    "html": ("not_json", True),
    "truncated_json": ("not_json", True),
    "cut": ("truncated", True),
    "ten_megabytes": ("too_large", True),
    "drip": ("timeout", True),
    "reset": ("connection", True),
    "odd_shape": ("not_json", True),
    "moved": ("other", False),
}


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providing() as provider:
        yield provider


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "TRIES", 2)
    monkeypatch.setattr(calling, "FIRST_WAIT", 0.01)


def settings_for(provider: Provider, folder: Path, text: str = SETTINGS, **keys: str) -> Settings:
    (folder / "judge.md").write_text("$prompt $answer $reference: ACCEPT or REJECT, RIGHT or WRONG?")
    file = folder / "cascadewatch.toml"
    file.write_text(text.format(url=provider.url))
    return load(file, env={"MODEL_KEY": KEY, **keys})


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_asked_well_is_answered(kind: str, provider: Provider, tmp_path: Path) -> None:
    provider.says = lambda _: KINDS[kind].says
    assert KINDS[kind].good(KINDS[kind].make(settings_for(provider, tmp_path))())


@pytest.mark.parametrize("way", OUTCOMES)
@pytest.mark.parametrize("kind", KINDS)
def test_each_misbehaviour_has_its_name(kind: str, way: Way, provider: Provider, tmp_path: Path) -> None:
    provider.says = lambda _: KINDS[kind].says
    ask = KINDS[kind].make(settings_for(provider, tmp_path))
    provider.misbehave(way)
    with pytest.raises(CallError) as failed:
        ask()
    name, may_be_billed = OUTCOMES[way]
    assert (failed.value.name, failed.value.sent) == (name, may_be_billed)
    assert KEY not in f"{failed.value!r} {failed.value.__cause__!r} {failed.value.__context__!r}"
    assert len(str(failed.value)) < 300
    tries = 2 if way == "rate_limited" else 1
    assert len(provider.calls) == tries, "what may have been billed is not asked twice"


@pytest.mark.parametrize("kind", SPEAK_MODEL)
@pytest.mark.parametrize(("way", "name"), [("refused", "refused"), ("no_text", "empty")])
def test_a_refusal_is_no_wrong_answer(
    kind: str, way: Way, name: str, provider: Provider, tmp_path: Path
) -> None:
    ask = KINDS[kind].make(settings_for(provider, tmp_path))
    provider.misbehave(way)
    with pytest.raises(CallError) as failed:
        ask()
    expected = "empty" if kind == "judge grader" and way == "no_text" else name
    assert failed.value.name == expected


@pytest.mark.parametrize("kind", SPEAK_MODEL)
@pytest.mark.parametrize("way", ["no_usage", "odd_usage"])
def test_a_cost_nobody_told_is_unknown(kind: str, way: Way, provider: Provider, tmp_path: Path) -> None:
    provider.says = lambda _: KINDS[kind].says
    ask = KINDS[kind].make(settings_for(provider, tmp_path))
    provider.misbehave(way)
    spent: Spent = ask().spent
    assert (spent.usage, spent.cost) == (None, None)


@pytest.mark.parametrize("kind", SPEAK_MODEL)
def test_tokens_are_read(kind: str, provider: Provider, tmp_path: Path) -> None:
    provider.says = lambda _: KINDS[kind].says
    said = KINDS[kind].make(settings_for(provider, tmp_path))()
    calls = len(provider.calls)
    assert (said.spent.usage.input, said.spent.usage.output) == (calls * INPUT, calls * OUTPUT)


@pytest.mark.parametrize("kind", SPEAK_MODEL)
def test_who_really_answered_is_kept_beside_who_was_asked(
    kind: str, provider: Provider, tmp_path: Path
) -> None:
    provider.says = lambda _: KINDS[kind].says
    ask = KINDS[kind].make(settings_for(provider, tmp_path))
    provider.misbehave("wrong_model")
    said = ask()
    assert (said.model, said.priced_as) == ("another", "small")


def test_one_bad_answer_after_a_good_one_may_have_been_billed(provider: Provider, tmp_path: Path) -> None:
    ask = KINDS["agreement verifier"].make(settings_for(provider, tmp_path))
    provider.misbehave("unauthorized", after=1)
    with pytest.raises(CallError) as failed:
        ask()
    assert failed.value.sent


@pytest.mark.parametrize("kind", KINDS)
def test_rest_that_was_asked_for_is_given(kind: str, provider: Provider, tmp_path: Path) -> None:
    provider.says = lambda _: KINDS[kind].says
    ask = KINDS[kind].make(settings_for(provider, tmp_path))
    provider.way = lambda number, _: "rate_limited" if number == 1 else None
    assert KINDS[kind].good(ask())
    assert provider.times[1] - provider.times[0] >= 1.0


def test_a_key_goes_to_its_own_host_and_nowhere_else(provider: Provider, tmp_path: Path) -> None:
    with providing() as other:
        text = SETTINGS + '[model.other]\nkind = "openai"\nmodel = "x"\nallow_private = true\n'
        text += f'base_url = "{other.url}"\napi_key = "env:OTHER_KEY"\n'
        settings = settings_for(provider, tmp_path, text, OTHER_KEY="sk-of-the-other")
        provider.misbehave("moved")
        for name in ("small", "claude"):
            with pytest.raises(CallError):
                targets.build(settings, name).answer(CASE, 0)
        targets.build(settings, "other").answer(CASE, 0)
        assert KEY not in json.dumps([call.headers for call in other.calls])
        assert len(other.calls) == 1, "no redirect was followed"
        assert "sk-of-the-other" not in json.dumps([call.headers for call in provider.calls])
        assert all(KEY in json.dumps(call.headers) for call in provider.calls)
        assert KEY not in json.dumps([call.body for call in provider.calls])


def test_a_key_that_cannot_be_sent_is_named_without_being_told(provider: Provider, tmp_path: Path) -> None:
    settings = settings_for(provider, tmp_path, MODEL_KEY="sk-sécret…")
    with pytest.raises(CallError) as failed:
        targets.build(settings, "small").answer(CASE, 0)
    assert failed.value.name == "blocked"
    assert "cret" not in str(failed.value)
    assert provider.calls == []


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_what_no_database_keeps_is_replaced(kind: str, provider: Provider, tmp_path: Path) -> None:
    provider.says = lambda _: "a\0b\ud800c"
    said = KINDS[kind].make(settings_for(provider, tmp_path))()
    assert said.text == "a\u2400b?c"


def test_no_more_calls_at_once_than_allowed(provider: Provider, tmp_path: Path) -> None:
    provider.seconds, provider.says = 0.05, lambda _: {"accept": True}
    text = SETTINGS.replace('url = "{url}/verify"', 'url = "{url}/verify"\nconcurrency = 3')
    settings = settings_for(provider, tmp_path, text)
    built = verifiers.build(settings, "own", Callers(settings, "recorded"))
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda _: built.judge(CASE, Answer("42")), range(24)))
    assert provider.most_at_once == 3


def test_calls_a_minute_are_spread(provider: Provider, tmp_path: Path) -> None:
    text = SETTINGS.replace('model = "small"\napi_key', 'model = "small"\nrequests_per_minute = 600\napi_key')
    asked = targets.build(settings_for(provider, tmp_path, text), "small")
    began = time.monotonic()
    for _ in range(5):
        asked.answer(CASE, 0)
    # A late call may be followed closely by one in time, but none comes before its turn.
    assert all(at - began > 0.08 * turn for turn, at in enumerate(provider.times))
