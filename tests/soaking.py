"""What `make soak` adds to pytest: the longest files begin first, and what was measured is told last."""

from collections.abc import Callable, Iterator, Mapping

import pytest

# Each worker takes the next file as it ends one. Those that mostly wait are among the first, and go on beside
# those that work.
FIRST = (
    "test_ten_million",
    "test_database_down",
    "test_killed_serve",
    "test_names_without_end",
    "test_as_described",
    "test_mutations",
    "test_kill",
    "test_killed_migration",
    "test_three_workers",
    "test_ended_under_load",
)

Record = Callable[[str, object], None]  # pytest's `record_property`


def note(record: Record, seen: Mapping[str, float]) -> None:
    """Figures that a test wants to be told at the end of `make soak`."""
    for name, value in seen.items():
        record(name, round(value, 2))


def place(item: pytest.Item) -> int:
    """Where its file comes."""
    name = item.path.stem
    return FIRST.index(name) if name in FIRST else len(FIRST)


@pytest.hookimpl(trylast=True)  # conftest.py has an order of its own
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=place)


def figures(terminal: pytest.TerminalReporter) -> Iterator[str]:
    """Of the tests that passed: what they gave to `record_property`."""
    for report in terminal.stats.get("passed", []):
        told = [f"{name} {value}" for name, value in report.user_properties]
        if told:
            yield f"{report.nodeid}: {', '.join(told)}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    lines = sorted(figures(terminalreporter))
    if lines:
        terminalreporter.section("figures")
        for line in lines:
            terminalreporter.write_line(line)
