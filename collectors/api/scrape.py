"""The sums behind `GET /metrics`, as counters that never fall."""

import threading

from sqlalchemy import Connection

from cascadewatch.store import totals
from cascadewatch.store.engine import Store
from collectors.api import scrape_alerting
from collectors.metrics_text import Family

Values = dict[tuple[str, ...], int]

_KEPT_MS = 5000  # scrapes that come together share one reading
_SERIES = ("cascade", "route")

_HELP = {
    "events": "Events received from live traffic.",
    "judged": "Events whose cheap-tier answer was accepted or rejected.",
    "escalated": "Events escalated after a reject of the cheap tier.",
    "cost_nanousd": "Known cost in nano-dollars (1e-9 USD), verdicts included.",
}


class Counters:
    """Reads the totals, which days that leave the rollups and cheaper prices do not lower; and lets nothing
    else fall while the process runs, as that would look to Prometheus like a restart."""

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
                    found = _families(totals.told(connection)) + scrape_alerting.counted(connection)
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


def _families(told: totals.Totals) -> list[Family]:
    """A family for each counter of live traffic, one for verdicts, one for what arrived."""
    values: dict[str, Values] = {name: {} for name in (*_HELP, "verdicts", "ingest")}
    for (name, *labels), n in told.items():
        if name in totals.VERDICTS:
            if n:
                values["verdicts"][labels[0], labels[1], totals.VERDICTS[name]] = n
        else:
            values[name][labels[0], labels[1]] = n
    found = [_counter(name, _HELP[name], _SERIES, values[name]) for name in _HELP]
    found.append(_counter("verdicts", "Verdicts by outcome.", (*_SERIES, "outcome"), values["verdicts"]))
    help_text = "Records received, by sender and by what became of them."
    return [*found, _counter("ingest", help_text, ("source", "outcome"), values["ingest"])]


def _over_caps(connection: Connection) -> Family:
    from cascadewatch.store.reads import over_the_caps  # brings the metrics along

    help_text = "1 where more names came than [limits] counts one by one; the rest share __other__."
    values: Values = dict.fromkeys(over_the_caps(connection), 1)
    return Family("cascadewatch_names_over_cap", "gauge", help_text, ("cascade", "kind"), values)


def _counter(name: str, help_text: str, labels: tuple[str, ...], values: Values) -> Family:
    return Family(f"cascadewatch_{name}_total", "counter", help_text, labels, values)
