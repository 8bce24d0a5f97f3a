"""Puts one check of the verifier into a store, so that the page about it has something to draw."""

import tempfile
from pathlib import Path

from databases import Database
from filling import clock

from cascadewatch.cli import demo_replays
from cascadewatch.demo import settings_toml
from cascadewatch.replay.running import Asked, run
from cascadewatch.settings import load
from cascadewatch.store.engine import Store

NAME = "support-verifier"  # of the cascade that all events here are of


def check(database: Database, store: Store) -> None:
    """Plays the demo's recorded check now: 1,319 cases with scores, swept and calibrated."""
    with tempfile.TemporaryDirectory(prefix="cascadewatch-bench-") as folder:
        file = Path(folder) / "cascadewatch.toml"
        file.write_text(settings_toml(), encoding="utf-8")
        settings = load(file, {}, database.url)
        demo_replays.write_sets(settings)
        run(store, settings, NAME, Asked("cli", "bench"), clock)
