"""CSV files of events: columns, constants, cells, and refusals that name the column."""

import csv
import io
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadewatch.errors import InputError
from cascadewatch.model import Event
from cascadewatch.store.receipt import Rejection
from collectors import csv_events, csv_rows
from collectors.csv_events import decode
from collectors.csv_rows import Rows
from collectors.decode import decode_event
from collectors.event_paths import leaves, place
from collectors.formats import Decoded, Options

NOW = 1_795_262_400_000
HEAD = "id,time,cascade,attempts.0.tier"
ROW = "e1,2026-11-20T12:00:00Z,support,small"


def read(data: str | bytes, **options: Any) -> list[Decoded]:
    raw = data.encode() if isinstance(data, str) else data
    lines = enumerate(io.BytesIO(raw), 1)
    return [d for d in decode(lines, Options(**options), NOW, 0) if isinstance(d, Decoded)]


def one(data: str | bytes, **options: Any) -> Event:
    (decoded,) = read(data, **options)
    assert isinstance(decoded.result, Event), decoded.result
    return decoded.result


def refused(data: str | bytes, **options: Any) -> Rejection:
    (decoded,) = read(data, **options)
    assert isinstance(decoded.result, Rejection), decoded.result
    return decoded.result


def test_a_row_is_the_event_its_columns_spell() -> None:
    got = one(
        f"{HEAD},route,latency_ms,completed,attempts.0.usage.input,attempts.0.usage.output,attempts.0.cost_usd,"
        "attempts.0.verdict.outcome,attempts.0.verdict.score,attempts.1.tier,attempts.1.status,tags.team\n"
        f"{ROW},faq,1840,yes,512,128.0,3.1e-4,reject,0.41,flagship,timeout,growth\n"
    )
    same = {
        "id": "e1", "time": "2026-11-20T12:00:00Z", "cascade": "support", "route": "faq", "latency_ms": 1840,
        "completed": True, "tags": {"team": "growth"},
        "attempts": [
            {"tier": "small", "usage": {"input": 512, "output": 128}, "cost_usd": 0.00031,
             "verdict": {"outcome": "reject", "score": 0.41}},
            {"tier": "flagship", "status": "timeout"},
        ],
    }  # fmt: skip
    assert got == decode_event(msgspec.json.encode(same), 0, NOW, 0)


def test_an_empty_cell_is_absent_not_zero() -> None:
    event = one(f"{HEAD},attempts.0.usage.input,attempts.0.verdict.outcome,attempts.1.tier\n{ROW},, ,\n")
    assert len(event.attempts) == 1
    assert (event.attempts[0].usage, event.attempts[0].verdict) == (None, None)


def test_columns_can_be_mapped_and_left_out() -> None:
    event = one(
        "request,when,cascade,attempts.0.tier,comment\n" + ROW + ",never mind\n",
        mapping={"request": "id", "when": "time", "comment": ""},
    )
    assert event.id == "e1"


def test_constants_stand_for_what_no_column_holds() -> None:
    data = "id,time,attempts.0.verdict.outcome,attempts.1.model\ne1,2026-11-20T12:00:00Z,reject,big\n"
    constants = {
        "cascade": "support",
        "attempts.0.tier": "small",
        "attempts.0.verdict.verifier": "judge-v2",
        "attempts.1.tier": "flagship",
    }
    event = one(data, constants=constants)
    assert [a.tier for a in event.attempts] == ["small", "flagship"]
    assert event.attempts[0].verdict is not None
    assert event.attempts[0].verdict.verifier == "judge-v2"


def test_constants_make_no_attempt_and_no_verdict_that_the_row_has_not() -> None:
    data = f"{HEAD},attempts.0.verdict.outcome,attempts.1.model\n{ROW},,\n"
    event = one(data, constants={"attempts.0.verdict.verifier": "judge", "attempts.1.tier": "flagship"})
    assert (len(event.attempts), event.attempts[0].verdict) == (1, None)


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("latency_ms", "nan", "not_finite"),
        ("latency_ms", "-Infinity", "not_finite"),
        ("latency_ms", "1e999", "not_finite"),
        ("latency_ms", "1 840", "expected a number"),
        ("latency_ms", "$5", "expected a number"),
        ("attempts.0.usage.input", "5.5", "expected a whole number"),
        ("attempts.0.usage.input", "-1", "expected a whole number from 0"),
        ("attempts.0.verdict.score", "0x1", "expected a number"),
        ("attempts.0.status", "fine", "expected one of error, ok"),
        ("completed", "maybe", "expected true or false"),
        ("labels.0.attempt", "7", "missing"),
    ],
)
def test_a_cell_that_cannot_be_is_refused_by_column(column: str, cell: str, said: str) -> None:
    rejection = refused(f"{HEAD},{column}\n{ROW},{cell}\n")
    assert said in rejection.reason
    assert rejection.field is not None
    assert rejection.field.partition("[")[0] in column
    assert (rejection.index, rejection.id) == (2, "e1")


def test_a_refusal_names_the_users_column_not_the_path() -> None:
    rejection = refused(f"{HEAD},tokens\n{ROW},-5\n", mapping={"tokens": "attempts.0.usage.input"})
    assert rejection.field == "tokens"


def test_a_time_without_zone_is_refused() -> None:
    assert refused(f"{HEAD}\ne1,2026-11-20 12:00:00,support,small\n").field == "time"


def test_an_attempt_may_not_be_missing_before_another() -> None:
    rejection = refused(
        "id,time,cascade,attempts.0.tier,attempts.1.tier\ne1,2026-11-20T12:00:00Z,support,,big\n"
    )
    assert rejection.field == "attempts.0"


@pytest.mark.parametrize("cells", ["e1,x", ROW + ",more"])
def test_a_row_of_another_width_is_refused(cells: str) -> None:
    assert "the header 4" in refused(f"{HEAD}\n{cells}\n").reason


def test_quoted_cells_hold_commas_quotes_and_line_breaks() -> None:
    first, second = read(f'{HEAD},text.prompt\n{ROW},"a, ""b""\nc"\n{ROW.replace("e1", "e2")},d\n')
    assert isinstance(first.result, Event)
    assert first.result.text is not None
    assert first.result.text.prompt == 'a, "b"\nc'
    assert (first.line, second.line) == (2, 4)
    assert first.raw.count(b"\n") == 2


def test_a_broken_quote_does_not_harm_the_next_row() -> None:
    bad, good = read(f'{HEAD}\n"e1"x,2026-11-20T12:00:00Z,support,small\n{ROW}\n')
    assert isinstance(bad.result, Rejection)
    assert "not readable as CSV" in bad.result.reason
    assert isinstance(good.result, Event)


def table(count: int, odd: dict[int, str]) -> str:
    """Rows e2, e3, … in the lines of these numbers, some with another last cell."""
    rows = [f"e{n},2026-11-20T12:00:00Z,support,{odd.get(n, 'small')}" for n in range(2, count + 2)]
    return "\n".join([HEAD, *rows]) + "\n"


def sorted_out(data: str) -> tuple[list[int], list[int]]:
    """The lines that were taken and those that were refused."""
    found = read(data)
    taken = [d.line for d in found if isinstance(d.result, Event)]
    return taken, [d.line for d in found if isinstance(d.result, Rejection)]


@pytest.mark.parametrize(
    ("odd", "lost"),
    [
        ({11: '"small'}, [11]),
        ({2: '"small'}, [2]),
        ({501: '"small'}, [501]),
        ({11: '"small', 12: '"small', 13: '"small'}, [11, 12, 13]),
        ({11: '"small', 300: '"small"'}, [11]),
        ({11: 'small"', 12: '"sm"all'}, [12]),
    ],
    ids=["alone", "first", "last", "in three rows", "before a quoted cell", "in the midst of a cell"],
)
def test_an_open_quote_costs_its_own_line(odd: dict[int, str], lost: list[int]) -> None:
    taken, refused = sorted_out(table(500, odd))
    assert refused == lost
    assert taken == [n for n in range(2, 502) if n not in lost]


def test_the_refusal_of_an_open_quote_says_where_it_led() -> None:
    bad = next(d.result for d in read(table(20, {5: '"small'})) if isinstance(d.result, Rejection))
    assert bad.index == 5
    assert "by line 21 there is an error" in bad.reason
    assert "the next ones are read" in bad.reason


def test_rows_that_their_quotes_join_are_named_where_they_are_refused_for_their_width() -> None:
    (bad,) = (d.result for d in read(table(9, {4: '"x', 7: 'y",z'})) if isinstance(d.result, Rejection))
    assert "from here to line 7" in bad.reason


@pytest.mark.parametrize("line", ['a",,"c', 'x,"y', ',"', '"a""', '""",'])
def test_a_file_in_which_every_line_has_a_quote_takes_linear_time(
    line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0

    class Counted(Rows):
        def __next__(self) -> str:
            nonlocal asked
            asked += 1
            return super().__next__()

    monkeypatch.setattr(csv_events, "Rows", Counted)
    monkeypatch.setattr(csv_rows, "ALLOWANCE", 1000)
    count = 5_000
    found = read(HEAD + "\n" + f"{line}\n" * count)
    assert asked <= 3 * count + 1000
    assert all(isinstance(d.result, Rejection) for d in found)
    assert sum(d.raw.count(b"\n") for d in found) == count  # each is told of, once


def test_a_row_ends_where_no_row_can_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_rows, "MAX_ROW_LINES", 10)
    taken, refused = sorted_out(table(500, {11: '"small', 300: '"small\n\n\n\nor so"'}))
    assert refused == [11]
    assert len(taken) == 499


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters_are_seen_in_the_header(delimiter: str) -> None:
    assert one(f"{HEAD}\n{ROW}\n".replace(",", delimiter)).cascade == "support"


def test_a_byte_order_mark_and_windows_line_ends_are_no_part_of_the_data() -> None:
    assert one(b"\xef\xbb\xbf" + f"{HEAD}\r\n{ROW}\r\n".encode()).attempts[0].tier == "small"


def test_bytes_that_are_not_utf8_refuse_their_row_alone() -> None:
    bad, good = read(f"{HEAD},route\n{ROW},caf\n".encode()[:-1] + b"\xe9\n" + f"{ROW},faq\n".encode())
    assert isinstance(bad.result, Rejection)
    assert (bad.result.field, "UTF-8" in bad.result.reason) == ("route", True)
    assert isinstance(good.result, Event)


@pytest.mark.parametrize(
    ("header", "options", "said"),
    [
        (HEAD + ",latency", {}, "did you mean 'latency_ms'"),
        (HEAD + ",attempts.0.usage.inptu", {}, "did you mean 'attempts.N.usage.input'"),
        (HEAD + ",attempts.16.tier", {}, "leave it out"),
        ("time,cascade,attempts.0.tier", {}, "no column gives 'id'"),
        (HEAD + ",id", {}, "given twice"),
        (HEAD, {"mapping": {"tme": "time"}}, "did you mean 'time'"),
        (HEAD + ",x", {"mapping": {"x": "rout"}}, "did you mean 'route'"),
        (HEAD, {"constants": {"latency_ms": "soon"}}, "expected a number"),
        (HEAD, {"constants": {"id": "e"}}, "given twice"),
    ],
)
def test_the_header_is_checked_before_any_row(header: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        read(f"{header}\n", **options)


def test_utf16_is_named() -> None:
    with pytest.raises(InputError, match="UTF-16"):
        read(HEAD.encode("utf-16"))


def test_every_field_of_an_event_can_be_a_column() -> None:
    assert {
        "labels.N.correct",
        "attempts.N.verdict.usage.reasoning",
        "text.answers.N",
        "fingerprints.prefix",
    } <= set(leaves())
    for path, kind in leaves().items():
        assert place(path.replace("N", "0")).type == kind


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=40)


@given(names=st.lists(CELLS.filter(str.strip), min_size=1, max_size=5))
def test_any_text_survives_the_way_through_a_csv_file(names: list[str]) -> None:
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow([*HEAD.split(","), "route"])
    for number, name in enumerate(names):
        table.writerow([f"e{number}", "2026-11-20T12:00:00Z", "support", "small", name])
    got = [d.result for d in read(out.getvalue())]
    assert [e.route for e in got if isinstance(e, Event)] == names
