"""Columns of tables: every number right-aligned and in the format of its kind.

tables.share("Share")       a bar from 0 to 100; values are percentages (`escalating.percentage`)
tables.usd("Cost", values)  dollars with as many decimals as these values need
"""

from collections.abc import Iterable, Mapping, Sequence
from math import floor, log10
from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    import pandas as pd

LOOK: dict[str, Any] = {"height": "content"}  # every row in sight
LONG: dict[str, Any] = {"height": "auto"}  # ten rows in sight


def share(label: str, help_text: str | None = None) -> Any:
    """A percentage as a bar."""
    return st.column_config.ProgressColumn(
        label, help=help_text, format="%.1f %%", min_value=0, max_value=100, width=115
    )


def percent(label: str, help_text: str | None = None) -> Any:
    """A percentage as a number."""
    return st.column_config.NumberColumn(label, help=help_text, format="%.1f %%", width=90)


def points(label: str, help_text: str | None = None) -> Any:
    """A difference of two percentages."""
    return st.column_config.NumberColumn(label, help=help_text, format="%+.1f pts", width=100)


def number(label: str, help_text: str | None = None, width: int = 90) -> Any:
    """A whole number with thousands."""
    return st.column_config.NumberColumn(label, help=help_text, format="localized", width=width)


def usd(label: str, values: Iterable[float | None], help_text: str | None = None) -> Any:
    """Dollars: cents, and more decimals where the largest amount is below ten dollars."""
    digits = decimals(values)
    form = "dollar" if digits == 2 else f"$%.{digits}f"  # which knows no thousands
    return st.column_config.NumberColumn(label, help=help_text, format=form, width=95)


def money(label: str, help_text: str | None = None) -> Any:
    """Dollars and cents that may be below 0."""
    return st.column_config.NumberColumn(label, help=help_text, format="dollar", width=85)


def decimals(values: Iterable[float | None]) -> int:
    """Decimals with which the largest of these amounts has three significant digits, cents at least.

    >>> decimals([1234.5, 0.1]), decimals([0.00123, None]), decimals([])
    (2, 5, 2)
    """
    largest = max((abs(v) for v in values if v), default=0.0)
    return 2 if largest >= 1 or largest == 0 else min(9, 2 - floor(log10(largest)))


def seconds(label: str, help_text: str | None = None) -> Any:
    """Seconds with three digits."""
    return st.column_config.NumberColumn(label, help=help_text, format="%.3g s", width=100)


def in_seconds(rows: Iterable[Mapping[str, Any]], key: str) -> list[dict[str, Any]]:
    """Rows whose milliseconds under `key` are seconds.

    >>> in_seconds([{"latency": 11599.0}, {"latency": None}], "latency")
    [{'latency': 11.599}, {'latency': None}]
    """
    return [{**row, key: None if row[key] is None else row[key] / 1000} for row in rows]


def words(label: str, help_text: str | None = None, width: int | None = None) -> Any:
    """Text, ours or a sender's: a plain cell reads no markup."""
    return st.column_config.TextColumn(label, help=help_text, width=width)


def time(label: str, zone: str, help_text: str | None = None) -> Any:
    """A moment on the wall clock of a zone; values are aware timestamps (`moments`)."""
    return st.column_config.DatetimeColumn(
        label, help=help_text, format="ddd D MMM, HH:mm:ss", timezone=zone, width=160
    )


def minute(label: str, zone: str, help_text: str | None = None) -> Any:
    """A moment without its seconds."""
    return st.column_config.DatetimeColumn(
        label, help=help_text, format="ddd D MMM, HH:mm", timezone=zone, width=140
    )


def moment(millis: int | None) -> Any:
    """Epoch ms as the aware timestamp that `time` and `minute` show."""
    import pandas as pd

    return None if millis is None else pd.Timestamp(millis, unit="ms", tz="UTC")


def frame(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> "pd.DataFrame":
    """Rows as a table; numbers that are not known stay empty, and are shown as "–"."""
    import pandas as pd

    return pd.DataFrame([{c: row[c] for c in columns} for row in rows], columns=list(columns))
