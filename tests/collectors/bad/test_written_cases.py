"""How many bad inputs are written down by hand: rows of tables, not the fields they are tried in."""

from collections.abc import Sized

from tests import test_outside_names
from tests.collectors.bad import (
    hostile_text,
    test_csv_files,
    test_encodings,
    test_identity,
    test_injection,
    test_keys,
    test_log_lines,
    test_numbers,
    test_other_bodies,
    test_shapes,
    test_syntax,
    test_times,
)

TABLES: dict[str, list[Sized]] = {
    "numbers": [test_numbers.LITERALS],
    "no JSON, and depth": [
        test_syntax.NOT_JSON,
        test_syntax.OTHER_FORMS,
        test_syntax.DEEP,
        test_syntax.LEVELS,
    ],
    "encodings": [test_encodings.GZIP, test_encodings.ENCODINGS, test_encodings.TYPES],
    "times": [test_times.TAKEN, test_times.REFUSED, test_times.RANGES],
    "text": [hostile_text.TEXTS, hostile_text.LONG],
    "identity": [test_identity.SAME, test_identity.OTHER, test_identity.APART, test_identity.NO_IDS],
    "keys": [test_keys.KEYS, test_keys.TWICE],
    "shapes of cascades": [test_shapes.SHAPES, test_shapes.NO_SHAPES],
    "CSV": [test_csv_files.HEADERS, test_csv_files.ROWS, *test_csv_files.CELLS.values()],
    "other bodies": [test_other_bodies.CASES, test_other_bodies.WHOLE, test_other_bodies.IDS],
    "names of files": [test_outside_names.NAMES, test_outside_names.DAMAGED],
    "log lines": [test_log_lines.STRINGS],
}


def written() -> int:
    """Rows of all tables; the 500 strings of SQL are made, and not among them."""
    return sum(len(table) for tables in TABLES.values() for table in tables)


def test_there_are_more_than_four_hundred_and_every_class_has_its_own() -> None:
    assert written() >= 900
    assert all(sum(map(len, tables)) >= 30 for tables in TABLES.values())
    assert len(test_injection.STRINGS) == 500
