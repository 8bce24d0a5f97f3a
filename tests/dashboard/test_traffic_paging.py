"""Turning pages of single events neither repeats nor skips one, even while more arrive."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cascadewatch.pricing import PriceBook
from cascadewatch.settings import load
from cascadewatch.store import reads
from cascadewatch.store.opening import open_store
from cascadewatch.store.receipt import Batch
from cascadewatch.store.writes import Writer
from dashboard.paging import Pages
from tests.dashboard.mixed import events


@given(st.lists(st.sampled_from(["on", "back", "same", "other"])))
def test_a_page_begins_where_the_turned_pages_say(moves: list[str]) -> None:
    pages: Pages[tuple[int, int]] = Pages()
    listed, turned = "a", 0
    pages.follow(listed)
    for i, move in enumerate(moves):
        if move == "on":
            pages.forward((1000 - i, i))
            turned += 1
        elif move == "back":
            pages.back()
            turned = max(0, turned - 1)
        elif move == "other":
            listed += "a"
            turned = 0
        pages.follow(listed)
        assert pages.number == turned + 1
        assert (pages.before is None) == (turned == 0)


@pytest.mark.parametrize("arriving", [0, 7])
def test_every_event_is_shown_once(tmp_path: Path, arriving: int) -> None:
    url = f"sqlite:///{tmp_path / 'cascadewatch.db'}"
    settings, now = load(None, {}, url), time.time_ns() // 1_000_000
    store = open_store(settings, now)
    writer = Writer(store, settings, PriceBook(settings.price), lambda: now)
    held = list(events(now - 600_000, 130))
    writer.write([Batch("local", list(enumerate(held)), [], now)])
    pages: Pages[tuple[int, int]] = Pages()
    seen: list[str] = []
    number = 0
    while True:
        with store.reading() as connection:
            found = reads.page(connection, reads.Filter("shop"), pages.before)
        seen += [e.id for e in found.rows]
        if found.next is None:
            break
        pages.forward(found.next)
        fresh = [replace(e, id=f"new-{number}-{i}") for i, e in enumerate(events(now, arriving))]
        writer.write([Batch("local", list(enumerate(fresh)), [], now)])
        number += 1
    writer.close()
    store.close()
    assert number == 6
    assert sorted(seen) == sorted(e.id for e in held)
