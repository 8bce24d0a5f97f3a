"""What the shared fixtures promise to the tests that use them."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import NullPool, create_engine, func, inspect, select, text

from cascadewatch.store import tables

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def put_a_table_into(url: str) -> list[str]:
    """Tables found on arrival; leaves one behind."""
    engine = create_engine(url, poolclass=NullPool)
    found = inspect(engine).get_table_names()
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE left_behind (id INTEGER)"))
    return found


def test_a_database_is_empty_on_arrival(database_url: str) -> None:
    assert put_a_table_into(database_url) == []


def test_the_next_test_does_not_see_what_the_last_one_left(database_url: str) -> None:
    assert put_a_table_into(database_url) == []


def test_the_url_names_a_driver_that_is_installed(database_url: str) -> None:
    assert create_engine(database_url).dialect.driver in {"pysqlite", "psycopg"}


def test_a_store_has_the_schema_but_no_events(store_url: str) -> None:
    engine = create_engine(store_url, poolclass=NullPool)
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(tables.events)).scalar() == 0
        assert {table.name for table in tables.metadata.sorted_tables} <= set(
            inspect(engine).get_table_names()
        )


def test_the_present_is_the_one_it_says(now: int) -> None:
    assert (
        datetime.fromtimestamp(now / 1000, UTC).strftime("%A %Y-%m-%d %H:%M") == "Saturday 2026-11-21 12:00"
    )


def test_the_browser_renders_a_page(browser: "Browser") -> None:
    page = browser.new_page()
    page.set_content("<p id=a>before</p><script>document.getElementById('a').textContent = 'after'</script>")
    assert page.inner_text("#a") == "after"
    page.close()
