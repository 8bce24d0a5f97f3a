"""Databases whose rules are evaluated by hand, on SQLite and on Postgres in turn."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from typing import Any

import pytest

from tests.alerts.drifting import Drifting
from tests.alerts.watched import Watched, settings_with

Watch = Callable[..., Watched]
Drift = Callable[..., Drifting]


@pytest.fixture
def watching(store_url: str, now: int) -> Iterator[Watch]:
    """Opens the one database of the test with these rules; keywords are settings."""
    with ExitStack() as stack:

        def start(*rules: Mapping[str, Any], **said: Any) -> Watched:
            watched = Watched(settings_with(store_url, *rules, **said), now)
            stack.callback(watched.close)
            return watched

        yield start


@pytest.fixture
def watching_sqlite(sqlite_template: Any, tmp_path: Any, now: int) -> Iterator[Watch]:
    """The same on SQLite alone, for what has nothing to do with the database."""
    import shutil

    with ExitStack() as stack:

        def start(*rules: Mapping[str, Any], **said: Any) -> Watched:
            shutil.copy(sqlite_template, tmp_path / "watched.db")
            watched = Watched(settings_with(f"sqlite:///{tmp_path / 'watched.db'}", *rules, **said), now)
            stack.callback(watched.close)
            return watched

        yield start


@pytest.fixture
def drifting(store_url: str) -> Iterator[Drift]:
    """Opens the one database of the test with rules of drift; without any, of the escalation rate."""
    with ExitStack() as stack:
        yield lambda *rules, **said: stack.enter_context(closing(Drifting(store_url, *rules, **said)))


@pytest.fixture
def drifting_sqlite(sqlite_template: Any, tmp_path: Any) -> Iterator[Drift]:
    """The same on SQLite alone."""
    import shutil

    shutil.copy(sqlite_template, tmp_path / "drifting.db")
    url = f"sqlite:///{tmp_path / 'drifting.db'}"
    with ExitStack() as stack:
        yield lambda *rules, **said: stack.enter_context(closing(Drifting(url, *rules, **said)))
