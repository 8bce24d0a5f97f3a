"""Ten million events, sent one by one: everything still adds up, and no memory grows with their number.

bench/size.py takes them in, on both databases at once, and compares every bucket of every rollup with what it
sent. Set CASCADEWATCH_SOAK_EVENTS to fewer for a quick try.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.conftest import ENGINES
from tests.soaking import Record, note

ROOT = Path(__file__).parent.parent
COUNT = int(os.environ.get("CASCADEWATCH_SOAK_EVENTS", "10000000"))
DAYS = max(3, min(90, COUNT // 111_000))  # as many a day as ten million in ninety days are
ALL_PAGES = 16  # eight of them, over a day and a month
GROWN_MIB = 100  # between the third tenth of the events and the last: a thousandth of what they would take
pytestmark = [pytest.mark.soak, pytest.mark.timeout(0)]

Json = dict[str, Any]


class Bench(NamedTuple):
    """One run and the files it writes to: a pipe would fill up while nobody reads."""

    process: "subprocess.Popen[bytes]"
    printed: Path
    told: Path


@pytest.fixture(scope="module")
def benches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Bench]]:
    """Both begin at once."""
    folder = tmp_path_factory.mktemp("benches")
    started = {name: start(name, folder) for name in ("sqlite", "postgres")}
    yield started
    for bench in started.values():
        bench.process.terminate()
        bench.process.wait()


def start(name: str, folder: Path) -> Bench:
    wanted = {
        "only": "load,totals,pages,verify",
        "events": COUNT,
        "days": DAYS,
        "repeats": 1,
        "databases": name,
    }
    command = [sys.executable, str(ROOT / "bench" / "size.py"), *(f"--{k}={v}" for k, v in wanted.items())]
    printed, told = folder / f"{name}.json", folder / f"{name}.err"
    with printed.open("wb") as out, told.open("wb") as err:
        return Bench(subprocess.Popen(command, stdout=out, stderr=err), printed, told)


@pytest.fixture(scope="module", params=ENGINES)
def found(request: pytest.FixtureRequest, benches: dict[str, Bench]) -> Json:
    """What the bench of one database printed."""
    bench = benches[request.param]
    assert bench.process.wait() == 0, bench.told.read_text()
    return dict(json.loads(bench.printed.read_text())["size"]["databases"][request.param])


def test_every_bucket_of_every_rollup_holds_what_was_sent(found: Json, record_property: Record) -> None:
    totals = found["totals"]
    assert totals["event rows"]["held"] == COUNT
    assert {name: total for name, total in totals.items() if total["different"]} == {}
    assert {"events by minute", "attempts by quarter", "bins by day", "labels by day"} <= set(totals)
    load = found["load"]
    note(record_property, {name: load[name] for name in ("seconds", "events_per_second", "bytes_per_event")})


def test_verify_finds_nothing_broken(found: Json, record_property: Record) -> None:
    assert found["verify"]["ok"]
    assert found["verify"]["events"] == COUNT
    note(record_property, {"seconds": found["verify"]["seconds"], "rss_mib": found["verify"]["rss_mib"]})


def test_every_page_answers(found: Json) -> None:
    assert len(found["server_ms"]) == ALL_PAGES


def test_the_writer_needs_no_more_memory_however_many_there_are(found: Json, record_property: Record) -> None:
    held = [tenth["rss_mib"] for tenth in found["load"]["tenths"] if tenth]
    settled = max(held[: max(1, len(held) // 3)])
    assert held[-1] - settled < GROWN_MIB, held
    note(record_property, {"rss_mib": held[-1], "grown_mib": held[-1] - settled})
