"""Which rules are in force: those of the settings, and the default ones where they are not replaced."""

from collections.abc import Mapping
from typing import NamedTuple

from cascadewatch.drift.diagnosis import spoken
from cascadewatch.errors import ConfigError, UsageError
from cascadewatch.metrics import METRICS, find
from cascadewatch.metrics.interval import MIN_CLUSTERS
from cascadewatch.metrics.slo import burn_factor_reachable
from cascadewatch.settings import Rule, Settings
from cascadewatch.store.streams import RATES

DRIFT_METRICS = tuple(RATES)
DEFAULTS = (
    Rule(name="escalation-drift", kind="drift", metric="escalation_rate"),
    Rule(name="flagship-drift", kind="drift", metric="flagship_share"),
    Rule(name="judge-failure-drift", kind="drift", metric="judge_failure_rate"),
    Rule(name="fallback-drift", kind="drift", metric="fallback_rate"),
    Rule(name="dearer-than-flagship", kind="threshold", metric="cost_ratio", above=1.0),
    Rule(name="price-coverage", kind="threshold", metric="price_coverage", below=0.95),
    Rule(name="verifier-overhead", kind="threshold", metric="verifier_overhead", above=0.2),
    Rule(name="no-data", kind="no_data"),
    Rule(name="replay-regressed", kind="replay"),
    Rule(name="quality-stale", kind="stale"),
    Rule(name="replay-budget", kind="budget"),
)
DAY_MS = 86_400_000
HOUR_MS = 3_600_000
WEEK_MS = 7 * DAY_MS
NEARLY = 0.8  # share of the month's money for replays from which on a budget rule speaks
WORTH = 0.01  # share of all escalations from which on callers are worth a word
SHORTEST_MS = 60_000  # sums are kept per minute
BURN_PARTS = 12  # a burn rate is looked at over its window and over a twelfth of it


class Bounds(NamedTuple):
    """The lowest and the highest value a metric can have; None: it goes on."""

    low: float | None
    high: float | None


BOUNDS: Mapping[str, Bounds] = {
    "savings_usd": Bounds(None, None),
    "savings_share": Bounds(None, 1),
    "break_even_rate": Bounds(None, None),
    "headroom": Bounds(None, None),
    "slo.budget_left": Bounds(None, 1),
}
# Their intervals rest on clock hours as clusters, so that a short window has none.
BY_CLOCK_HOUR = {
    "cost_ratio", "savings_share", "blended_cost_usd", "cost_per_completed_usd", "break_even_rate",
    "headroom", "verifier_overhead", "verifier_overhead.latency",
}  # fmt: skip
TOO_SHORT_MS = (MIN_CLUSTERS - 2) * 3_600_000  # a window of so long never touches enough clock hours
UNSUITED = {
    "slo.objective": "is a setting and never moves",
    "ece": "has no interval, so it is never surely past a limit; watch `brier`",
    "quality.selected": "has no interval, since selected labels are no sample; watch `quality`",
    "slo.exhausted_at": "is a moment; watch `slo.budget_left`, or use a rule of kind burn_rate",
}


def bounds(metric: str) -> Bounds:
    """What values a metric can have at all."""
    spec, _ = find(metric)
    return BOUNDS.get(spec.key, Bounds(0, 1 if spec.unit in ("share", "score") else None))


def rules_of(settings: Settings) -> tuple[Rule, ...]:
    """The rules that watch, the default ones first; a rule of the settings takes the place of its namesake.

    ConfigError with one sentence per rule that could never work or never fire.
    """
    named = {rule.name: rule for rule in DEFAULTS} if settings.alerts.defaults else {}
    named |= {rule.name: rule for rule in settings.rule}
    rules = tuple(rule for rule in named.values() if rule.enabled)
    wrong = [(rule.name, said) for rule in rules if (said := _wrong(rule, settings))]
    if wrong:
        raise ConfigError(
            "\n".join(f"rule {name}: {said}{'' if said.endswith('?') else '.'}" for name, said in wrong)
        )
    return rules


def _wrong(rule: Rule, settings: Settings) -> str | None:
    """Why a rule cannot do its work; None when it can."""
    if rule.window is not None and not SHORTEST_MS <= rule.window <= settings.retention.rollup_days * DAY_MS:
        kept = settings.retention.rollup_days
        return f"its window must be at least a minute and at most the {kept} days that sums are kept"
    if rule.kind == "drift":
        return _unsuited_drift(rule)
    if rule.kind == "threshold":
        return _unsuited_threshold(rule, settings)
    if rule.kind == "burn_rate":
        return _unsuited_burn(rule, settings)
    if rule.kind == "budget" and rule.above is not None:
        return _unsuited_share(rule.above)
    if rule.kind == "callers":
        return _unsuited_callers(rule, settings)
    return None


def _unsuited_share(above: float) -> str | None:
    """Why replays can never spend more than this share of the month's money, or always have."""
    if above >= 1:
        return f"can never fire: replays never spend more than month_usd{_in_percent(above)}"
    return "would always fire: `above` is a share such as 0.8" if above <= 0 else None


def _unsuited_callers(rule: Rule, settings: Settings) -> str | None:
    if settings.caller_ids == "off":
        return 'can never fire: callers are not stored, since caller_ids is "off"'
    kept = min(WEEK_MS, settings.retention.caller_hour_days * DAY_MS)
    if rule.window is not None and not HOUR_MS <= rule.window <= kept:
        return (
            f"its window must be at least an hour and at most {span_words(kept)}: callers are counted by the "
            "hour, and compared with what was more than 7 days ago"
        )
    if rule.above is not None and rule.above >= 1:
        return f"can never fire: no caller makes more than all escalations{_in_percent(rule.above)}"
    return "`above` is a share such as 0.05" if rule.above is not None and rule.above < 0 else None


def _unsuited_drift(rule: Rule) -> str | None:
    if rule.metric in DRIFT_METRICS:
        return None
    unknown = _unknown(rule)
    return unknown or (
        f"drift cannot watch {rule.metric}; it can watch {', '.join(DRIFT_METRICS)}. "
        "For others use a rule of kind threshold"
    )


def _unsuited_threshold(rule: Rule, settings: Settings) -> str | None:
    unknown = _unknown(rule)
    if unknown:
        return unknown
    assert rule.metric is not None
    spec, part = find(rule.metric)
    if spec.key in UNSUITED:
        return f"{spec.key} {UNSUITED[spec.key]}"
    if spec.parts is not None and part is None:
        return f"{spec.key} has parts: name one, such as {spec.key}[small]"
    if spec.key == "slo.burn_rate" and rule.above is not None:
        return _never_burns(rule, rule.above, settings)
    if spec.key in BY_CLOCK_HOUR and rule.window is not None and rule.window <= TOO_SHORT_MS:
        return (
            f"can never fire: {rule.metric} has no interval over fewer than {MIN_CLUSTERS} hours; "
            f"give it a window of {MIN_CLUSTERS}h or more"
        )
    low, high = bounds(rule.metric)
    if rule.above is not None and high is not None and rule.above >= high:
        return f"can never fire: {rule.metric} never passes {high:g}" + _in_percent(rule.above)
    if rule.below is not None and low is not None and rule.below <= low:
        return f"can never fire: {rule.metric} is never below {low:g}"
    return None


def _in_percent(limit: float) -> str:
    return f"; for {limit:g} % write {limit / 100:g}" if 1 < limit < 100 else ""


def _unsuited_burn(rule: Rule, settings: Settings) -> str | None:
    assert rule.factor is not None
    if rule.window is not None and rule.window < BURN_PARTS * SHORTEST_MS:
        return f"its window must be at least {BURN_PARTS} minutes: a twelfth of it is looked at too"
    return _never_burns(rule, rule.factor, settings)


def _never_burns(rule: Rule, factor: float, settings: Settings) -> str | None:
    """Why a burn rate can never pass `factor` in a cascade that the rule watches."""
    watched = [rule.cascade] if rule.cascade is not None else list(settings.cascade)
    for name in watched:
        known = settings.cascade.get(name)
        if known is None or known.objective is None:
            if rule.cascade is None:
                continue
            return f"there is no objective for {name}; set `objective` under [cascade.{name}]"
        said = burn_factor_reachable(known.objective, factor)
        if said is not None:
            return f"in cascade {name} {said}"
    return None


def _unknown(rule: Rule) -> str | None:
    assert rule.metric is not None
    try:
        find(rule.metric)
    except UsageError as error:
        return str(error)
    return None


def definition(rule: Rule) -> str:
    """What a rule does, in one sentence for people."""
    where = _where(rule)
    if rule.kind == "no_data":
        silence = "longer than usual for that time of the week"
        if rule.window is not None:
            silence = f"for {span_words(rule.window)}"
        return f"Fires when no events of {where} arrive {silence}."
    if rule.kind == "burn_rate":
        long, short = (rule.window or DAY_MS), (rule.window or DAY_MS) // BURN_PARTS
        return (
            f"Fires when {where} uses up the budget of its objective more than {rule.factor:g} times too "
            f"fast, over {span_words(long)} and over the last {span_words(short)}."
        )
    if rule.kind in ("replay", "stale", "budget", "callers"):
        return _definition_of_checks(rule, where)
    title = _title(rule)
    if rule.kind == "threshold":
        side, limit = ("above", rule.above) if rule.above is not None else ("below", rule.below)
        held = f" for {span_words(rule.hold)}" if rule.hold is not None else ""
        return (
            f"Fires when the {title} of {where} over the last {span_words(rule.window or DAY_MS)} "
            f"is surely {side} {shown(rule.metric, limit)}{held}."
        )
    way = {"both": "moved", "up": "risen", "down": "fallen"}[rule.direction]
    return (
        f"Fires when the {title} of {where} has lastingly {way} from its pinned baseline; "
        f"it is made to see moves of {rule.tolerance * 100:g} points."
    )


def _definition_of_checks(rule: Rule, where: str) -> str:
    if rule.kind == "replay":
        return (
            f"Fires when the latest replay or verifier check of {where} has surely ended worse than its "
            "baseline, or two runs in a row were incomplete."
        )
    if rule.kind == "stale":
        return (
            f"Fires when the quality of {where} with a [replay] was not checked for "
            f"{span_words(rule.window or WEEK_MS)}, or its verifier's calibration may not hold any more."
        )
    if rule.kind == "callers":
        share = shown("escalation_rate", WORTH if rule.above is None else rule.above)
        return (
            f"Fires when callers of {where} escalate surely more over the last "
            f"{span_words(rule.window or DAY_MS)} than their past and everybody else explain, by more than "
            f"{share} of all escalations."
        )
    share = shown("escalation_rate", rule.above or NEARLY)
    return f"Fires when the replays of a calendar month have spent more than {share} of `month_usd`."


def _where(rule: Rule) -> str:
    if rule.cascade is None:
        return "a cascade"
    return f"{rule.cascade} / {rule.route}" if rule.route is not None else rule.cascade


def _title(rule: Rule) -> str:
    assert rule.metric is not None
    spec, part = METRICS[rule.metric.partition("[")[0]], rule.metric.partition("[")[2].rstrip("]")
    title = spec.title[0].lower() + spec.title[1:] if not spec.title[:2].isupper() else spec.title
    return f"{title} ({part})" if part else title


def shown(metric: str | None, value: float | None) -> str:
    """A value in the unit of its metric."""
    if value is None:
        return spoken.UNKNOWN
    match None if metric is None else find(metric)[0].unit:
        case "share":
            return f"{spoken.amount(value * 100)} %"
        case "usd":
            return spoken.dollars(value)
        case "ms":
            return f"{spoken.count(value)} ms"
    return spoken.amount(value)


def span_words(milliseconds: int) -> str:
    """A length of time: 90 s, 15 min, 24 h, 7 days."""
    for unit, name in ((DAY_MS, "days"), (3_600_000, "h"), (60_000, "min")):
        if milliseconds >= 2 * unit:
            amount = milliseconds / unit
            return f"{amount:.0f} {name}" if amount >= 10 else f"{amount:.2g} {name}"
    return f"{milliseconds / 1000:.0f} s"
