"""Format `csv`: one event a row, one column for each field (docs/ingest-files.md).

A column is named by its path in the event (`attempts.0.usage.input`) or mapped to one. An empty
cell means that the field is absent. The header is checked before the first row is read: a column
nobody knows would otherwise be lost in silence.
"""

import csv
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from cascadewatch.errors import InputError
from cascadewatch.reasons import cut
from cascadewatch.store.receipt import Rejection
from collectors.csv_rows import Row, Rows
from collectors.decode import decode_event
from collectors.event_paths import Place, convert, leaves, place
from collectors.formats import Decoded, Lines, Notice, Options, meant

REQUIRED = ("id", "time", "cascade", "attempts.0.tier")
DELIMITERS = ",;\t"

Tree = dict[Any, Any]


class _Column(NamedTuple):
    name: str
    cell: int
    place: Place


class _Table(NamedTuple):
    """What the header and the user's options say about every row."""

    width: int
    columns: list[_Column]
    constants: list[tuple[Place, Any]]


class _FaultError(Exception):
    def __init__(self, field: str | None, reason: str) -> None:
        super().__init__(reason)
        self.field, self.reason = field, cut(reason)


def decode(lines: Lines, options: Options, now: int, oldest: int) -> Iterator[Decoded | Notice]:
    """Every row as an event or a rejection that names the column.

    `InputError` when the header cannot be used.
    """
    rows = Rows(lines)
    header = rows.header()
    if header is None:
        return
    delimiter = max(DELIMITERS, key=header.count)
    table = _table(_names(header, delimiter), options)
    for row in rows.read(delimiter):
        yield Decoded(row.line, row.raw, _event(table, row, now, oldest))


def _names(header: str, delimiter: str) -> list[str]:
    if not _is_unicode(header):
        raise InputError("the header is not UTF-8; save the file as CSV in UTF-8")
    try:
        return next(csv.reader([header], delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise InputError(f"the header is not readable as CSV: {error}; a line ends in LF or CR LF") from None


def _table(names: list[str], options: Options) -> _Table:
    names = [name.strip() for name in names]
    for column in options.mapping:
        if column not in names:
            raise InputError(f"--map names the column {column!r}{meant(column, names)}, not in the header")
    columns = [
        _Column(name, index, _placed(name, options))
        for index, name in enumerate(names)
        if options.mapping.get(name, name)
    ]
    constants = [_constant(path, text) for path, text in options.constants.items()]
    _check([c.place.path for c in columns] + [p.path for p, _ in constants])
    return _Table(len(names), columns, constants)


def _placed(name: str, options: Options) -> Place:
    path = options.mapping.get(name, name)
    try:
        return place(path)
    except InputError as error:
        if name in options.mapping:
            raise InputError(f"--map {name}={path}: {error}") from None
        near, shown = meant(re.sub(r"\.\d+\b", ".N", name[:128]), leaves()), cut(name, 60)
        raise InputError(
            f"the column {shown!r} is no field of an event{near}; "
            f"say --map '{shown}=PATH', or --map '{shown}=' to leave it out"
        ) from None


def _constant(path: str, text: str) -> tuple[Place, Any]:
    found = place(path)
    try:
        return found, convert(text, found.type)
    except ValueError as error:
        raise InputError(f"--set {path}={text}: {error}") from None


def _check(paths: list[str]) -> None:
    """That no two columns go to one place and every event can have what it must have."""
    for path in REQUIRED:
        if path not in paths:
            raise InputError(
                f"no column gives {path!r}; name one with --map 'COLUMN={path}', or say --set {path}=VALUE"
            )
    twice = {path for path in paths if paths.count(path) > 1}
    if twice:
        raise InputError(f"{min(twice)!r} is given twice; leave one column out with --map 'COLUMN='")


def _event(table: _Table, row: Row, now: int, oldest: int) -> Any:
    """The event of a row or its Rejection."""
    tree: Tree = {}
    try:
        if row.broken:
            raise _FaultError(None, row.broken)
        _insist_on_width(table, row)
        _fill(tree, table, row.cells)
        raw = _encoded(tree, table, row.cells)
    except _FaultError as fault:
        known = tree.get("id")
        return Rejection(row.line, known if known and _is_unicode(known) else None, fault.field, fault.reason)
    result = decode_event(raw, row.line, now, oldest)
    return _by_column(result, table) if type(result) is Rejection else result


def _insist_on_width(table: _Table, row: Row) -> None:
    if len(row.cells) == table.width:
        return
    told = f"the row has {len(row.cells)} cells, the header {table.width}; is one unquoted?"
    if row.last > row.line:
        told += f" By its quotes it is one row from here to line {row.last}: all of it is left out."
    raise _FaultError(None, told)


def _fill(tree: Tree, table: _Table, cells: list[str]) -> None:
    for name, at, where in table.columns:
        cell = cells[at]
        if not cell or cell.isspace():
            continue
        try:
            _put(tree, where.steps, convert(cell, where.type))
        except ValueError as error:
            raise _FaultError(name, str(error)) from None
    for where, value in table.constants:
        if _applies(tree, where.steps):
            _put(tree, where.steps, value)
    _lists(tree)


def _put(tree: Tree, steps: tuple[str | int, ...], value: Any) -> None:
    for step in steps[:-1]:
        tree = tree.setdefault(step, {})
    tree[steps[-1]] = value


def _applies(tree: Tree, steps: tuple[str | int, ...]) -> bool:
    """A constant of a later attempt, a verdict or a label describes one that the row has, and
    makes none: a row without a second attempt stays without."""
    if (
        len(steps) == 1
        or steps[0] in ("tags", "fingerprints")
        or (steps[:2] == ("attempts", 0) and len(steps) == 3)
    ):
        return True
    for step in steps[:-1]:
        if step not in tree:
            return False
        tree = tree[step]
    return True


def _lists(tree: Tree) -> None:
    """Turns {0: …, 1: …} into lists. A gap between attempts is a fault: their order means something."""
    attempts = tree.get("attempts", {})
    for index in range(len(attempts)):
        if index not in attempts:
            raise _FaultError(f"attempts.{index}", f"attempt {index} is empty, but a later one is not")
    tree["attempts"] = [attempts[i] for i in sorted(attempts)]
    if labels := tree.get("labels"):
        tree["labels"] = [labels[i] for i in sorted(labels)]
    if answers := tree.get("text", {}).get("answers"):
        tree["text"]["answers"] = [answers.get(i) for i in range(max(answers) + 1)]


def _encoded(tree: Tree, table: _Table, cells: list[str]) -> bytes:
    try:
        return msgspec.json.encode(tree)
    except UnicodeEncodeError:
        column = next((c.name for c in table.columns if not _is_unicode(cells[c.cell])), None)
        raise _FaultError(column, "not UTF-8; save the file as CSV in UTF-8") from None


def _is_unicode(cell: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in cell)


def _by_column(rejection: Rejection, table: _Table) -> Rejection:
    """The rejection in the user's own words: the column instead of the path."""
    path = re.sub(r"\[(\d+)\]", r".\1", rejection.field or "")
    column = next((c.name for c in table.columns if c.place.path == path), rejection.field)
    return rejection._replace(field=column)
