"""Is everything arriving: the rows of the Sources page. Pure.

Rows are plain mappings, ready for a table; times in epoch ms.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cascadewatch.metrics import compute
from cascadewatch.metrics.window import Window
from cascadewatch.store.disk import Disk
from cascadewatch.store.reads import Arrivals, Database, Job, Source
from dashboard.formats import HOUR, UNKNOWN, ago, count, duration, milliseconds

Row = dict[str, Any]
OUTCOMES = ("accepted", "duplicate", "conflict", "rejected")
WIDTHS = (1, 2, 3, 6, 12, 24)  # hours
MOST = 120  # bars in the chart


def answer(last: int | None, totals: Mapping[str, int], now: int) -> str:
    """When something last came, and how much of the range was not taken."""
    came = "Nothing has been stored yet." if last is None else f"The last event arrived {ago(last, now)}."
    if not sum(totals.values()):
        return f"{came} Nothing arrived in this range."
    took = f"{count(totals['accepted'])} accepted in this range"
    apart = [
        words
        for outcome, words in (
            ("rejected", f"{count(totals['rejected'])} refused"),
            ("conflict", f"{count(totals['conflict'])} put aside"),
            ("duplicate", f"{count(totals['duplicate'])} sent twice"),
        )
        if totals[outcome]
    ]
    return f"{came} {', '.join([took, *(apart or ['nothing refused'])])}."


def sender_rows(sources: Sequence[Source], arrivals: Iterable[Arrivals]) -> list[Row]:
    """One row per sender that ever sent or tried to, the latest first; `cascades` are its cascades with
    the events of each, the counts are of the range."""
    senders: dict[str, Row] = {}
    for s in sources:
        row = senders.setdefault(s.source, _sender(s.source))
        row["cascades"].append((s.cascade, s.events))
        row["stored"] += s.events
        row["last"] = max(row["last"] or 0, s.last_received)
        row["newest"] = max(row["newest"] or 0, s.last_time)
    for a in arrivals:
        row = senders.setdefault(a.source, _sender(a.source))
        row[a.outcome] += a.n
        row["lag_ms"] += a.lag_ms
        row["last"] = max(row["last"] or 0, a.last)
    for row in senders.values():
        row["lag"] = row["lag_ms"] / row["accepted"] if row["accepted"] else None
    return sorted(senders.values(), key=lambda r: -(r["last"] or 0))


def _sender(name: str) -> Row:
    return {
        "source": name, "cascades": [], "stored": 0, "last": None, "newest": None, "lag_ms": 0,
        **dict.fromkeys(OUTCOMES, 0),
    }  # fmt: skip


def cascades_in_words(cascades: Sequence[tuple[str, int]]) -> str:
    """A sender's cascades, the busiest first.

    >>> cascades_in_words([("coding", 12), ("support", 3400)])
    'support 3,400, coding 12'
    """
    return ", ".join(f"{name} {count(n)}" for name, n in sorted(cascades, key=lambda c: (-c[1], c[0])))


def refusal_rows(arrivals: Iterable[Arrivals]) -> list[Row]:
    """Refused records by sender and reason, the latest first."""
    found: dict[tuple[str, str], Row] = {}
    for a in arrivals:
        if a.outcome == "rejected":
            row = found.setdefault(
                (a.source, a.reason), {"source": a.source, "reason": a.reason, "n": 0, "last": 0}
            )
            row["n"] += a.n
            row["last"] = max(row["last"], a.last)
    return sorted(found.values(), key=lambda r: -r["last"])


def bar_width(start: int, end: int) -> int:
    """Width of the chart's bars in ms: whole hours, at most 120 bars."""
    hours = next((h for h in WIDTHS if (end - start) / (h * HOUR) <= MOST), 7 * 24)
    return hours * HOUR


def per_bar(arrivals: Iterable[Arrivals], width: int) -> dict[str, dict[int, int]]:
    """Records per outcome and bar {outcome: {start: n}}."""
    out: dict[str, dict[int, int]] = {}
    for a in arrivals:
        bars = out.setdefault(a.outcome, {})
        start = a.bucket - a.bucket % width
        bars[start] = bars.get(start, 0) + a.n
    return out


def coverage_rows(windows: Mapping[str, Window]) -> list[Row]:
    """Per cascade: the share of attempts and verdicts with a price, what never has one (`never`), and
    what sometimes lacks one (`partly`), as where no tokens were sent."""
    rows = []
    for name, window in windows.items():
        share = compute(window, ["price_coverage"])["price_coverage"]
        never, partly = unpriced(window)
        rows.append(
            {"cascade": name, "share": None if share.value is None else share.value * 100, "n": share.n,
             "never": ", ".join(never) or None, "partly": ", ".join(partly) or None}
        )  # fmt: skip
    return sorted(rows, key=lambda r: (r["share"] is None, r["share"] or 0))


def unpriced(window: Window) -> tuple[list[str], list[str]]:
    """Models (tiers and verifiers where none is named) that never have a price, and those that at times
    have none, with how often; the most frequent first."""
    found: dict[str, tuple[int, int]] = {}
    for t in window.tiers:
        c = t.counts
        for name, ought, priced in (
            (t.model or t.tier, c["priceable"], c["priced"]),
            (t.verifier or t.tier, c["verify_priceable"], c["verify_priced"]),
        ):
            missing, held = found.get(name, (0, 0))
            found[name] = missing + ought - priced, held + priced
    lacking = sorted((f for f in found.items() if f[1][0]), key=lambda f: -f[1][0])
    never = [f"{name} ({count(missing)})" for name, (missing, held) in lacking if not held]
    return never, [f"{name} ({count(missing)})" for name, (missing, held) in lacking if held]


def database_rows(database: Database, oldest: str, disk: Disk) -> list[tuple[str, str]]:
    """What there is to say of the database; `oldest` is when the oldest single event happened."""
    kind = {"sqlite": "SQLite", "postgresql": "Postgres"}.get(database.kind, database.kind)
    return [
        ("Kind", kind),
        ("Schema", database.schema or UNKNOWN),
        ("Size", size(database.size)),
        *_disk_rows(disk),
        ("Events ever stored", count(database.events)),
        ("Single events since", oldest),
        ("Labels waiting for their event", count(database.labels_waiting)),
    ]


def _disk_rows(disk: Disk) -> list[tuple[str, str]]:
    if disk.percent is None or disk.free is None:
        return []
    return [("Its disk", f"{disk.percent:.0f} % full, {size(disk.free)} left")]


def size(size_bytes: int) -> str:
    """Bytes for people.

    >>> size(84_078_592), size(900)
    ('80.2 MiB', '900 bytes')
    """
    value = float(size_bytes)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if value < 1024 or unit == "GiB":
            break
        value /= 1024
    return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:,.1f} {unit}"


def job_rows(jobs: Sequence[Job]) -> list[Row]:
    """Runs of background jobs."""
    return [
        {"job": j.job, "state": j.state, "started": j.started, "message": j.message,
         "took": None if j.finished is None else milliseconds(j.finished - j.started)}
        for j in jobs
    ]  # fmt: skip


def lag(value: float | None) -> str:
    r"""A mean lag: milliseconds to days.

    >>> lag(250.0), lag(7_200_000.0), lag(None)
    ('250\xa0ms', '2\xa0h', '–')
    """
    if value is None:
        return UNKNOWN
    return milliseconds(value) if value < HOUR else duration(round(value))
