"""A cascade that meets everything: every path, a caller who escalates far too often, unpriced models,
refused, repeated and contradicting records."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from streamlit.testing.v1 import AppTest

from cascadewatch.model import Attempt, Event, Label, Text, Usage, Verdict
from cascadewatch.moments import utc
from cascadewatch.pricing import PriceBook
from cascadewatch.settings import load
from cascadewatch.store.opening import open_store
from cascadewatch.store.receipt import Batch, Rejection
from cascadewatch.store.writes import Writer
from tests.dashboard.conftest import Place

SETTINGS = """caller_ids = "plain"
[cascade.shop]
tiers = ["small", "flagship"]
store_text = true
trace_url = "https://traces.example.com/{id}/view"
"""
USAGE = Usage(input=500, output=100)
ACCEPT = Verdict("accept", verifier="judge", score=0.9, threshold=0.5, cost_usd=0.0001, latency_ms=40)
REJECT = Verdict(
    "reject", verifier="judge", score=0.2, threshold=0.5, reason="low_score", cost_usd=0.0001, latency_ms=40
)
FAILED = Verdict("timeout", verifier="judge", cost_usd=0.0, latency_ms=5000)
ODD_ID = "a/../b?c#d&e=<b>"


def small(verdict: Verdict | None, **more: Any) -> Attempt:
    given: dict[str, Any] = {"usage": USAGE, "cost_usd": 0.001, "latency_ms": 300, "verdict": verdict} | more
    return Attempt("small", model="tiny-1", **given)


FLAGSHIP = Attempt("flagship", model="big-1", usage=USAGE, cost_usd=0.02, latency_ms=1500)
CACHE = Attempt("cache", kind="cache", latency_ms=3)
ON_PATH: dict[str, list[Attempt]] = {
    "accepted": [small(ACCEPT)],
    "escalated": [small(REJECT), FLAGSHIP],
    "fallback": [small(None, status="timeout", usage=None, cost_usd=None), FLAGSHIP],
    "judge": [small(FAILED), FLAGSHIP],
    "routed": [FLAGSHIP],
    "unverified": [small(None)],
    "cached": [CACHE],
}
RHYTHM = ["accepted"] * 6 + ["escalated"] * 3 + ["fallback", "judge", "routed", "unverified", "cached"]


def events(now: int, count: int = 2800) -> Iterator[Event]:
    """One event every two minutes; `prober` escalates nine times in ten."""
    for i in range(count):
        prober = i % 7 == 0
        path = ("escalated" if i % 10 else "accepted") if prober else RHYTHM[i % len(RHYTHM)]
        attempts = ON_PATH[path]
        yield Event(
            id=ODD_ID if i == 0 else f"e-{i}",
            time=utc(now - i * 120_000),
            cascade="shop",
            route="search" if i % 3 else "checkout",
            caller="prober" if prober else f"caller-{i % 5}",
            revision="r2" if i < count // 2 else "r1",
            latency_ms=sum((a.latency_ms or 0) for a in attempts) + 60,
            attempts=attempts,
            labels=[Label(0, True, "executable")] if i == 0 else [],
            text=Text(prompt="How much is <b>it</b>?", answers=["$5", None]) if i == 0 else None,
        )


def mixed(folder: Path) -> Place:
    """The same, stored: 2,800 events, one of them twice and one with other content, and two refusals."""
    config, url = folder / "cascadewatch.toml", f"sqlite:///{folder / 'cascadewatch.db'}"
    config.write_text(SETTINGS, encoding="utf-8")
    settings, now = load(config, {}, url), time.time_ns() // 1_000_000
    store = open_store(settings, now)
    writer = Writer(store, settings, PriceBook(settings.price), lambda: now)
    sent = list(events(now))
    other = msgspec.structs.replace(sent[1], route="elsewhere")
    refused = [Rejection(i, None, "attempts", "is missing") for i in range(2)]
    batches: list[tuple[str, list[Event], list[Rejection]]] = [
        ("shop-api", sent, []),
        ("shop-api", [sent[2], other], []),
        ("old-api", [], refused),
    ]
    for source, batch, rejections in batches:
        writer.write([Batch(source, list(enumerate(batch)), rejections, now)])
    writer.close()
    store.close()
    return Place(config, url)


def page(name: str, **query: str) -> AppTest:
    """A page by itself, as it is after a link to it was followed."""
    script = (
        f"from dashboard import sidebar\nfrom dashboard.views import {name}\n{name}.show(sidebar.choose())\n"
    )
    app = AppTest.from_string(script, default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()


def words(app: AppTest) -> str:
    """Everything the page says outside tables, without the escapes of Markdown."""
    kinds = ("text", "markdown", "caption", "header", "subheader", "code")
    said = [str(getattr(element, "value", "")) for kind in kinds for element in app.get(kind)]
    return "\n".join(said).replace("\\", "").replace("\u00a0", " ")
