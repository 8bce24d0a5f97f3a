"""Which rules are in force, what they do in a sentence, and which are refused."""

from typing import Any

import pytest

from alerts.rules import DEFAULTS, DRIFT_METRICS, bounds, definition, rules_of, shown, span_words
from cascadewatch.errors import ConfigError
from cascadewatch.metrics import METRICS
from cascadewatch.settings import Settings

NAMES = [
    "escalation-drift",
    "flagship-drift",
    "judge-failure-drift",
    "fallback-drift",
    "dearer-than-flagship",
    "price-coverage",
    "verifier-overhead",
    "no-data",
    "replay-regressed",
    "quality-stale",
    "replay-budget",
]


def settings(*rules: dict[str, Any], **said: Any) -> Settings:
    return Settings.model_validate({"rule": list(rules), **said})


def test_without_configuration_the_default_rules_watch() -> None:
    assert [rule.name for rule in rules_of(Settings())] == NAMES


def test_defaults_are_dropped_together() -> None:
    assert rules_of(settings(alerts={"defaults": False})) == ()


def test_a_rule_of_the_same_name_takes_the_place_of_a_default() -> None:
    mine = {"name": "verifier-overhead", "kind": "threshold", "metric": "verifier_overhead", "above": 0.5}
    rules = rules_of(settings(mine))
    assert [rule.name for rule in rules] == NAMES
    assert rules[6].above == 0.5


def test_a_default_is_switched_off_by_its_name() -> None:
    off = {"name": "no-data", "kind": "no_data", "enabled": False}
    assert [rule.name for rule in rules_of(settings(off))] == [name for name in NAMES if name != "no-data"]


def test_switching_off_needs_nothing_but_name_and_kind() -> None:
    off = {"name": "escalation-drift", "kind": "drift", "enabled": False}
    assert "escalation-drift" not in [rule.name for rule in rules_of(settings(off))]


def refused(*rules: dict[str, Any], **said: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        rules_of(settings(*rules, **said))
    return str(caught.value)


def rule(kind: str, **said: Any) -> dict[str, Any]:
    return {"name": "mine", "kind": kind, **said}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            rule("threshold", metric="escalation_rat", above=0.3),
            "unknown metric 'escalation_rat': did you mean 'escalation_rate'?",
        ),
        (
            rule("threshold", metric="escalation_rate", above=1),
            "can never fire: escalation_rate never passes 1",
        ),
        (
            rule("threshold", metric="escalation_rate", above=30),
            "can never fire: escalation_rate never passes 1; for 30 % write 0.3",
        ),
        (
            rule("threshold", metric="escalation_rate", below=0),
            "can never fire: escalation_rate is never below 0",
        ),
        (rule("threshold", metric="savings_share", above=1), "can never fire: savings_share never passes 1"),
        (rule("threshold", metric="cost_usd", below=0), "can never fire: cost_usd is never below 0"),
        (
            rule("threshold", metric="tier_hits", above=0.3),
            "tier_hits has parts: name one, such as tier_hits[small]",
        ),
        (
            rule("threshold", metric="slo.objective", above=0.3),
            "slo.objective is a setting and never moves",
        ),
        (
            rule("drift", metric="cost_ratio"),
            ("drift cannot watch cost_ratio; it can watch "
            f"{', '.join(DRIFT_METRICS)}. For others use a rule of kind threshold"),
        ),
        (rule("drift", metric="escalations"), "unknown metric 'escalations'"),
        (
            rule("burn_rate", factor=2, cascade="billing"),
            "there is no objective for billing; set `objective` under [cascade.billing]",
        ),
        (
            rule("burn_rate", factor=14.4),
            ("in cascade support a burn factor of 14.4 can never fire: with an objective of 30 % the burn "
            "rate never passes 3.3"),
        ),
        (
            rule("threshold", metric="slo.burn_rate", above=6, cascade="support"),
            "in cascade support a burn factor of 6 can never fire",
        ),
        (
            rule("burn_rate", factor=2, window="5m"),
            "its window must be at least 12 minutes: a twelfth of it is looked at too",
        ),
        (
            rule("no_data", window="30s"),
            "its window must be at least a minute and at most the 400 days that sums are kept",
        ),
        (
            rule("threshold", metric="escalation_rate", above=0.3, window="500d"),
            "its window must be at least a minute",
        ),
        (
            rule("threshold", metric="cost_ratio", above=1.0, window="6h"),
            ("can never fire: cost_ratio has no interval over fewer than 8 hours; "
            "give it a window of 8h or more"),
        ),
        (
            rule("budget", above=80),
            "can never fire: replays never spend more than month_usd; for 80 % write 0.8",
        ),
        (rule("budget", above=0), "would always fire: `above` is a share such as 0.8"),
        (
            rule("callers", above=5),
            "can never fire: no caller makes more than all escalations; for 5 % write 0.05",
        ),
        (rule("callers", above=-0.1), "`above` is a share such as 0.05"),
        (rule("callers", window="30m"), "its window must be at least an hour and at most 7 days"),
        (rule("callers", window="8d"), "its window must be at least an hour and at most 7 days"),
    ],
    ids=lambda given: given["metric"] if isinstance(given, dict) and "metric" in given else None,
)  # fmt: skip
def test_a_rule_that_could_never_work_is_refused_with_a_sentence(
    given: dict[str, Any], sentence: str
) -> None:
    said = refused(given, cascade={"support": {"objective": 0.3}})
    assert said.startswith(f"rule mine: {sentence}")
    assert said.endswith((".", "?"))
    assert not said.endswith("?.")


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        ("replay", "route", "faq"),
        ("replay", "window", "7d"),
        ("stale", "route", "faq"),
        ("stale", "above", 0.5),
        ("budget", "cascade", "support"),
        ("budget", "window", "7d"),
        ("callers", "route", "faq"),
        ("callers", "below", 0.1),
        ("callers", "metric", "escalation_rate"),
    ],
)
def test_what_a_kind_is_not_about_is_refused(kind: str, key: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f'is of kind "{kind}", which does not take `{key}`; leave it out'):
        settings(rule(kind, **{"cascade": "support", key: value} if key == "route" else {key: value}))


def test_callers_that_are_not_stored_cannot_be_watched() -> None:
    assert refused(rule("callers"), caller_ids="off") == (
        'rule mine: can never fire: callers are not stored, since caller_ids is "off".'
    )


def test_every_wrong_rule_is_named() -> None:
    wrong = rule("threshold", metric="escalation_rate", above=2)
    assert len(refused(wrong, {**wrong, "name": "other"}).splitlines()) == 2


def test_a_rule_that_is_switched_off_is_not_refused() -> None:
    off = rule("threshold", metric="escalation_rate", above=2, enabled=False)
    assert [one.name for one in rules_of(settings(off))] == NAMES


@pytest.mark.parametrize("key", METRICS)
def test_a_metric_lies_within_its_bounds(key: str) -> None:
    low, high = bounds(key)
    assert low in (None, 0)
    assert high in (None, 1)
    assert (high is None) == (
        METRICS[key].unit not in ("share", "score") or key in ("headroom", "break_even_rate")
    )


@pytest.mark.parametrize("one", DEFAULTS, ids=lambda one: one.name)
def test_every_default_rule_is_told_in_one_sentence(one: Any) -> None:
    said = definition(one)
    assert said.startswith("Fires when ")
    assert said.count(".") - said.count("0.2") == 1
    assert said.endswith(".")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            rule("drift", metric="escalation_rate", direction="down", tolerance=0.1, cascade="support"),
            ("Fires when the escalation rate of support has lastingly fallen from its pinned baseline; it is "
            "made to see moves of 10 points."),
        ),
        (
            {**rule("threshold", metric="tier_hits[small]", below=0.5, window="2h"), "for": "15m"},
            ("Fires when the tier hits (small) of a cascade over the last 2 h "
            "is surely below 50 % for 15 min."),
        ),
        (
            rule("threshold", metric="cost_usd", above=200, cascade="support", route="faq"),
            "Fires when the cost of support / faq over the last 24 h is surely above $200.",
        ),
        (
            rule("burn_rate", factor=2),
            ("Fires when a cascade uses up the budget of its objective more than 2 times too fast, over 24 h "
            "and over the last 2 h."),
        ),
        (
            rule("no_data", window="6h", cascade="support"),
            "Fires when no events of support arrive for 6 h.",
        ),
        (
            rule("no_data"),
            "Fires when no events of a cascade arrive longer than usual for that time of the week.",
        ),
        (
            rule("replay", cascade="support"),
            ("Fires when the latest replay or verifier check of support has surely ended worse than its "
            "baseline, or two runs in a row were incomplete."),
        ),
        (
            rule("stale", window="3d"),
            ("Fires when the quality of a cascade with a [replay] was not checked for 3 days, or its "
            "verifier's calibration may not hold any more."),
        ),
        (
            rule("budget", above=0.5),
            "Fires when the replays of a calendar month have spent more than 50 % of `month_usd`.",
        ),
        (
            rule("callers", window="12h", above=0.02, cascade="support"),
            ("Fires when callers of support escalate surely more over the last 12 h than their past and "
            "everybody else explain, by more than 2 % of all escalations."),
        ),
    ],
)  # fmt: skip
def test_a_rule_is_told_in_one_sentence(given: dict[str, Any], sentence: str) -> None:
    (one,) = settings(given).rule
    assert definition(one) == sentence


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (90_000, "90 s"),
        (900_000, "15 min"),
        (86_400_000, "24 h"),
        (604_800_000, "7 days"),
        (5_400_000, "90 min"),
    ],
)
def test_a_length_of_time_is_told_in_the_unit_that_fits(milliseconds: int, words: str) -> None:
    assert span_words(milliseconds) == words


@pytest.mark.parametrize(
    ("metric", "value", "words"),
    [
        ("cost_usd", 20_000, "$20,000"),
        ("blended_cost_usd", 0.002, "$0.002"),
        ("savings_usd", -1234.5, "−$1,230"),
        ("savings_share", -0.12, "−12 %"),
        ("price_coverage", 0.947, "94.7 %"),
        ("latency_ms.p95", 30_000, "30,000 ms"),
        ("cost_ratio", 1.084, "1.08"),
        (None, 20_000, "20,000"),
        ("cost_usd", None, "–"),
    ],
)
def test_a_value_is_told_without_powers_of_ten(metric: str | None, value: float | None, words: str) -> None:
    assert shown(metric, value) == words
