"""What a Retry-After header asks for, in every form that servers write."""

import time
from collections.abc import Iterator

import pytest

from cascadewatch.outgoing.retry_after import LONGEST_WAIT, retry_after

NOON = 1_795_262_400.0  # 2026-11-21 12:00 UTC


@pytest.fixture(params=["UTC", "Asia/Tokyo"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patched:
        patched.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("zone")
@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0), ("30", 30), (" 30 ", 30), ("99999999999999", LONGEST_WAIT),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0), ("Sat, 21 Nov 2099 11:00:00 GMT", LONGEST_WAIT),
        ("Saturday, 21-Nov-26 12:00:30 GMT", 30), ("Sat Nov 21 12:00:30 2026", 30),
        ("Sat, 21 Nov 2026 12:01:00 -0000", 60), ("Sat, 21 Nov 2026 12:01:00", 60),
        ("", None), ("-1", None), ("1.5", None), ("soon", None), ("٣", None), ("9" * 5_000, None),
        ("Sat, 99 Nov 2026 11:00:00 GMT", None), ("1e9", None), ("Sat, 1 Nov 9999999 11:00:00 GMT", None),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
    ],
)  # fmt: skip
def test_forms(text: str, seconds: int | None) -> None:
    assert retry_after({"retry-after": text}, NOON) == seconds


def test_a_date_counts_from_the_other_sides_own_clock() -> None:
    headers = {"date": "Sat, 21 Nov 2026 12:00:00 GMT", "retry-after": "Sat, 21 Nov 2026 12:01:30 GMT"}
    assert retry_after(headers, 0.0) == 90


def test_without_the_header_nothing_is_asked_for() -> None:
    assert retry_after({}, NOON) is None
