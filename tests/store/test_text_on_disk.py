"""A default installation keeps no prompt, no answer and no raw caller: in no file, in no freed page."""

from pathlib import Path
from typing import Any

from cascadewatch.model import Text
from cascadewatch.pricing import PriceBook
from cascadewatch.settings import Settings
from cascadewatch.store.opening import open_store
from cascadewatch.store.receipt import Batch
from cascadewatch.store.writes import Writer
from tests.model.events import escalated

CANARIES = ("canary-prompt-7d1e", "canary-answer-7d1e", "canary-caller-7d1e", "canary-session-7d1e")
PROMPT, ANSWER, CALLER, SESSION = CANARIES
NOW = 1_790_000_000_000


def event(number: int, **more: Any) -> Any:
    text = Text(f"{PROMPT} {number}", [f"{ANSWER} {number}", None])
    return escalated(
        f"e-{number}", text=text, caller=f"{CALLER}-{number % 9}", session=f"{SESSION}-{number}", **more
    )


def test_a_thousand_events_leave_none_of_it_on_the_disk(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'cascadewatch.db'}")
    store = open_store(settings, NOW)
    writer = Writer(store, settings, PriceBook(settings.price), lambda: NOW)
    sent = [event(number) for number in range(1000)]
    receipt = writer.write([Batch("local", list(enumerate(sent)), [], NOW)])[0]
    again = [event(number, route="elsewhere") for number in range(20)]  # contradictions: into quarantine
    conflicts = writer.write([Batch("local", list(enumerate(again)), [], NOW)])[0]
    assert (receipt.accepted, conflicts.conflict) == (1000, 20)
    assert found(tmp_path) == [], "while the database is open, with its write-ahead log"
    writer.close()
    store.close()
    assert found(tmp_path) == []


def found(folder: Path) -> list[str]:
    held = {file.name: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    assert sum(map(len, held.values())) > 200_000
    return [f"{word} in {name}" for name, data in held.items() for word in CANARIES if word.encode() in data]
