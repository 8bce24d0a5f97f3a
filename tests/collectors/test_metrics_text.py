"""The text that Prometheus reads."""

import pytest

from collectors.metrics_text import Family, exposition


def test_a_family_has_its_help_its_type_and_its_series_in_order() -> None:
    family = Family("n_total", "counter", "Things.", ("a", "b"), {("y", "1"): 2, ("x", "1"): 3})
    assert exposition([family]).splitlines() == [
        "# HELP n_total Things.",
        "# TYPE n_total counter",
        'n_total{a="x",b="1"} 3',
        'n_total{a="y",b="1"} 2',
    ]


@pytest.mark.parametrize(
    ("value", "written"),
    [('"', r"\""), ("\\", r"\\"), ("\n", r"\n"), ("\\n", r"\\n"), ("é{},=", "é{},="), ("\r", "\r")],
)
def test_no_label_can_end_its_line_or_its_quotes(value: str, written: str) -> None:
    text = exposition([Family("n", "gauge", "Things.", ("a",), {(value,): 1})])
    assert text.split("\n")[-2] == f'n{{a="{written}"}} 1'


def test_without_labels_there_are_no_braces() -> None:
    assert exposition([Family("n", "gauge", "Things.", (), {(): 1})]).endswith("\nn 1\n")
