"""A replay or verifier check of a cascade that ended worse than its baseline, or twice without an end.

A run by hand counts at once. One that nobody asked for counts once an independent run agrees: its
confirmation, or the next one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Literal

from sqlalchemy import Connection

from alerts.finding import Finding, Scope
from alerts.windows import Windows
from cascadewatch.metrics.window import Metric
from cascadewatch.settings import Rule, Settings
from cascadewatch.store import reports
from cascadewatch.store.reports import Head, Report

NO_BACK_TEST = "is judged from reports, which are listed under Replays"
CHECK = "verifier check"
NOTES = 3  # of a report, in a message
# The most serious first: wrong answers are shipped, then the model is worse, then money is wasted.
RATES = ("false_accept", "accuracy", "false_escalate")

State = Literal["regressed", "incomplete", "unconfirmed", "fine"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a replay stands by its reports. `head` is the one that says so, `since` when it first did (epoch
    ms), `before` the last report that did not."""

    state: State
    head: Head
    since: int
    before: Head | None


def look(windows: Windows, settings: Settings, rule: Rule, now: int) -> list[Finding]:
    """One finding for each cascade that a [replay.NAME] is about."""
    named: dict[str, list[str]] = {}
    for name, table in settings.replay.items():
        if table.cascade is not None and rule.cascade in (None, table.cascade):
            named.setdefault(table.cascade, []).append(name)
    return [_look(windows.connection, rule, Scope(cascade), names) for cascade, names in named.items()]


def standing(heads: Sequence[Head]) -> Standing | None:
    """Where the replay of these reports stands, newest first; None before its first report."""
    if not heads:
        return None
    ended = reports.ended(heads)
    found = _ended(ended) if ended else Standing("fine", heads[0], heads[0].created, None)
    broken = list(takewhile(lambda head: head.verdict == "incomplete", heads))
    if len(broken) > 1 and found.state != "regressed":
        return Standing("incomplete", heads[0], broken[-1].created, ended[0] if ended else None)
    return found


def _ended(heads: Sequence[Head]) -> Standing:
    bad = list(takewhile(lambda head: head.verdict == "regressed", heads))
    if not bad:
        return Standing("fine", heads[0], heads[0].created, None)
    before = heads[len(bad)] if len(heads) > len(bad) else None
    state: State = "unconfirmed" if reports.awaits_confirmation(heads) else "regressed"
    return Standing(state, bad[0], bad[-1].created, before)


def _look(connection: Connection, rule: Rule, scope: Scope, names: Sequence[str]) -> Finding:
    known = [found for name in names if (found := standing(reports.heads(connection, name))) is not None]
    if not known:
        said = f"No run of {', '.join(names)} has ended yet."
        return Finding(rule, scope, "no_data", Metric(None, 0, reason=said), said)
    bad = [_told(connection, one) for one in known if one.state == "regressed"]
    if bad:
        return _breached(rule, scope, sorted(bad, key=lambda about: _rank(about["rates"])))
    stuck = [_incomplete(connection, one) for one in known if one.state == "incomplete"]
    if stuck:
        return _breached(rule, scope, stuck)
    waiting = [one for one in known if one.state == "unconfirmed"]
    return _unconfirmed(rule, scope, waiting[0]) if waiting else _fine(rule, scope, known)


def _told(connection: Connection, one: Standing) -> dict[str, Any]:
    """What a message needs of a report that regressed, the rate that matters most in front."""
    report = reports.report(connection, one.head.id)
    found: Mapping[str, Mapping[str, Any]] = report.body["rates"]
    rates = [_rate(name, found[name]) for name in RATES if _is_worse(found.get(name))]
    return _about(report, one) | {
        "state": "regressed", "rates": rates, "cause": one.head.cause, "notes": _notes(report),
    }  # fmt: skip


def _incomplete(connection: Connection, one: Standing) -> dict[str, Any]:
    report = reports.report(connection, one.head.id)
    return _about(report, one) | {"state": "incomplete", "rates": [], "notes": _notes(report)}


def _about(report: Report, one: Standing) -> dict[str, Any]:
    return {
        "report": report.id,
        "replay": report.name,
        "kind": report.body["kind"],
        "created": report.created,
        "since": one.since,
        "before": None if one.before is None else one.before.created,
    }


def _notes(report: Report) -> list[str]:
    return [str(note) for note in report.body["notes"][:NOTES]]


def _rate(name: str, of: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("value", "baseline", "low", "high", "n", "sentence")
    return {"name": name, **{key: of[key] for key in kept}}


def _is_worse(rate: Mapping[str, Any] | None) -> bool:
    return rate is not None and rate["verdict"] == "regressed"


def _rank(rates: Sequence[Mapping[str, Any]]) -> int:
    return RATES.index(rates[0]["name"]) if rates else len(RATES)


def _breached(rule: Rule, scope: Scope, bad: Sequence[Mapping[str, Any]]) -> Finding:
    """What the worst of them says, with the names of the others."""
    first = bad[0]
    lax = any(one["kind"] == CHECK and _rank(one["rates"]) == 0 for one in bad)
    about = {**first, "others": [one["replay"] for one in bad[1:]]}
    detail = {"about": about, "severity": "page" if lax else "ticket", "since": first["since"]}
    return Finding(rule, scope, "breached", _metric(first), sentence(first), detail=detail)


def sentence(about: Mapping[str, Any]) -> str:
    """What is the matter with a replay, in one sentence."""
    what = f"{about['kind']} {about['replay']}"
    if about["state"] == "incomplete":
        why = f" {about['notes'][0]}" if about["notes"] else ""
        return f"The last two runs of {what} were incomplete, so nothing is known.{why}"
    moved = "; ".join(rate["sentence"].rstrip(".") for rate in about["rates"])
    return f"The {what} regressed{f': {moved}' if moved else ''}."


def _metric(about: Mapping[str, Any]) -> Metric:
    if not about["rates"]:
        return Metric(None, 0, reason="no rate is known to be worse")
    rate = about["rates"][0]
    return Metric(rate["value"], rate["n"], rate["low"], rate["high"], unit="share")


def _unconfirmed(rule: Rule, scope: Scope, one: Standing) -> Finding:
    said = f"Report {one.head.id} of {one.head.name} regressed; a second run has to agree before it counts."
    return Finding(rule, scope, "undecided", Metric(None, 0, reason="not confirmed yet"), said)


def _fine(rule: Rule, scope: Scope, known: Sequence[Standing]) -> Finding:
    cleared = {one.head.name: {"report": one.head.id, "verdict": one.head.verdict} for one in known}
    said = "; ".join(f"report {of['report']} of {name}: {of['verdict']}" for name, of in cleared.items())
    nothing = Metric(None, 0, reason="nothing regressed")
    said = f"{said[0].upper()}{said[1:]}."
    return Finding(rule, scope, "ok", nothing, said, detail={"cleared": cleared})
