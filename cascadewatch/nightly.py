"""The backup that a worker makes on a schedule: `cascadewatch backup` in a process of its own.

There it slows down nobody who is served by this one, and can be ended at any moment.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from sqlalchemy import func, select

from cascadewatch.errors import StoreError
from cascadewatch.job import Context
from cascadewatch.settings.backup import NIGHTLY, OFF
from cascadewatch.settings.reading import DATABASE_VARIABLE
from cascadewatch.store.tables import jobs

HOME = Path(__file__).resolve().parent.parent
CALL = "from cascadewatch.cli import main; main()"
LOOK_S = 0.5
NICE = 10  # whoever is served goes first
PATIENCE_S = 3  # for a process that was told to end


def slot(context: Context, now: int) -> int | None:
    """The time the latest backup was due; None where none is wanted."""
    from cascadewatch.replay.schedule import previous

    wanted = context.settings.backup.schedule or (NIGHTLY if context.store.dialect == "sqlite" else OFF)
    return None if wanted == OFF else previous(wanted, context.settings.timezone, now)


def back_up(context: Context, now: int) -> str:
    """Makes the backup that is due. The schedule counts from the first look of a worker at this database."""
    due = slot(context, now)
    with context.store.reading() as connection:
        first = connection.execute(select(func.min(jobs.c.started))).scalar()
    if due is None or first is None or first > due:
        return "the schedule counts from now on"
    path = os.pathsep.join(filter(None, (str(HOME), os.environ.get("PYTHONPATH"))))
    child = subprocess.Popen(  # noqa: S603 - our own arguments
        [sys.executable, "-P", "-c", CALL, "backup", "--json"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": path, DATABASE_VARIABLE: context.settings.database_url},
        process_group=0,  # Ctrl+C is for this process, which ends that one
    )
    os.setpriority(os.PRIO_PROCESS, child.pid, NICE)
    return _outcome(child, context)


def _outcome(child: "subprocess.Popen[str]", context: Context) -> str:
    while True:
        try:
            said, complaint = child.communicate(timeout=LOOK_S)
            break
        except subprocess.TimeoutExpired:
            if context.stopping.is_set():
                _end(child)
                raise StoreError("the worker ended before the backup was done") from None
    if child.returncode != 0:
        raise StoreError(complaint.strip().removeprefix("cascadewatch: ")[:1_000] or "the backup failed")
    made = json.loads(said)
    checked = "verified" if made["verified"] else "not verified"
    return f"{made['file']}, {made['bytes'] / 2**20:,.1f} MiB, {checked}; {len(made['deleted'])} deleted"


def _end(child: "subprocess.Popen[str]") -> None:
    child.terminate()
    try:
        child.communicate(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
