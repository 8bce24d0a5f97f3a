"""Rows of docs/performance.md about many real events, and about where the time of one goes."""

from collections.abc import Callable
from functools import partial
from typing import Any

DASH = "–"
Json = dict[str, Any]
Cell = Callable[[Json], str]
Row = tuple[str, str, Cell] | tuple[str, str, Cell, Cell]


def load(database: str) -> tuple[Callable[[Json], str], Callable[[Json], str]]:
    """How fast many real events came in, and whether that slowed down."""

    def measured(found: Json) -> str:
        part = found["size"]["databases"][database]["load"]
        return f"{part['events']:,} events at {part['events_per_cpu_second']:,} per CPU second"

    def beside(found: Json) -> str:
        tenths = [t for t in found["size"]["databases"][database]["load"]["tenths"] if t]
        first, last = tenths[0], tenths[-1]
        return (
            f"first tenth {first['events_per_cpu_second']:,}, last {last['events_per_cpu_second']:,}; "
            f"{first['rss_mib']} and {last['rss_mib']} MiB"
        )

    return measured, beside


def of_size(database: str, cell: Callable[[Json], str]) -> Callable[[Json], str]:
    """A cell out of what was measured with many real events held."""
    return lambda found: cell(found["size"]["databases"][database])


def slowest(part: Json) -> str:
    """The slowest question."""
    worst, busiest = part["worst_p95"], part["worst_cpu"]
    return (
        f"{worst['ms']:.0f} ms ({worst['question']}); "
        f"CPU time {busiest['ms']:.0f} ms at most ({busiest['question']})"
    )


def slowest_page(part: Json) -> str:
    """The slowest page."""
    which = max(part["server_ms"], key=lambda page: part["server_ms"][page]["p95"])
    return f"{part['server_ms'][which]['p95']:.0f} ms ({which})"


def commands(part: Json) -> str:
    """Seconds of the commands that look at much."""
    return "; ".join(f"`{line}` {taken['seconds']:.1f} s" for line, taken in part["commands"].items())


def sizes(name: str, database: str) -> list[Row]:
    """The rows about many real events in one database."""
    of = partial(of_size, database)
    return [
        (f"real events one after the other, {name}: pace and memory of the writer", "", *load(database)),
        (f"… bytes per event, {name}", "800", of(lambda part: str(part["load"]["bytes_per_event"]))),
        (f"… slowest single question, {name}, p95", "50 ms", of(slowest)),
        (f"… slowest page, its script and questions, {name}, p95", "300 ms", of(slowest_page)),
        (f"… commands that look at much, {name}", "", of(commands)),
    ]


def stages(found: Json) -> str:
    """Microseconds of CPU time per event by stage of ingest, as Markdown."""
    measured = found["stages"]
    names = next(iter(measured.values()))["stages"]
    lines = ["| stage | SQLite | Postgres |", "|---|---|---|"]
    for stage in (*names, "total", "backend"):
        cells = [_micros(measured.get(database, {}), stage) for database in ("sqlite", "postgres")]
        lines.append(f"| {LONG_NAMES.get(stage, stage)} | {' | '.join(cells)} |")
    return "\n".join(lines)


LONG_NAMES = {"total": "all of it", "backend": "the database's own process beside it"}


def _micros(part: Json, stage: str) -> str:
    micros = part.get("stages", {}).get(stage, part.get(stage))
    return DASH if micros is None or (stage == "backend" and not micros) else f"{micros:.1f} µs"
