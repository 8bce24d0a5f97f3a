"""A run ends once its outcome is certain, and what that saves."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from cascadewatch.replay import events
from cascadewatch.store.engine import Store
from tests.replay.paid import paid_settings, play
from tests.replay.provider import Provider, providing


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providing() as provider:
        yield provider


def wrong(share: float) -> Any:
    """Answers wrongly to such a share of the questions, the same ones each time."""
    return lambda q: "41" if hash_of(q) < share else "42"


def hash_of(question: str) -> float:
    return int.from_bytes(sha256(question.encode()).digest()[:4], "big") / 2**32


@pytest.mark.parametrize(("share", "verdict"), [(0.15, "unchanged"), (0.45, "regressed")])
def test_a_run_ends_once_its_outcome_is_certain(
    store: Store, store_url: str, tmp_path: Path, provider: Provider, share: float, verdict: str
) -> None:
    provider.says = wrong(0.15)
    settings = paid_settings(tmp_path, store_url, provider, 400)
    pinned = play(store, settings, pin=True)
    assert pinned.body["stopped_early"] is None
    assert len(provider.calls) == 400
    provider.says = wrong(share)
    found = play(store, settings)
    saved = 800 - len(provider.calls)
    assert (found.verdict, found.body["stopped_early"]) == (verdict, "the outcome is certain")
    assert saved > 200
    assert play(store, settings, pin=True).body["cases"] == 400, "never while a baseline is pinned"


def test_a_run_that_had_its_outcome_before_a_crash_asks_nothing_more(
    store: Store, store_url: str, tmp_path: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.says = wrong(0.15)
    settings = paid_settings(tmp_path, store_url, provider, 400)
    play(store, settings, pin=True)
    with monkeypatch.context() as broken:
        broken.setattr(events, "write", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            play(store, settings)
    before = len(provider.calls)
    assert before < 700
    found = play(store, settings)
    assert (found.verdict, len(provider.calls)) == ("unchanged", before)
    assert found.replay == 2
