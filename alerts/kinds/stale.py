"""Quality that nobody has checked for a week, and a verifier's calibration that may not hold any more.

Only of cascades with a [replay.NAME]: without one there is nothing to be late.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from alerts.checking import latest, newest, tables_of
from alerts.finding import Finding, Scope
from alerts.rules import DAY_MS, WEEK_MS, span_words
from alerts.staleness import Calibrated, Checked, Used, old, outdated, unchecked
from alerts.windows import Windows
from cascadewatch.metrics.window import Metric
from cascadewatch.replay.binding import differences
from cascadewatch.settings import Rule, Settings
from cascadewatch.settings.replaying import Replay
from cascadewatch.store import in_use, probes, reports, spacing
from cascadewatch.store.cells import ALL
from cascadewatch.store.reports import Head

NO_BACK_TEST = "is judged from labels and reports, which are listed under Quality and Replays"
ENDED_MS = WEEK_MS  # without events for so long: nothing is served that could be checked


def look(windows: Windows, settings: Settings, rule: Rule, now: int) -> list[Finding]:
    """One finding for each cascade with events that a [replay.NAME] is about."""
    named = tables_of(settings)
    found = [
        _look(windows, settings, rule, cascade, tables, now)
        for cascade, tables in named.items()
        if rule.cascade in (None, cascade)
    ]
    return [one for one in found if one is not None]


def _look(
    windows: Windows, settings: Settings, rule: Rule, cascade: str, tables: Mapping[str, Replay], now: int
) -> Finding | None:
    connection = windows.connection
    first = spacing.first_event(connection, cascade, ALL)
    last = spacing.last_event(connection, cascade, ALL, now)
    if first is None or last is None:
        return None
    if now - last > ENDED_MS:
        said = f"No events for more than {span_words(ENDED_MS)}: there is nothing to check."
        nothing = Metric(None, 0, reason="no events")
        return Finding(rule, Scope(cascade), "no_data", nothing, said, detail={"ended": True})
    heads = latest(connection, tables)
    known = windows.reader.known.cascades.get(cascade)
    checked = newest(None if known is None else known.last_label, heads) or Checked(first, None)
    calibrated = _calibrated(connection, [head for head in heads if tables[head.name].verifier is not None])
    worn = [] if calibrated is None else _worn(connection, settings, cascade, calibrated, now)
    return _finding(rule, cascade, checked, (calibrated, worn), tables, now)


def _worn(
    connection: Connection, settings: Settings, cascade: str, calibrated: Calibrated, now: int
) -> list[str]:
    """Why the calibration may not hold any more: what the settings and traffic say otherwise since."""
    provenance = reports.report(connection, calibrated.report).body["provenance"]
    differs = differences(provenance, settings, calibrated.name)
    return outdated(calibrated, _used(connection, cascade, calibrated.created, now), differs)


def _finding(
    rule: Rule, cascade: str, checked: Checked, calibration: tuple[Calibrated | None, list[str]],
    tables: Mapping[str, Replay], now: int,
) -> Finding:  # fmt: skip
    window, (calibrated, changed) = rule.window or WEEK_MS, calibration
    late = unchecked(checked, window, now)
    reasons = [] if late is None else [late]
    since = [] if late is None else [checked.at + window]
    runs = [] if late is None else list(tables)
    if calibrated is not None:
        aged = old(calibrated, now)
        worn = [*aged, *changed]
        since += [calibrated.created + calibrated.LASTS_MS] if aged else []
        runs += [calibrated.name] if worn and calibrated.name not in runs else []
        reasons += worn
    age = Metric(float(now - checked.at), 0, unit="ms")
    if not reasons:
        return Finding(rule, Scope(cascade), "ok", age, checked.words(now), detail={"cleared": {}})
    about = {
        "reasons": reasons,
        "late": late is not None,
        "checked": checked.at if checked.by else None,
        "calibration": None if calibrated is None else calibrated.report,
        "commands": [_command(name, tables[name]) for name in runs],
    }
    detail = {"about": about} | ({"since": min(since)} if since else {})
    return Finding(rule, Scope(cascade), "breached", age, " ".join(reasons), detail=detail)


def _command(name: str, table: Replay) -> str:
    return f"cascadewatch {'verifier' if table.target is None else 'replay'} {name}"


def _calibrated(connection: Connection, heads: Sequence[Head]) -> Calibrated | None:
    """The newest calibration of a verifier."""
    for head in sorted(heads, key=lambda head: head.created, reverse=True):
        found = reports.report(connection, head.id)
        if found.body.get("calibration"):
            return Calibrated.of(found)
    return None


def _used(connection: Connection, cascade: str, then: int, now: int) -> Used:
    """What live traffic names now, and what it named on the day before the calibration."""
    today = in_use.mostly(connection, cascade, now - DAY_MS, now)
    before = in_use.mostly(connection, cascade, then - DAY_MS, then)
    settled = probes.settled(probes.probe(connection, cascade, now))
    return Used(
        models={name for (what, _), name in today.items() if what == "model"},
        verifiers={tier: name for (what, tier), name in today.items() if what == "verifier"},
        before={tier: name for (what, tier), name in before.items() if what == "verifier"},
        thresholds={str(said) for (what, _), said in settled.items() if what == "threshold"},
        verifier_models={str(said) for (what, _), said in settled.items() if what == "verifier model"},
    )
