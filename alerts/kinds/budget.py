"""The money of a month's replays that is nearly spent: after it no run goes on."""

from collections import Counter
from typing import Any

from sqlalchemy import Connection

from alerts.finding import Finding, Scope
from alerts.rules import NEARLY
from alerts.windows import Windows
from cascadewatch.drift.diagnosis.spoken import percent
from cascadewatch.metrics.window import Metric
from cascadewatch.settings import Rule, Settings
from cascadewatch.store import replay_money, replays
from cascadewatch.store.episodes import EVERY

NO_BACK_TEST = "is judged from what replays spent, which is listed under Replays"
USD = 1e-9  # of a nano-dollar
LATEST = 1000  # runs looked through for who spent most


def look(windows: Windows, settings: Settings, rule: Rule, now: int) -> list[Finding]:
    """One finding about all replays together; none without a [replay.NAME], or where nothing may be spent."""
    from cascadewatch.replay.running import month_limit

    if not settings.replay:
        return []
    start, most = month_limit(settings, now)
    if not most:
        return []
    spent, limit = replay_money.spent_since(windows.connection, start), rule.above or NEARLY
    share = Metric(spent / most, 0, unit="share")
    money = f"${spent * USD:,.2f} of ${most * USD:,.2f}"
    said = f"Replays have spent or hold {money} this month, {percent(spent / most)}."
    scope, detail = Scope(EVERY), {"limit": limit}
    if spent <= limit * most:
        return [Finding(rule, scope, "ok", share, said, "up", detail=detail | {"cleared": {"money": money}})]
    about = {
        "spent_usd": spent * USD, "month_usd": most * USD, "start": start, "share": spent / most,
        "by": _spenders(windows.connection, start),
    }  # fmt: skip
    return [Finding(rule, scope, "breached", share, said, "up", detail=detail | {"about": about})]


def _spenders(connection: Connection, start: int) -> list[dict[str, Any]]:
    """The three replays that spent most since `start`, and in how many runs."""
    spent, runs = Counter[str](), Counter[str]()
    for run in replays.runs(connection, limit=LATEST):
        if run.started >= start:
            spent[run.name] += run.spent + run.reserved
            runs[run.name] += 1
    return [
        {"replay": name, "usd": usd * USD, "runs": runs[name]} for name, usd in spent.most_common(3) if usd
    ]
