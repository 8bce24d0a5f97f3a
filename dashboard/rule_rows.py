"""The rules and what each says of its streams, as rows of tables. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from cascadewatch.metrics import METRICS
from cascadewatch.store.rule_states import RuleState
from dashboard import episode_words
from dashboard import text_incidents as text
from dashboard.episode_words import number
from dashboard.formats import UNKNOWN, ago, count, duration, percent, quoted, span, unit_words

LOUDEST = ("error", "firing", "flapping", "no_data", "easing", "pending", "learning", "ok", "resolved")
CLEAR = ("ok", "firing", "easing", "resolved")  # where the numbers say it all
HOUR = 3_600_000
Row = dict[str, Any]


class Told(NamedTuple):
    """What is known of a rule besides what it says; None where only the API knows it."""

    name: str
    kind: str | None = None
    metric: str | None = None
    definition: str | None = None


def told(answer: Mapping[str, Any]) -> list[Told]:
    """The rules in an answer of `GET /v1/rules`."""
    found = answer.get("rules")
    rules = found if isinstance(found, list) else []
    return [
        Told(str(r["name"]), r.get("kind"), r.get("metric"), r.get("definition"))
        for r in rules
        if isinstance(r, dict) and r.get("name")
    ]


def known(told: Sequence[Told], states: Sequence[RuleState]) -> list[Told]:
    """Those the API told of, and after them those that left a state and nothing else."""
    names = {rule.name for rule in told}
    left = dict.fromkeys(state.rule for state in states if state.rule not in names)
    return [*told, *(Told(name) for name in left)]


def loudest(states: Sequence[RuleState]) -> str | None:
    """The worst of these states; None: it was never evaluated."""
    found = {state.state for state in states}
    return next((name for name in LOUDEST if name in found), next(iter(found), None))


def rule_rows(rules: Sequence[Told], states: Sequence[RuleState], now: int) -> list[Row]:
    """One row per rule, the loudest first."""
    rows = []
    for rule in rules:
        own = [state for state in states if state.rule == rule.name]
        worst = loudest(own)
        rows.append(
            {
                "rule": rule.name, "definition": quoted(rule.definition or "") or None,
                "streams": sum(s.cascade != "" for s in own),
                "state": UNKNOWN if worst is None else text.RULE_STATES.get(worst, worst),
                "place": LOUDEST.index(worst) if worst in LOUDEST else len(LOUDEST),
                "evaluated": ago(max((s.evaluated for s in own), default=None), now),
            }
        )  # fmt: skip
    return sorted(rows, key=lambda row: row["place"])


def stream_rows(rule: Told, states: Sequence[RuleState], now: int) -> list[Row]:
    """One row per stream of a rule, the loudest first."""
    own = [state for state in states if state.rule == rule.name]
    own.sort(key=lambda s: (LOUDEST.index(s.state) if s.state in LOUDEST else 99, s.cascade, s.route))
    return [_stream_row(rule, state, now) for state in own]


def _stream_row(rule: Told, state: RuleState, now: int) -> Row:
    detail = state.detail
    evidence = number(detail.get("evidence"))
    return {
        "where": episode_words.where(state.cascade, state.route) or text.RULE_ITSELF,
        "state": text.RULE_STATES.get(state.state, state.state),
        "value": in_unit(rule, state, state.value),
        "interval": _interval(rule, state),
        "n": state.n,
        "baseline": baseline(detail),
        "seen": seen_in(detail) or (text.UNSEEN if unseen(detail) else None),
        "evidence": None if evidence is None else min(100.0, max(0.0, evidence * 100)),
        "message": str(
            detail.get("lacking") or (state.message if state.state not in CLEAR else unseen(detail)) or ""
        ),
        "evaluated": ago(state.evaluated, now),
    }


def unit(rule: Told, state: RuleState) -> str:
    """The unit of what a rule looks at."""
    said = state.detail.get("unit")
    if isinstance(said, str) and said:
        return said
    if rule.metric is None:
        return "share" if "evidence" in state.detail else "ratio"
    spec = METRICS.get(rule.metric.partition("[")[0])
    return spec.unit if spec else "ratio"


def in_unit(rule: Told, state: RuleState, value: float | None) -> str:
    """A value as people read it."""
    return unit_words(unit(rule, state), value)


def _interval(rule: Told, state: RuleState) -> str | None:
    if state.low is None or state.high is None:
        return None
    if unit(rule, state) == "share":
        return span(state.low, state.high)
    return f"{in_unit(rule, state, state.low)} – {in_unit(rule, state, state.high)}"


def baseline(detail: Mapping[str, Any]) -> str | None:
    """The pinned rate of a stream; None where there is none."""
    held = detail.get("baseline")
    rate = number(held.get("rate")) if isinstance(held, dict) else number(held)
    return None if rate is None else percent(rate)


def seen_in(detail: Mapping[str, Any]) -> str | None:
    """How long a change by the rule's tolerance takes to see; None: it is not known, or not looked for."""
    hours = number(detail.get("hours_to_see"))
    if hours is None:
        return None
    return duration(max(60_000, round(hours * HOUR)))


def unseen(detail: Mapping[str, Any]) -> str | None:
    """Which moves are not looked for although the rule's tolerance asks for them, and why."""
    said = detail.get("unseen")
    return said if isinstance(said, str) and said else None


def watching_words(rules: int, states: Sequence[RuleState]) -> str:
    """How many rules watch how much, and what the first baseline still needs."""
    streams = [state for state in states if state.cascade]
    said = text.WATCHED.format(
        rules=_counted(rules, text.RULES_COUNTED), watch=text.WATCH_FORMS[rules != 1],
        streams=_counted(len(streams), text.STREAMS_COUNTED),
    )  # fmt: skip
    said = said[0].upper() + said[1:]
    lacking = [str(s.detail["lacking"]) for s in streams if s.state == "learning" and s.detail.get("lacking")]
    if not lacking or any(s.state != "learning" and "evidence" in s.detail for s in streams):
        return said
    return f"{said} {text.FIRST_BASELINE.format(lacking=lacking[0])} {text.GROSS_ONLY}"


def _counted(n: int, forms: tuple[str, str]) -> str:
    return forms[0] if n == 1 else forms[1].format(n=count(n))


def past_row(past: Mapping[str, Any]) -> Row:
    """What an episode of a back-test was about, and from what to what."""
    scope = past.get("scope")
    held = scope if isinstance(scope, dict) else past
    estimate = past.get("estimate")
    numbers = estimate if isinstance(estimate, dict) else {}
    unit = str(past.get("unit") or "share")
    values = [unit_words(unit, number(numbers.get(key)), 0) for key in ("baseline", "value")]
    return {
        "where": episode_words.where(str(held.get("cascade") or ""), str(held.get("route") or "")),
        "direction": episode_words.ARROWS.get(str(past.get("direction") or ""), ""),
        "went": " → ".join(values),
    }  # fmt: skip
