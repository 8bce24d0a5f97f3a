"""Whether the verifier's scores mean what they say: three tiles and the reliability curve."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from cascadewatch.store.reports import Report
from dashboard import reliability_figure, template, widgets
from dashboard import text_replays as text
from dashboard.formats import NB, UNKNOWN, count, escaped


def show(of: Report) -> None:
    """Draws both; or says that there are no scores."""
    st.subheader(text.CALIBRATION, anchor=False)
    found = of.body.get("calibration")
    if not found:
        st.caption(escaped(text.NO_SCORES))
        return
    better = found.get("isotonic")
    drawn = (
        partial(_error, text.ECE, found["ece"], found["n"], better, "ece", text.ECE_MEANING),
        partial(_error, text.BRIER, found["brier"], found["n"], better, "brier", text.BRIER_MEANING),
        partial(_area, found["auroc"], found["n"]),
    )
    widgets.tiles(drawn, "calibration-tiles", columns=3)
    alt = text.CALIBRATION_ALT.format(ece=_score(found["ece"]), n=count(found["n"]))
    widgets.chart(reliability_figure.draw(found, template.is_dark()), "reliability", alt)
    st.caption(escaped(text.CALIBRATION_HINT))


def _error(
    label: str, value: float | None, n: int, better: Mapping[str, Any] | None, key: str, meaning: str
) -> None:
    caption = f"n{NB}{count(n)}"
    if better:
        corrected = text.CORRECTED.format(value=_score(better[key]), n=count(better["n"]))
        caption += f" · {corrected}"
    widgets.tile(label, _score(value), caption, meaning)


def _area(found: Mapping[str, Any] | None, n: int) -> None:
    value = None if found is None else found["value"]
    reach = None if not found or found["low"] is None else f"{_score(found['low'])}–{_score(found['high'])}"
    caption = " · ".join(part for part in (reach, f"n{NB}{count(n)}") if part)
    widgets.tile(text.AUROC, _score(value), caption, text.AUROC_MEANING)


def _score(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.3f}"
