"""Counters as Prometheus reads them (text exposition format 0.0.4). Pure."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Family(NamedTuple):
    """One metric with all its series: label values to the number."""

    name: str
    kind: str  # counter or gauge
    help: str
    labels: tuple[str, ...]
    values: Mapping[tuple[str, ...], int]


def exposition(families: Iterable[Family]) -> str:
    """The text, families and series in a fixed order.

    >>> print(exposition([Family("n_total", "counter", "Things.", ("a",), {("x",): 2})]), end="")
    # HELP n_total Things.
    # TYPE n_total counter
    n_total{a="x"} 2
    """
    lines: list[str] = []
    for f in families:
        lines += (f"# HELP {f.name} {f.help}", f"# TYPE {f.name} {f.kind}")
        lines += (f"{f.name}{_labels(f.labels, key)} {f.values[key]}" for key in sorted(f.values))
    return "\n".join(lines) + "\n"


def _labels(names: tuple[str, ...], values: tuple[str, ...]) -> str:
    if not names:
        return ""
    pairs = (f'{name}="{_escaped(value)}"' for name, value in zip(names, values, strict=True))
    return "{" + ",".join(pairs) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
