"""The last verifier check and the last replay against the cheap tier that began after a change.

Of each [replay.NAME] of the cascade the newest of its own reports: none of a run that was incomplete, or
that asked another --target.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection

from cascadewatch.drift.diagnosis.checks import CHECK, REPLAY, same_model
from cascadewatch.drift.diagnosis.material import Change, Check, CheckedRate, CheckKind
from cascadewatch.settings import Settings
from cascadewatch.settings.replaying import Replay
from cascadewatch.store import reports
from cascadewatch.store.reports import Head, Report

MOVED = ("regressed", "improved")
_TESTED = ("model", "verifier", "verifier model", "threshold")  # changes that a report can be about


class Cheap(NamedTuple):
    """The cheap tier and the models that answered on it; None: it is not known."""

    tier: str | None
    models: Collection[str]


def checks(
    connection: Connection, settings: Settings, cascade: str, cheap: Cheap, changes: Iterable[Change],
    since: int, now: int,
) -> tuple[Check, ...]:  # fmt: skip
    """At most one of each kind: of several the one whose regression says something of this change, else the
    newest; one without a report where a [replay.NAME] has none since. Times are epoch ms."""
    times = [since, *(c.time for c in changes if c.what in _TESTED and c.time < now)]
    best: dict[CheckKind, Check] = {}
    for name, table in settings.replay.items():
        kind: CheckKind = CHECK if table.target is None else REPLAY
        if table.cascade != cascade:
            continue
        own = reports.ended(reports.heads(connection, name, until=now))
        if kind == REPLAY and not _is_cheap(connection, settings, table, cheap, own):
            continue
        found = _check(connection, kind, name, own, (min(times), max(times)))
        if kind not in best or _rank(found) > _rank(best[kind]):
            best[kind] = found
    return tuple(best[kind] for kind in (CHECK, REPLAY) if kind in best)


def _rank(check: Check) -> tuple[bool, bool, int]:
    regressed = check.verdict == "regressed" and check.sure and check.compared and not check.already
    return check.report is not None, regressed, check.time


def _is_cheap(
    connection: Connection, settings: Settings, table: Replay, cheap: Cheap, own: list[Head]
) -> bool:
    """Whether its target answers as the cheap tier does: it has the tier's name, or one of its models."""
    if table.target == cheap.tier:
        return True
    model = settings.model.get(table.target or "")
    asked = [] if model is None or model.model is None else [model.model]
    if own:
        asked += _models(reports.report(connection, own[0].id))
    return any(same_model(one, other) for one in asked for other in cheap.models if one and other)


def _models(report: Report) -> list[str]:
    return list(report.body["provenance"].get("models") or ())


def _check(
    connection: Connection, kind: CheckKind, name: str, own: list[Head], times: tuple[int, int]
) -> Check:
    """`times`: the change began not before the first of them, and was through at the second."""
    first, last = times
    if not own or own[0].started < last:
        return Check(kind, name)
    head, before = own[0], next((one for one in own if one.created < first), None)
    report = reports.report(connection, head.id)
    held: Mapping[str, Any] = report.body["provenance"]
    verifier, baseline = held.get("verifier") or {}, report.body.get("baseline")
    return Check(
        kind, name, head.id, head.started, head.verdict,
        rates=tuple(_rate(rate, said) for rate, said in report.body["rates"].items()),
        compared=baseline is not None and baseline["created"] < first,
        sure=not reports.awaits_confirmation(own),
        already=head.verdict in MOVED and before is not None and before.verdict == head.verdict,
        threshold=verifier.get("threshold"),
        asks=verifier.get("asks"),
        models=tuple(_models(report)),
    )  # fmt: skip


def _rate(name: str, said: Mapping[str, Any]) -> CheckedRate:
    return CheckedRate(
        name, said["verdict"], said["value"], said["low"], said["high"], said["n"], said.get("baseline"),
        said.get("change"),
    )  # fmt: skip
