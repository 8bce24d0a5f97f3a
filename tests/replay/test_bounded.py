"""Work on answers in a child process: it ends itself in time, and what happens to it harms nobody."""

import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cascadewatch.replay import bounded
from cascadewatch.replay.bounded import Bounded, TooMuchError

WORK = "tests.replay.working"


@pytest.fixture(scope="module")
def child() -> Iterator[Bounded]:
    made = Bounded(seconds=0.2)
    yield made
    made.close()


def test_words_of_any_kind_come_through(child: Bounded) -> None:
    for text in ("", "a\nb", "\0", "\ud800", "ÿ" * 1_000_000):
        assert child.call(f"{WORK}:echo", text) == text


def test_one_process_does_all_of_it_for_all_threads(child: Bounded) -> None:
    before = child.call(f"{WORK}:pid")
    assert before != os.getpid()
    with ThreadPoolExecutor(4) as threads:
        words = [str(number) for number in range(200)]
        assert list(threads.map(lambda word: child.call(f"{WORK}:echo", word), words)) == words
    assert child.call(f"{WORK}:pid") == before


def test_work_without_end_is_ended_and_the_next_is_done(child: Bounded) -> None:
    with pytest.raises(TooMuchError):
        child.call(f"{WORK}:spin")
    assert child.call(f"{WORK}:echo", "on") == "on"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere time alone is bounded")
def test_work_that_takes_all_memory_gets_none(child: Bounded) -> None:
    with pytest.raises(TooMuchError):
        child.call(f"{WORK}:fill")


def test_what_is_raised_is_named_without_its_words(child: Bounded) -> None:
    with pytest.raises(RuntimeError, match=r"^KeyError$"):
        child.call(f"{WORK}:fail")


def test_a_child_that_somebody_killed_is_replaced_and_its_work_done_again(
    child: Bounded, tmp_path: Path
) -> None:
    assert child.call(f"{WORK}:die_once", str(tmp_path / "mark")) == "done"


def test_a_child_that_cannot_start_says_nothing_of_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "START", "raise SystemExit(3)")
    with pytest.raises(RuntimeError, match="ended with 3"):
        Bounded().call(f"{WORK}:echo", "any")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_meant_for_the_parent_do_not_end_it(child: Bounded, number: int) -> None:
    pid = child.call(f"{WORK}:pid")
    os.kill(pid, number)
    assert child.call(f"{WORK}:pid") == pid


def test_once_closed_it_is_gone() -> None:
    made = Bounded()
    pid = made.call(f"{WORK}:pid")
    made.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
