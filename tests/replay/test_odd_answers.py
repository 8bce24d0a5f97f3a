"""Answers as odd as a model can give: no judge raises, none takes long, and none ends a run."""

import json
import logging
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cascadewatch.replay import bounded, graders, verifiers
from cascadewatch.replay.answer import Answer, CallError
from cascadewatch.replay.bounded import Bounded
from cascadewatch.replay.case import Case
from cascadewatch.replay.running import Asked, run
from cascadewatch.settings import Settings, load
from cascadewatch.settings.replaying import Grader, Model, Verifier
from cascadewatch.store import replays
from cascadewatch.store.engine import Store
from cascadewatch.store.replays import LOST, Result
from tests.replay.conftest import write
from tests.replay.looked_after import NOON, Watched
from tests.replay.paid import paid_settings, play
from tests.replay.provider import CALL_NANO, providing

HOUR = 3_600_000
NESTED = {
    "type": ["array", "number", "string"],
    "items": {"$ref": "#"},
    "multipleOf": 0.01,
    "uniqueItems": True,
}
SLOW = {"pattern": "^(a+)+$"}
SOME_FAIL = {"if": {"type": "string"}, "then": {"$ref": "elsewhere.json"}}  # a reference nobody can follow
REFERENCES = (None, "", "42", "[1]", "[" * 5_000 + "]" * 5_000, r"a+$", "1e999", "\0\ud800")


class Echo:
    """Whoever is asked says the prompt, which holds the answer."""

    def ask(self, model: str, turns: tuple[Any, ...], repeat: int = 0) -> Answer:
        return Answer(turns[-1].content)

    def post(self, verifier: Verifier, body: bytes) -> bytes:
        return body

    def worst_cost(self, *_: object) -> int:
        return 0


Judges = dict[str, Callable[[Answer, str | None], object]]


@pytest.fixture(scope="module")
def judges(tmp_path_factory: pytest.TempPathFactory) -> Judges:
    """All verifiers and graders there are, by kind."""
    folder = tmp_path_factory.mktemp("judges")
    shape, prompt, code = (folder / name for name in ("shape.json", "judge.md", "mine.py"))
    shape.write_text(json.dumps(NESTED))
    prompt.write_text("$answer")
    code.write_text("verify = lambda prompt, answer: float(answer)\ngrade = lambda *words: int(words[1])\n")
    more: dict[str, dict[str, Any]] = {
        "http": {"url": "https://judge.example.com"}, "python": {"file": code}, "schema": {"file": shape},
        "markers": {"required": ("a",), "forbidden": ("b",)}, "confidence": {"threshold": 0.5},
        "agreement": {"model": "small"}, "judge": {"model": "small", "prompt_file": prompt},
        "recorded": {"threshold": 0.5},
    }  # fmt: skip
    asking = Echo()
    own = Settings(
        model={"small": Model(kind="recorded", answer="any")},
        verifier={kind: Verifier(kind=kind, **more.get(kind, {})) for kind in verifiers.VERIFIERS},  # type: ignore[arg-type]
        grader={
            kind: Grader(kind=kind, **more[kind] if kind in ("judge", "python", "schema") else {})  # type: ignore[arg-type]
            for kind in graders.GRADERS
        },
    )

    def verify(kind: str) -> Callable[[Answer, str | None], object]:
        made = verifiers.build(own, kind, asking)
        return lambda answer, truth: made.judge(Case("1", prompt="?", reference=truth), answer)

    def grade(kind: str) -> Callable[[Answer, str | None], object]:
        made = graders.build(own, kind, asking.ask)
        return lambda answer, truth: made.grade(Case("1", prompt="?", reference=truth), answer)

    return {f"{kind} verifies": verify(kind) for kind in verifiers.VERIFIERS} | {
        f"{kind} grades": grade(kind) for kind in graders.GRADERS
    }


def many(unit: str, most: int) -> st.SearchStrategy[str]:
    return st.integers(0, most).map(lambda number: unit * number)


ODD = st.one_of(
    st.text(st.characters(codec=None), max_size=40),
    st.sampled_from(["", " \n\t", "NaN", "-Infinity", "1e999", "9e-999999", '"\\ud800"', "\0", "\ud800"]),
    st.tuples(st.sampled_from(["[", '{"a":', "(", "```\n", "SELECT (", "WITH a AS ("]), st.integers(1, 5_000))
    .map(lambda drawn: drawn[0] * drawn[1] + {"[": "]", '{"a":': "}"}.get(drawn[0], ")") * drawn[1]),
    many("9", 5_000), many("1,000", 5_000), many("1e9 ", 5_000), many("score ", 5_000), many("a;", 5_000),
    st.recursive(st.floats() | st.booleans() | st.none() | st.text(max_size=3), st.lists).map(json.dumps),
)  # fmt: skip


@pytest.mark.filterwarnings("ignore:Possible nested set")
@settings(max_examples=60)
@given(ODD, st.sampled_from(REFERENCES))
@example("a" * 2**20, "a")
@example("9" * 2**20, "9" * 100_000)
@example(" " * 2**20, r"\s+$")
@example("[" * 300 + "]" * 300, None)
@example("9" * 400, "1e400")
@example(json.dumps([{"a": n} for n in range(5_000)]), None)
def test_no_judge_raises_anything_unforeseen_or_takes_long(
    judges: Judges, text: str, reference: str | None
) -> None:
    answer = Answer(text, logprobs=(float("-inf"), -1e308))
    for name, judge in judges.items():
        began = time.thread_time()
        with suppress(CallError):
            judge(answer, reference)
        assert time.thread_time() - began < 1, f"{name} takes long"


@pytest.fixture
def little_time(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    child = Bounded(seconds=0.3)
    monkeypatch.setattr(bounded, "call", child.call)
    yield
    child.close()


@pytest.mark.usefixtures("little_time")
def test_an_expression_that_would_search_for_years_decides_nothing() -> None:
    grader = graders.build(Settings(), "regex")
    found = grader.grade(Case("1", prompt="?", reference="^(a+)+$"), Answer("a" * 60 + "b"))
    assert (found.correct, found.reason) == (None, "the regular expression takes too long on this answer")
    assert grader.grade(Case("1", prompt="?", reference="^(a+)+$"), Answer("aaa")).correct is True


@pytest.mark.usefixtures("little_time")
@pytest.mark.parametrize(
    ("shape", "text", "reason"),
    [
        (SLOW, json.dumps("a" * 60 + "b"), "too_complex"),
        (SLOW, '"aa"', None),
        (NESTED, "[" * 300 + "]" * 300, "odd_value"),
        ({"properties": {"price": {"multipleOf": 0.01}}}, f'{{"price": {"9" * 400}}}', "odd_value"),
        ({"multipleOf": 0.01}, "1e999", "odd_value"),
        ({"uniqueItems": True}, json.dumps([{"a": n} for n in range(5_000)]), None),
        ({"uniqueItems": True}, '[1, true, [1], {"a": 1}, {"a": true}, "1", "array"]', None),
        ({"uniqueItems": True}, '[{"a": 1, "b": 2}, {"b": 2, "a": 1.0}]', "uniqueItems at $"),
        ({"uniqueItems": False}, "[1, 1]", None),
    ],
)
def test_a_shape_that_cannot_be_checked_is_a_reject_with_its_reason(
    tmp_path: Path, shape: dict[str, Any], text: str, reason: str | None
) -> None:
    file = tmp_path / "shape.json"
    file.write_text(json.dumps(shape))
    own = Settings(verifier={"mine": Verifier(kind="schema", file=file)})
    found = verifiers.build(own, "mine", Echo()).judge(Case("1", prompt="?"), Answer(text))
    assert found.reason == reason


CHECK = """
database_url = "{url}"
timezone = "UTC"
[verifier.mine]
kind = "{kind}"
file = "{file}"
[replay.check]
eval_set = "set.jsonl"
answers = "cheap"
verifier = "mine"
schedule = "0 3 * * *"
"""


@pytest.fixture
def url(sqlite_template: Path, tmp_path: Path) -> str:
    shutil.copy(sqlite_template, tmp_path / "one.db")
    return f"sqlite:///{tmp_path}/one.db"


@pytest.fixture
def one_store(url: str) -> Iterator[Store]:
    opened = Store(url)
    yield opened
    opened.close()


def checked(folder: Path, url: str, kind: str, file: str, odd: str) -> Settings:
    """[replay.check] on ten answers, one of them odd."""
    texts = [str(number) for number in range(9)] + [odd]
    cases = [{"id": f"c{n}", "prompt": "?", "answers": {"cheap": {"text": text, "correct": True}}}
             for n, text in enumerate(texts)]  # fmt: skip
    write(folder / "set.jsonl", cases)
    settings_file = folder / "cascadewatch.toml"
    settings_file.write_text(CHECK.format(url=url, kind=kind, file=file))
    return load(settings_file)


def results(store: Store) -> list[Result]:
    with store.reading() as connection:
        return replays.results(connection, replays.runs(connection)[0].id)


@pytest.mark.parametrize("at_night", [False, True])
def test_an_error_nobody_foresaw_costs_its_case_and_not_the_run(
    one_store: Store, url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, at_night: bool
) -> None:
    (tmp_path / "shape.json").write_text(json.dumps(SOME_FAIL))
    own = checked(tmp_path, url, "schema", "shape.json", odd='"the secret answer"')
    with caplog.at_level(logging.ERROR, "cascadewatch.replay"):
        if at_night:
            watched = Watched(one_store, own)
            watched.look(NOON)
            watched.look(NOON + 15 * HOUR)
            assert [state for state, _ in watched.notes()] == ["done", "done"]
        else:
            run(one_store, own, "check", Asked(), lambda: NOON)
    (lost,) = [row for row in results(one_store) if row.state == LOST]
    assert len(results(one_store)) == 10
    assert (lost.case, lost.outcome) == ("c9", "other")
    assert lost.reason == "the verifier raised RuntimeError; the log has where"
    (record,) = [one for one in caplog.records if one.exc_info]
    assert "secret" not in caplog.text
    assert "c9" in record.message


def test_what_is_meant_to_end_a_run_still_does(one_store: Store, url: str, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "def verify(prompt, answer):\n    if answer == 'odd':\n        raise KeyboardInterrupt\n"
        "    return True\n"
    )
    with pytest.raises(KeyboardInterrupt):
        run(one_store, checked(tmp_path, url, "python", "mine.py", odd="odd"), "check", Asked(), lambda: NOON)


def test_what_the_answer_cost_is_booked_all_the_same(one_store: Store, url: str, tmp_path: Path) -> None:
    (tmp_path / "shape.json").write_text(json.dumps(SOME_FAIL))
    with providing() as provider:
        provider.says = lambda question: '"odd"' if "3" in question else "42"
        shape = '[{part}.mine]\nkind = "schema"\nfile = "shape.json"\n'
        own = paid_settings(
            tmp_path, url, provider, 8, more='budget_usd = 1.0\nverifier = "mine"',
            extra=shape.format(part="verifier"),
        )  # fmt: skip
        play(one_store, own)
        assert len(provider.calls) == 8
    with one_store.reading() as connection:
        spent = replays.runs(connection)[0].spent
    (lost,) = [row for row in results(one_store) if row.state == LOST]
    assert (lost.case, lost.cost, spent) == ("c3", CALL_NANO, 8 * CALL_NANO)
