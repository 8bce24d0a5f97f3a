"""Puts measured figures into docs/performance.md: one row per promise, and one per stage of ingest.

python bench/render_docs.py INGEST.json QUERIES.json STARTUP.json … [--print]

Takes the documents that the benches print, in any order and number. A row that none of them measured stays
as it is on the page; one that nobody ever measured shows "–".
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from size_rows import DASH, sizes, stages

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
MARKS = "<!-- {}: begin -->", "<!-- {}: end -->"
Json = dict[str, Any]


class Promise(NamedTuple):
    """A row: what is promised, where the figure stands in the documents, what it is compared with."""

    what: str
    goal: str
    found: Callable[[Json], str]
    beside: Callable[[Json], str] = lambda _: ""


def main() -> None:
    """Reads, renders, writes."""
    parser = argparse.ArgumentParser(description="Renders the benches' figures.")
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--print", action="store_true", dest="only_print", help="the table alone, on stdout")
    given = parser.parse_args()
    found: Json = {}
    for file in given.files:
        merge(found, json.loads(file.read_text()))
    if given.only_print:
        print(table(found))
        return
    page = PAGE.read_text()
    for part in ("figures", *(["stages"] if "stages" in found else [])):
        begin, end = (mark.format(part) for mark in MARKS)
        before, _, rest = page.partition(begin)
        old, _, after = rest.partition(end)
        new = stages(found) if part == "stages" else kept(table(found), old)
        page = f"{before}{begin}\n{new}\n{end}{after}"
    PAGE.write_text(page)


def kept(new: str, old: str) -> str:
    """The new rows; where one has no figure, the old one of the same name and goal."""
    known = {promised(row): row for row in old.splitlines()}
    rows = new.splitlines()
    return "\n".join(known.get(promised(row), row) if f"| {DASH} |" in row else row for row in rows)


def promised(row: str) -> tuple[str, ...]:
    """What a row is about, and its goal; several rows are called "the same"."""
    return tuple(row.split(" | ")[:2])


def merge(into: Json, other: Json) -> None:
    """Adds one document to another, table by table."""
    for key, value in other.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value


def table(found: Json) -> str:
    """The rows as Markdown."""
    lines = ["| what | goal | measured | beside it, in the same run |", "|---|---|---|---|"]
    for promise in PROMISES:
        cells = (promise.what, promise.goal, shown(promise.found, found), shown(promise.beside, found))
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def shown(cell: Callable[[Json], str], found: Json) -> str:
    """A cell, or a dash where its figure is missing."""
    try:
        return cell(found)
    except KeyError:
        return DASH


def http(database: str, size: str) -> tuple[Callable[[Json], str], Callable[[Json], str]]:
    """Measured and beside, of one size of requests."""

    def measured(found: Json) -> str:
        part = found["databases"][database]["http"][size]["cascadewatch"]
        return f"{part['events_per_second']:,}/s; {part['events_per_cpu_second']:,} per CPU second"

    def beside(found: Json) -> str:
        part = found["databases"][database]["http"][size]
        reference, limit = part["reference"]["events_per_second"], part["limit"]["events_per_second"]
        return f"{part['ours_to_reference']:.2f} of the reference ({reference:,}/s); raw rows {limit:,}/s"

    return measured, beside


def acknowledged(found: Json) -> str:
    """Wait of a sender."""
    part = found["databases"]["sqlite"]["acknowledgement"]
    return f"p50 {part['p50_ms']:.0f} ms, p99 {part['p99_ms']:.0f} ms"


def asked(found: Json) -> str:
    """The slowest question."""
    part = found["databases"]["sqlite"]["worst_p95"]
    return f"{part['ms']:.0f} ms ({part['question']})"


def raw(found: Json) -> str:
    """The same sums out of event rows."""
    part = found["databases"]["sqlite"]["raw_hourly_sums"]
    return f"hourly sums of {part['rows']:,} event rows: {part['p50_ms']:,.0f} ms"


def milliseconds(*path: str) -> Callable[[Json], str]:
    """A median of startup.py."""

    def cell(found: Json) -> str:
        for key in path:
            found = found[key]
        return f"{found['median']} ms"

    return cell


def memory(process: str) -> Callable[[Json], str]:
    """Idle memory of a server."""
    return lambda found: f"{found['servers'][process]['rss_mib']:.0f} MiB"


def disk(found: Json) -> str:
    """Bytes of one event with everything that belongs to it."""
    return str(found["databases"]["sqlite"]["http"]["500"]["cascadewatch"]["bytes_per_event"])


def played(found: Json) -> str:
    """A whole replay."""
    part = found["replay"]
    return f"{part['command_s']:.1f} s, {part['seconds']:.1f} s of it the run; {part['rss_mib']:.0f} MiB"


def worst(part: str, figure: Callable[[Json], float], unit: str) -> Callable[[Json], str]:
    """The page with the largest figure."""

    def cell(found: Json) -> str:
        pages: Json = found["pages"][part]
        name = max(pages, key=lambda page: figure(pages[page]))
        return f"{figure(pages[name]):,.{0 if unit == 'ms' else 2}f} {unit} ({name})"

    return cell


def beside_bare(found: Json) -> str:
    """What Streamlit and Plotly take by themselves, and the quickest page of ours."""
    part = found["pages"]
    least = min(page["settled_ms"]["p50"] for page in part["browser"].values())
    bare = part["bare_page"]["settled_ms"]["p50"]
    return f"a bare Streamlit page with four charts {bare:,.0f} ms; our quickest {least:,.0f} ms"


def watched(found: Json) -> str:
    """Wait of a sender beside open dashboards."""
    part = found["pages"]["ingest"]
    return f"p50 {part['watched']['p50_ms']:.0f} ms, p99 {part['watched']['p99_ms']:.0f} ms"


def unwatched(found: Json) -> str:
    """The same alone, and what the process held."""
    part = found["pages"]["ingest"]
    held, slope = part["rss_mib"]["at_the_end"], part["growth_mib_per_minute"]
    return f"alone p99 {part['alone']['p99_ms']:.0f} ms; the process held {held} MiB, {slope:+.1f} a minute"


def growth(database: str) -> tuple[Callable[[Json], str], Callable[[Json], str]]:
    """Speed into a full database, and the two speeds behind the ratio."""

    def measured(found: Json) -> str:
        part = found["growth"][database]
        return f"{part['full_to_empty_per_cpu_second']:.2f} with {part['held']:,} events held"

    def beside(found: Json) -> str:
        part = found["growth"][database]
        full, empty = (part[key]["events_per_cpu_second"] for key in ("full", "empty"))
        return f"{full:,} against {empty:,} per CPU second; {part['bytes_per_event']} bytes an event"

    return measured, beside


PROMISES = (
    Promise(
        "ingest over HTTP, SQLite, 500 events a request", "10,000/s; 0.40 of the reference",
        *http("sqlite", "500"),
    ),
    Promise("the same, 50 a request", "7,000/s", *http("sqlite", "50")),
    Promise("the same, 1 a request, 16 senders", "1,500/s", *http("sqlite", "1")),
    Promise("ingest over HTTP, Postgres, 500 events a request", "8,000/s", *http("postgres", "500")),
    Promise("the same, 50 a request", "", *http("postgres", "50")),
    Promise("the same, 1 a request, 16 senders", "", *http("postgres", "1")),
    Promise("acknowledgement at a steady 500 events/s, 50 a request", "p99 100 ms", acknowledged),
    Promise(
        "`cascadewatch ingest FILE`, start included", "15,000/s",
        lambda found: f"{found['databases']['sqlite']['file']['events_per_second']:,}/s",
    ),
    Promise("slowest single question of a page, any range up to 90 days, p95", "50 ms", asked, raw),
    Promise(
        "slowest page, its script and questions, warm, p95", "300 ms",
        worst("server_ms", lambda page: page["p95"], "ms"),
    ),
    Promise(
        "slowest page in a browser that was there before, until the last figure stands", "1.5 s",
        worst("browser", lambda page: page["settled_ms"]["p50"], "ms"), beside_bare,
    ),
    Promise(
        "largest payload of a page", "1.5 MiB", worst("browser", lambda page: page["payload_mib"], "MiB")
    ),
    Promise(
        "acknowledgement at 500 events/s while five dashboards are open", "p99 250 ms", watched, unwatched
    ),
    Promise(
        "ingest into a full database against an empty one, per CPU second", "0.65", *growth("sqlite")
    ),
    Promise("the same on Postgres", "0.65", *growth("postgres")),
    Promise(
        "`serve`: start to first 200, new database", "1.5 s",
        milliseconds("servers", "serve", "first_200_ms"),
    ),
    Promise("`up`: start to first page, new database", "4 s", milliseconds("servers", "up", "first_page_ms")),
    Promise(
        "`cascadewatch --help`", "300 ms", milliseconds("commands_ms", "--help"),
        lambda found: f"bare Python {found['commands_ms']['python -c pass']['median']} ms",
    ),
    Promise(
        "`cascadewatch report`", "800 ms", milliseconds("commands_ms", "report"),
        lambda found: f"import of SQLAlchemy {found['commands_ms']['import sqlalchemy']['median']} ms",
    ),
    Promise(
        "`cascadewatch replay`: 1,000 cases, a provider that takes 50 ms, 16 calls at once, start included",
        "6 s; 150 MiB", played, lambda found: f"waiting alone {found['replay']['floor_s']:.1f} s",
    ),
    Promise("memory of `serve`, idle", "120 MiB", memory("serve")),
    Promise("memory of `up`, idle, before the first visitor", "300 MiB", memory("up")),
    Promise("bytes per event on disk, indexes and rollups included", "800", disk),
    *(Promise(*row) for row in (*sizes("SQLite", "sqlite"), *sizes("Postgres", "postgres"))),
)  # fmt: skip


if __name__ == "__main__":
    main()
