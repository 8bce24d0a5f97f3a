"""What the Sources page says of the database itself and of the jobs that ran on it."""

from sqlalchemy import insert

from cascadewatch.store import migrate, reads, tables
from cascadewatch.store.engine import Store


def test_an_empty_database_tells_kind_schema_and_size(store_url: str) -> None:
    store = Store(store_url)
    with store.reading() as connection:
        found = reads.database(connection)
    store.close()
    assert found.kind == ("sqlite" if store_url.startswith("sqlite") else "postgresql")
    assert found.schema == migrate.HEAD
    assert found.size > 10_000
    assert (found.events, found.oldest, found.labels_waiting) == (0, None, 0)


def test_a_backup_that_failed_at_night_is_seen_among_jobs_of_every_minute(store_url: str, now: int) -> None:
    store = Store(store_url)
    runs = [("evaluate", now + minute, "done") for minute in range(200)]
    runs += [("back-up", now - 3, "failed"), ("back-up", now - 2, "failed"), ("back-up", now - 1, "done")]
    with store.writing() as connection:
        for job, slot, state in runs:
            times = {"slot": slot, "started": slot, "finished": slot + 5}
            said = {"job": job, "owner": "a", "fence": 1, "state": state, "message": None}
            connection.execute(insert(tables.jobs).values(**said, **times))
    with store.reading() as connection:
        found = reads.jobs(connection)
    store.close()
    assert [(job.job, job.slot, job.state) for job in found] == [
        ("back-up", now - 2, "failed"),
        ("evaluate", now + 199, "done"),
        ("back-up", now - 1, "done"),
    ]
