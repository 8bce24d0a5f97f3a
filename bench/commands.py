"""Commands that look at much, as a user runs them: their seconds and the most memory they held."""

import json
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from databases import Database
from processes import cascadewatch, surroundings
from queries import SOME_ID
from servers import KEY, SETTINGS
from watching import word

MIB = 2**20
Json = dict[str, Any]


def command_figures(database: Database) -> Json:
    """Each command with `seconds`, `rss_mib` and what else it says of itself."""
    today = datetime.now(UTC).date()
    yesterday = today - timedelta(days=1)
    day = ("--from", f"{yesterday}", "--to", f"{today}")
    with tempfile.TemporaryDirectory(prefix="cascadewatch-bench-") as folder:
        csv, copy = Path(folder) / "day.csv", Path(folder) / "copy.db"
        found = {
            "report --since 30d": ran(database, "report", "--since", "30d", "--json"),
            "report --since 90d": ran(database, "report", "--since", "90d", "--json"),
            "events show ID": ran(database, "events", "show", database.text(SOME_ID), "--json"),
            "check": ran(database, "check", "--json", fine=(0, 1)),
            "db prune --dry-run": ran(database, "db", "prune", "--dry-run", "--json"),
            "export of a day": ran(database, "export", "--what", "events", *day, "--output", str(csv)),
        }
        found["export of a day"]["mib"] = round(csv.stat().st_size / MIB, 1)
        if database.path is not None:
            found["backup --no-verify"] = ran(database, "backup", str(copy), "--no-verify")
    return found


def verified(database: Database) -> Json:
    """Whether everything fits together, and how long it takes to say so."""
    return ran(database, "verify", "--json", fine=(0, 1), said=("ok", "events"))


def ran(database: Database, *words: str, fine: tuple[int, ...] = (0,), said: tuple[str, ...] = ()) -> Json:
    """One command; those of its answers that are wanted."""
    word(" ".join(words))
    line = cascadewatch(*words, "--config", str(SETTINGS), "--db", database.url)
    watch = [sys.executable, "-c", WATCH, *line]
    done = subprocess.run(watch, env=surroundings(KEY), capture_output=True, check=False)
    status, seconds, rss, answer = json.loads(done.stdout)
    if status not in fine:
        raise AssertionError(f"{' '.join(words)} ended with {status}: {done.stderr.decode()}")
    wanted = json.loads(answer) if said else {}
    return {"seconds": round(seconds, 2), "rss_mib": rss // 1024, **{key: wanted[key] for key in said}}


# A process of its own: what a child is said to have held at most begins with what its parent held.
WATCH = """
import json, resource, subprocess, sys, time
start = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE)
seconds = time.perf_counter() - start
rss = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps([done.returncode, seconds, rss, done.stdout.decode()]))
"""
