"""Whatever becomes of a valid body on its way, it is taken or refused with a reason, and nothing is lost."""

import io
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cascadewatch.errors import InputError
from cascadewatch.model import Event
from cascadewatch.store.receipt import Batch, Receipt, Rejection
from collectors.csv_events import decode
from collectors.formats import Decoded, Options
from tests.collectors.bad.asked import OUTCOMES, Asked
from tests.collectors.bad.mutated import bodies, labels, tables

EXAMPLES = int(os.environ.get("CASCADEWATCH_FUZZ_EXAMPLES", "7000"))  # of each kind, in the long form
DAY = 86_400_000
QUICK = settings(
    max_examples=80, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.data_too_large],
)  # fmt: skip
LONG = settings(QUICK, max_examples=EXAMPLES, derandomize=False)


def events_are_taken_or_refused(asked: Asked, sent: tuple[bytes, bool]) -> None:
    body, lines = sent
    said = asked.lines(body) if lines else asked.post(body)
    assert said.status in ((200,) if lines else (200, 400))


def labels_are_taken_or_refused(asked: Asked, sent: tuple[bytes, bool]) -> None:
    body, lines = sent
    said = asked.lines(body, path="/v1/labels") if lines else asked.post(body, "/v1/labels")
    assert said.status in ((200,) if lines else (200, 400))


def rows_are_taken_or_refused(asked: Asked, data: bytes) -> None:
    lines = enumerate(io.BytesIO(data), 1)
    rows = decode(lines, Options(), asked.now, asked.now - 400 * DAY)
    try:
        found = [row for row in rows if isinstance(row, Decoded)]
    except InputError as error:
        said = str(error)
    else:
        said, receipt = "", stored(asked, found)
        assert receipt.received == len(found) == sum(getattr(receipt, outcome) for outcome in OUTCOMES)
        assert all(0 < len(one.reason) <= 300 for one in receipt.errors)
    assert len(said) <= 300


def stored(asked: Asked, found: list[Decoded]) -> Receipt:
    taken = [(d.line, d.result) for d in found if isinstance(d.result, Event)]
    refused = [d.result for d in found if isinstance(d.result, Rejection)]
    receipt: Receipt = asked.writer.write([Batch("local", taken, refused, asked.now)])[0]
    asked.counted.update({outcome: getattr(receipt, outcome) for outcome in OUTCOMES})
    return receipt


@QUICK
@given(sent=bodies())
def test_events(asked: Asked, sent: tuple[bytes, bool]) -> None:
    events_are_taken_or_refused(asked, sent)


@QUICK
@given(sent=bodies("labels", labels()))
def test_labels(asked: Asked, sent: tuple[bytes, bool]) -> None:
    labels_are_taken_or_refused(asked, sent)


@QUICK
@given(data=tables())
def test_csv(asked: Asked, data: bytes) -> None:
    rows_are_taken_or_refused(asked, data)


@pytest.mark.soak
@LONG
@given(sent=bodies())
def test_events_for_long(asked: Asked, sent: tuple[bytes, bool]) -> None:
    events_are_taken_or_refused(asked, sent)


@pytest.mark.soak
@LONG
@given(sent=bodies("labels", labels()))
def test_labels_for_long(asked: Asked, sent: tuple[bytes, bool]) -> None:
    labels_are_taken_or_refused(asked, sent)


@pytest.mark.soak
@LONG
@given(data=tables())
def test_csv_for_long(asked: Asked, data: bytes) -> None:
    rows_are_taken_or_refused(asked, data)


@pytest.mark.soak
@LONG
@given(body=st.binary(max_size=4000), lines=st.booleans())
def test_bytes_for_long(asked: Asked, body: bytes, lines: bool) -> None:
    events_are_taken_or_refused(asked, (body, lines))
