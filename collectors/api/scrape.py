"""The sums behind `GET /metrics`, as counters that never fall."""

import threading

from sqlalchemy import Connection, func, select

from cascadewatch.metrics.measures import PARTS
from cascadewatch.store.engine import Store
from cascadewatch.store.rollup_tables import ROLLUPS
from cascadewatch.store.tables import ingest_counters
from collectors.api import scrape_alerting
from collectors.metrics_text import Family

Values = dict[tuple[str, ...], int]

_KEPT_MS = 5000  # scrapes that come together share one reading
_EVENTS = ROLLUPS["events"].tiers["day"]
_ATTEMPTS = ROLLUPS["attempts"].tiers["day"]
_SERIES = ("cascade", "route")

_HELP = {
    "events": "Events received from live traffic.",
    "judged": "Events whose cheap-tier answer was accepted or rejected.",
    "escalated": "Events escalated after a reject of the cheap tier.",
    "cost_nanousd": "Known cost in nano-dollars (1e-9 USD), verdicts included.",
}
_VERDICTS = {  # measure to outcome
    "accept": "accept",
    "reject": "reject",
    "judge_error": "error",
    "judge_timeout": "timeout",
    "judge_unparseable": "unparseable",
    "skipped": "skipped",
}


class Counters:
    """Reads the sums and lets none fall: days that leave the rollups, or a cheaper price, would look
    to Prometheus like a restart."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[tuple[str, tuple[str, ...]], tuple[int, int]] = {}
        self._families: list[Family] = []
        self._read: int | None = None

    def read(self, store: Store, now: int) -> list[Family]:
        """The families of this moment, at most five seconds old. Raises BusyError."""
        with self._lock:
            if self._read is None or not 0 <= now - self._read < _KEPT_MS:
                with store.reading() as connection:
                    found = [*_events(connection), _verdicts(connection), _ingest(connection)]
                    found += scrape_alerting.counted(connection)
                    now_so = [*scrape_alerting.present(connection), _over_caps(connection)]
                self._families = [*(f._replace(values=self._rising(f)) for f in found), *now_so]
                self._read = now
            return self._families

    def _rising(self, family: Family) -> Values:
        shown: Values = {}
        for key, value in family.values.items():
            last, total = self._seen.get((family.name, key), (0, 0))
            total += max(0, value - last)
            self._seen[family.name, key] = (value, total)
            shown[key] = total
        return shown


def _events(connection: Connection) -> list[Family]:
    t = _EVENTS.c
    cost = sum((t[f"cost_{part}"] for part in PARTS[1:]), t[f"cost_{PARTS[0]}"])
    sums = {"events": t.events, "judged": t.judged, "escalated": t.escalated, "cost_nanousd": cost}
    rows = connection.execute(
        select(t.cascade, t.route, *(func.sum(s) for s in sums.values()))
        .where(t.origin == "live", t.route != "")  # "": the sums over all routes
        .group_by(t.cascade, t.route)
    ).all()
    return [
        _counter(name, _HELP[name], _SERIES, {(r[0], r[1]): int(r[i]) for r in rows})
        for i, name in enumerate(sums, start=2)
    ]


def _verdicts(connection: Connection) -> Family:
    t = _ATTEMPTS.c
    rows = connection.execute(
        select(t.cascade, t.route, *(func.sum(t[name]) for name in _VERDICTS))
        .where(t.origin == "live", t.route != "")
        .group_by(t.cascade, t.route)
    )
    values: Values = {
        (r[0], r[1], outcome): int(r[i])
        for r in rows
        for i, outcome in enumerate(_VERDICTS.values(), 2)
        if r[i]
    }
    return _counter("verdicts", "Verdicts by outcome.", (*_SERIES, "outcome"), values)


def _ingest(connection: Connection) -> Family:
    t = ingest_counters.c
    rows = connection.execute(select(t.source, t.outcome, func.sum(t.n)).group_by(t.source, t.outcome))
    help_text = "Records received, by sender and by what became of them."
    return _counter("ingest", help_text, ("source", "outcome"), {(r[0], r[1]): int(r[2]) for r in rows})


def _over_caps(connection: Connection) -> Family:
    from cascadewatch.store.reads import over_the_caps  # brings the metrics along

    help_text = "1 where more names came than [limits] counts one by one; the rest share __other__."
    values: Values = dict.fromkeys(over_the_caps(connection), 1)
    return Family("cascadewatch_names_over_cap", "gauge", help_text, ("cascade", "kind"), values)


def _counter(name: str, help_text: str, labels: tuple[str, ...], values: Values) -> Family:
    return Family(f"cascadewatch_{name}_total", "counter", help_text, labels, values)
