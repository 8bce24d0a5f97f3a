"""CSV nobody should have to read: headers, rows and cells. A header is refused whole, a row alone."""

import io

import pytest

from cascadewatch.errors import InputError
from cascadewatch.model import Event
from cascadewatch.store.receipt import Rejection
from collectors.csv_events import decode
from collectors.formats import Decoded, Options

NOW, DAY = 1_795_262_400_000, 86_400_000
HEAD = b"id,time,cascade,attempts.0.tier"
ROW = b"e1,2026-11-20T12:00:00Z,support,small"
HEADERS: dict[str, bytes] = {
    "nothing": b"\n",
    "one comma": b",",
    "ten thousand commas": b"," * 10_000,
    "blanks": b" , , , ",
    "NUL": b"\0",
    "NUL in a name": HEAD + b",rou\0te",
    "a column nobody knows": HEAD + b",comment",
    "a column twice": HEAD + b",id",
    "a column twice in other words": HEAD + b", id ",
    "in capitals": HEAD.upper(),
    "no id": HEAD[3:],
    "no tier": HEAD[:15],
    "an open quote": HEAD + b',"route',
    "a quote in a name": HEAD + b',ro"ute',
    "only quotes": b'"""""',
    "lines that end in CR": HEAD + b"\r" + ROW + b"\r",
    "a CR in its midst": HEAD + b"\rroute",
    "latin-1": HEAD + b",r\xe9gion",
    "UTF-16": HEAD.decode().encode("utf-16"),
    "UTF-16 the other way": b"\xfe\xff" + HEAD.decode().encode("utf-16-be"),
    "two marks of UTF-8": b"\xef\xbb\xbf\xef\xbb\xbf" + HEAD,
    "a name of 200,000 characters": HEAD + b"," + b"x" * 200_000,
    "a formula": HEAD + b",=1+1",
    "a path of Python": HEAD + b",__class__.__init__",
    "a place too far": HEAD + b",attempts.16.tier",
    "a place before the first": HEAD + b",attempts.-1.tier",
    "a place of 5,000 digits": HEAD + b",attempts." + b"9" * 5_000 + b".tier",
    "a place in superscript": HEAD + ",attempts.².tier".encode(),
    "a place in Arabic digits": HEAD + ",attempts.١.tier".encode(),
    "a place with a zero before it": HEAD + b",attempts.00.tier",
    "a place that is none": HEAD + b",attempts.N.tier",
    "no place": HEAD + b",attempts.tier",
    "a whole attempt": HEAD + b",attempts.1",
    "all tags": HEAD + b",tags",
    "a tag without a name": HEAD + b",tags.",
    "a tag in a tag": HEAD + b",tags.a.b",
    "JSON": b'{"id": "e1"}',
    "ANSI": b"\x1b[31m" + HEAD,
    "a space for a delimiter": HEAD.replace(b",", b" "),
    "a bar for a delimiter": HEAD.replace(b",", b"|"),
    "two delimiters": HEAD.replace(b",", b";", 1),
    "gzip": b"\x1f\x8b\x08\x00",
}
ROWS: dict[str, bytes] = {
    "a cell less": b"e1,2026-11-20T12:00:00Z,support",
    "a cell more": ROW + b",x",
    "a word": b"x",
    "NUL": b"\0",
    "an open quote at the end": ROW[:-5] + b'"small',
    "a quote in a cell": ROW[:-5] + b'"sm"all"',
    "a quote after a cell": b'"e1"x' + ROW[2:],
    "latin-1": ROW[:-5] + b"caf\xe9",
    "a surrogate": ROW[:-5] + b"\xed\xa0\x80",
    "an overlong slash": ROW[:-5] + b"\xc0\xaf",
    "no id": ROW[2:],
    "a blank id": b" " + ROW[2:],
    "an id of 129": b"x" * 129 + ROW[2:],
    "an id of 10 KB": b"x" * 10_240 + ROW[2:],
    "no tier": ROW[:-5],
    "a day": ROW.replace(b"T12:00:00Z", b""),
    "no zone": ROW.replace(b"00Z", b"00"),
    "a serial number for a time": ROW.replace(b"2026-11-20T12:00:00Z", b"46346.5"),
    "seconds for a time": ROW.replace(b"2026-11-20T12:00:00Z", b"1795262400"),
    "a German time": ROW.replace(b"2026-11-20T12:00:00Z", b"20.11.2026 12:00"),
    "tomorrow": ROW.replace(b"11-20", b"11-23"),
    "the year 1970": ROW.replace(b"2026-11-20", b"1970-01-01"),
    "the year 9999": ROW.replace(b"2026-11-20", b"9999-12-31"),
    "another delimiter": ROW.replace(b",", b";"),
    "JSON": b'{"id": "e1"}',
    "4 MB without a comma": b"x" * 4_000_000,
}
CELLS: dict[str, dict[str, str]] = {  # column: cell and what the reason says
    "attempts.0.usage.input": {
        "nan": "not_finite", "inf": "not_finite", "1e3": "whole", "1.5": "whole", "-1": "from 0",
        "1,000": "whole",
        "1 000": "whole", "0x10": "whole", "१२": "whole", "１２": "whole", "²": "whole", "½": "whole",
        "100000001": "from 0 to", "9" * 19: "from 0 to", "9" * 20: "whole", "9" * 5000: "whole",
        "true": "whole",
        "1.0000000001": "whole", "--1": "whole", "1_0": "whole", "$1": "whole", "=1+1": "whole",
        "'1": "whole",
        "null": "whole", "None": "whole", "n/a": "whole", "-": "whole", "\u200b5": "whole", "5\0": "whole",
    },
    "attempts.0.cost_usd": {
        "NaN": "not_finite", "-inf": "not_finite", "Infinity": "not_finite", "1e999": "not_finite",
        "-1e999": "not_finite", "1e9999": "a number", "10000.01": "from 0 to", "-0.01": "from 0 to",
        "$5": "a number",
        "5 USD": "a number", "0,5": "a number", "1.000,00": "a number", "1e": "a number", "e1": "a number",
        ".": "a number", "+-1": "a number", "１": "a number", "٣": "a number", "0b1": "a number",
        "1_0.5": "a number",
        "9" * 5000: "not_finite", "free": "a number",
    },
    "completed": {"maybe": "true or", "2": "true or", "-1": "true or", "wahr": "true or", "y": "true or"},
    "attempts.0.status": {"OK": "one of", "fine": "one of", "200": "one of", "ok;": "one of"},
    "labels.0.attempt": {"16": "from 0 to", "-1": "from 0 to", "first": "whole"},
}  # fmt: skip


def read(data: bytes) -> list[Event | Rejection]:
    lines = enumerate(io.BytesIO(data), 1)
    return [d.result for d in decode(lines, Options(), NOW, NOW - 400 * DAY) if isinstance(d, Decoded)]


@pytest.mark.parametrize("case", HEADERS)
def test_a_header_that_cannot_be_used_is_refused_before_any_row(case: str) -> None:
    with pytest.raises(InputError) as refused:
        read(HEADERS[case] + b"\n" + ROW + b"\n")
    assert 0 < len(str(refused.value)) <= 300
    str(refused.value).encode()  # and can be printed


@pytest.mark.parametrize("case", ROWS)
def test_a_row_that_cannot_be_is_refused_and_the_first_one_stays(case: str) -> None:
    first, *rest = read(HEAD + b"\n" + ROW + b"\n" + ROWS[case] + b"\n")
    assert isinstance(first, Event)
    (refused,) = rest
    assert isinstance(refused, Rejection)
    assert 0 < len(refused.reason) <= 300
    str(refused).encode()


@pytest.mark.parametrize(
    ("column", "cell"),
    [(column, cell) for column, cells in CELLS.items() for cell in cells],
    ids=[f"{c} {ascii(x)[:20]}/{len(x)}" for c, cells in CELLS.items() for x in cells],
)
def test_a_cell_that_cannot_be_is_refused_by_its_column(column: str, cell: str) -> None:
    text = cell.replace('"', '""')
    extra = ",labels.0.correct,labels.0.source" if column == "labels.0.attempt" else ""
    rest = ",yes,human" if extra else ""
    data = f'{HEAD.decode()},{column}{extra}\n{ROW.decode()},"{text}"{rest}\n'
    (refused,) = read(data.encode())
    assert isinstance(refused, Rejection)
    assert refused.field == column
    assert CELLS[column][cell] in refused.reason
    assert len(refused.reason) <= 300


@pytest.mark.parametrize("cell", ["5", " 5 ", "5.0", "+5", "\t5", "5.000", "005"])
def test_a_number_as_spreadsheets_write_it_is_taken(cell: str) -> None:
    (event,) = read(f'{HEAD.decode()},attempts.0.usage.input\n{ROW.decode()},"{cell}"\n'.encode())
    assert isinstance(event, Event)
    assert event.attempts[0].usage is not None
    assert event.attempts[0].usage.input == 5


def test_a_tag_may_be_called_by_a_number() -> None:
    (event,) = read(HEAD + b",tags.0,tags.2026\n" + ROW + b",a,b\n")
    assert isinstance(event, Event)
    assert event.tags == {"0": "a", "2026": "b"}
