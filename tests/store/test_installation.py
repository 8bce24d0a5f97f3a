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


def test_the_latest_runs_of_jobs_come_first(store_url: str, now: int) -> None:
    store = Store(store_url)
    run = {"owner": "a", "fence": 1, "state": "done", "message": None}
    with store.writing() as connection:
        for slot in range(3):
            times = {"slot": now + slot, "started": now + slot, "finished": now + slot + 5}
            connection.execute(insert(tables.jobs).values(job="upkeep", **run, **times))
    with store.reading() as connection:
        found = reads.jobs(connection, limit=2)
    store.close()
    assert [(job.job, job.slot, job.finished) for job in found] == [
        ("upkeep", now + 2, now + 7),
        ("upkeep", now + 1, now + 6),
    ]
