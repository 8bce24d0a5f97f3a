"""`cascadewatch worker` as people start it: what waits in the outbox goes out, and it ends cleanly."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from cascadewatch.store import episodes, leases, outbox
from cascadewatch.store.engine import Store
from tests.alerts.delivering import values
from tests.alerts.delivery_scene import wait_for
from tests.alerts.http_receiver import receiving

ROOT = Path(__file__).parent.parent.parent
SETTINGS = """
database_url = "{url}"

[channel.hook]
kind = "webhook"
url = "http://127.0.0.1:{port}/in"
secret = "env:HOOK_SECRET"
allow_private = true
"""


def fire(store: Store) -> None:
    """An episode of a minute ago that nobody was told of."""
    now = time.time_ns() // 1_000_000 - 60_000
    with store.writing() as connection:
        made = episodes.add(connection, values(now))
        outbox.enqueue(
            connection, episode=made.id, transition=1, kind="firing", channels=["hook", "gone"], now=now
        )


def test_it_tells_what_waits_once_where_a_channel_is_gone(store_url: str, tmp_path: Path) -> None:
    store = Store(store_url)
    fire(store)
    with receiving() as hook:
        settings = tmp_path / "cascadewatch.toml"
        settings.write_text(SETTINGS.format(url=store_url.replace("+psycopg", ""), port=hook.port))
        code = "from cascadewatch.cli import main; main()"
        process = subprocess.Popen(
            [sys.executable, "-c", code, "worker", "--config", str(settings)],
            env=os.environ | {"PYTHONPATH": str(ROOT), "HOOK_SECRET": "known to both"},
        )
        try:
            wait_for(lambda: states(store) == {"hook": "delivered", "gone": "covered"}, 60)
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    (said,) = [json.loads(one.body) for one in hook.received]
    assert [(item["episode"], item["status"]) for item in said["items"]] == [(1, "firing")]
    with store.reading() as connection:
        lease = leases.held(connection, "worker")
    assert lease is not None
    assert lease.expires == 0, "it was given back"
    store.close()


def states(store: Store) -> dict[str, str]:
    with store.reading() as connection:
        return {row.channel: row.state for row in outbox.deliveries(connection, 1)}
