"""How long `verify` takes, a restore with it, and sums made anew.

python bench/verify.py [--events 1700000] [--postgres] [--at FILE] [--quick]

Prints one JSON document: milliseconds an event by the clock and of CPU time (on a local Postgres that of its
backend), the memory it took, and on SQLite the seconds of a backup, of a restore of the same file, and of
`db rebuild`, which an upgrade of the schema does too. 1.7 million events are about a gigabyte. --at FILE
takes an SQLite database that is there already; its sums are made anew.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import deque
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import psutil
from databases import Database, empty, postgres_server
from filling import clock, cpu_seconds, load, opened, settings_of
from history import DAY_MS, History, shapes
from sqlalchemy import event
from watching import watched

from cascadewatch.store import backup, recovery, rollup
from cascadewatch.store.engine import Store
from cascadewatch.store.state import State
from cascadewatch.store.verify import verify

Json = dict[str, Any]
DAYS = 29  # all of them within the minutes and events that are kept by default
MIB = 2**20


def main() -> None:
    """Fills, measures and prints."""
    parser = argparse.ArgumentParser(description="Measures verify, backup, restore and rebuild; prints JSON.")
    parser.add_argument("--events", type=int, default=1_700_000, help="events to verify")
    parser.add_argument("--postgres", action="store_true", help="on Postgres too: PG_URL, or an embedded one")
    parser.add_argument("--at", type=Path, help="an SQLite database that is there already")
    parser.add_argument("--quick", action="store_true", help="small, to see that everything runs")
    given = parser.parse_args()
    count = 20_000 if given.quick else given.events
    if given.at is not None:
        held = Database(f"sqlite:///{given.at}", given.at)
        print(json.dumps({"sqlite": measured(held) | copied(held) | rebuilt(held)}, indent=2))
        return
    with empty(None) as database:
        fill(database, count)
        found = {"sqlite": measured(database) | copied(database) | rebuilt(database)}
    if given.postgres:
        with postgres_server() as server, empty(server) as database:
            fill(database, count)
            found["postgres"] = measured(database)
    print(json.dumps(found, indent=2))


def fill(database: Database, count: int) -> None:
    """A month of traffic until now, told as it comes in."""
    history = History(count, DAYS, clock() - clock() % DAY_MS)
    with opened(database) as store:
        taken = load(database, store, history, shapes(history.seed), deque(maxlen=0).append)
        watched(taken, count)


def measured(database: Database) -> Json:
    """One run of verify over all that is held."""
    with opened(database) as store:
        process, backends = psutil.Process(), backends_of(store)
        before, seconds = process.memory_info().rss, time.perf_counter()
        cpu = time.process_time()
        found = verify(store, settings_of(database))
        cpu = time.process_time() - cpu + sum(map(cpu_seconds, backends))
        seconds = time.perf_counter() - seconds
        grown = process.memory_info().rss - before
    if not found["ok"]:
        raise AssertionError(f"verify finds fault with what was stored: {found}")
    events = found["events"]
    return {
        "events": events,
        "ms_an_event": round(1000 * seconds / events, 4),
        "cpu_ms_an_event": round(1000 * cpu / events, 4),
        "memory_grown_mib": round(grown / MIB),
    }


def backends_of(store: Store) -> list[psutil.Process]:
    """The processes of a local Postgres that come to read, as they come; none on SQLite."""
    found: list[psutil.Process] = []

    def met(connection: Any, _record: Any) -> None:
        pid = connection.info.backend_pid
        if psutil.pid_exists(pid):
            found.append(psutil.Process(pid))

    if store.path is None:
        event.listen(store.reader, "connect", met)
    return found


def copied(database: Database) -> Json:
    """A backup, and a restore of it to another place, both with verify."""
    assert database.path is not None
    settings = settings_of(database)
    with tempfile.TemporaryDirectory(prefix="cascadewatch-bench-", dir=database.path.parent) as folder:
        copy = Path(folder) / "copy.db"
        begun = time.perf_counter()
        made = backup.back_up(settings, database.path, copy)
        backed_up = time.perf_counter() - begun
        begun = time.perf_counter()
        recovery.restore(settings, copy, Path(folder) / "restored.db")
        restored = time.perf_counter() - begun
    return {"mib": round(made.size / MIB), "backup_s": round(backed_up, 1), "restore_s": round(restored, 1)}


def rebuilt(database: Database) -> Json:
    """All sums made anew."""
    with opened(database) as store, store.writing() as connection:
        begun, cpu = time.perf_counter(), time.process_time()
        events = rollup.rebuild(connection, State(connection, settings_of(database)))
        cpu, seconds = time.process_time() - cpu, time.perf_counter() - begun
    return {"rebuild_s": round(seconds, 1), "rebuild_cpu_ms_an_event": round(1000 * cpu / events, 4)}


if __name__ == "__main__":
    main()
