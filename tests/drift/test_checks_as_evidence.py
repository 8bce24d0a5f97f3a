"""What a verifier check or a replay of the cheap tier since the change adds to a diagnosis."""

from dataclasses import replace
from typing import Any

import pytest

from cascadewatch.drift.diagnosis.material import Check, CheckedRate, Group, Share
from tests.drift.materials import HOUR, SINCE, changed, keys, labelled, material, moved, told
from tests.drift.test_named_causes import JUDGES, MODELS

SWITCH = changed("verifier", "small", "judge-v2", "judge-v3")
# All of a rise from 30 to 36 % is requests that moved to a route where more escalate.
MIX_ROUTES = (
    Group("faq", Share(1800, 9000), Share(160, 800)),
    Group("contracts", Share(1200, 1200), Share(200, 200)),
)


def rate(name: str, verdict: str, before: float, after: float, n: int = 400) -> CheckedRate:
    return CheckedRate(name, verdict, after, after - 0.02, after + 0.03, n, before, after - before)


def check(verdict: str, *rates: CheckedRate, **said: Any) -> Check:
    return Check("verifier check", "nightly", 21, SINCE + HOUR, verdict, rates, **said)


def replay(verdict: str, before: float, after: float, **said: Any) -> Check:
    found = (rate("accuracy", verdict, before, after),)
    return Check("replay", "cheap", 22, SINCE + 2 * HOUR, verdict, found, **said)


LAX = check(
    "regressed",
    rate("false_accept", "regressed", 0.027, 0.122),
    rate("false_escalate", "unchanged", 0.1, 0.1),
)
STRICT = check(
    "regressed", rate("false_accept", "unchanged", 0.05, 0.05), rate("false_escalate", "regressed", 0.1, 0.2)
)
SAME = check(
    "unchanged", rate("false_accept", "unchanged", 0.05, 0.05), rate("false_escalate", "unchanged", 0.1, 0.1)
)


def test_a_check_that_regressed_is_told_with_its_rates_and_what_follows() -> None:
    first = told(material(0.24, checks=(LAX,))).causes[0]
    assert first.key == "verifier_changed"
    assert first.points is None  # a fixed set cannot tell how much of the move it is
    assert [(fact.label, fact.value) for fact in first.evidence] == [
        ("Verifier check nightly, Sat 21 Nov 14:00", "regressed, false accepts 2.7 → 12.2 %")
    ]
    assert first.evidence[0].numbers["report"] == 21
    assert first.next == (
        "The verifier check nightly regressed: the verifier lets more wrong answers through. Put the former"
        " verifier or threshold back."
    )


def test_one_that_is_unchanged_sends_to_traffic_and_model() -> None:
    first = told(material(0.36, checks=(SAME,))).causes[0]
    assert first.key == "unknown"
    assert first.next == (
        "The verifier check nightly is unchanged: what it asks judges the same answers as before. Look at the"
        " traffic and at the cheap tier's model."
    )


def test_without_one_since_the_change_the_command_is_named() -> None:
    first = told(material(0.36, checks=(Check("verifier check", "nightly"),))).causes[0]
    assert first.evidence[-1].value == (
        "none from the change to Sat 21 Nov 23:00; `cascadewatch verifier nightly` runs it"
    )
    assert first.next.startswith("Run the verifier check: ")
    assert first.next.endswith("`cascadewatch verifier nightly` runs it.")
    assert first.asks == "verifier check"


def test_without_a_replay_in_the_settings_nothing_is_said_of_any() -> None:
    first = told(material(0.36)).causes[0]
    assert "heck" not in " ".join(fact.label for fact in first.evidence)
    assert "`" not in first.next


@pytest.mark.parametrize("ran", [SAME, STRICT, check("inconclusive"), check("improved")])
def test_nobody_is_told_to_run_what_has_run(ran: Check) -> None:
    for given in (
        material(0.36, checks=(ran,)),
        material(0.36, checks=(ran,), uses=JUDGES, changes=(SWITCH,)),
        material(0.36, checks=(ran,), changes=(changed("revision", "", "r1", "r2"),)),
    ):
        first = told(given).causes[0]
        assert "un the verifier check" not in first.next
        assert first.asks is None


def test_one_that_regressed_the_other_way_explains_nothing() -> None:
    """It lets more through, but more escalate."""
    found = told(material(0.36, checks=(LAX,)))
    assert found.causes[0].key == "unknown"
    assert "regressed, but that does not explain this move" in found.causes[0].next


@pytest.mark.parametrize("metric", ["escalation_rate", "cost_ratio", "price_coverage", "verifier_overhead"])
@pytest.mark.parametrize(("after", "ran"), [(0.301, "STRICT"), (0.299, "LAX"), (0.301, "cheap")])
def test_no_report_is_to_blame_where_hardly_anything_moved(metric: str, after: float, ran: str) -> None:
    given = {"STRICT": STRICT, "LAX": LAX, "cheap": replay("regressed", 0.81, 0.70)}[ran]
    found = told(material(after, metric=metric, escalated=moved(after), checks=(given,)))
    assert [cause.key for cause in found.causes] == ["unknown"]
    assert found.to_dict()["checks"][0]["verdict"] == "regressed"


@pytest.mark.parametrize(("metric", "blamed"), [("price_coverage", False), ("cost_ratio", True)])
def test_no_verifier_is_to_blame_for_what_does_not_follow_it(metric: str, blamed: bool) -> None:
    """Costs follow the escalation rate, prices that are missing do not."""
    found = keys(material(0.36, metric=metric, escalated=moved(0.36), checks=(STRICT,)))
    assert ("verifier_changed" in found) == blamed


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"compared": False}, "its baseline is not from before the change"),
        ({"already": True}, "as before the change"),
        ({"sure": False}, "no second run confirms it yet"),
    ],
)
def test_one_that_says_nothing_of_this_change_accuses_nobody(said: dict[str, Any], why: str) -> None:
    found = told(material(0.24, checks=(LAX._replace(**said),)))
    assert found.causes[0].key == "unknown"
    assert found.causes[0].evidence[-1].value.endswith(why)
    assert found.to_dict()["checks"][0]["doubt"] == why


def test_one_at_another_threshold_than_traffic_has_clears_nobody() -> None:
    given = material(
        0.36, uses=JUDGES, changes=(SWITCH, changed("threshold", "judge-v3", "0.5", "0.4")),
        checks=(SAME._replace(threshold=0.5),),
    )  # fmt: skip
    first = told(given).causes[0]
    assert first.key == "verifier_changed"
    assert "at the threshold 0.5, not 0.4: it says nothing of this change" in first.next


def test_a_strict_verifier_outweighs_traffic_that_moved_with_it() -> None:
    given = {"uses": JUDGES, "changes": (SWITCH,), "routes": MIX_ROUTES}
    assert keys(material(0.36, **given))[:2] == ["traffic_mix", "verifier_changed"]
    assert keys(material(0.36, checks=(STRICT,), **given))[:2] == ["verifier_changed", "traffic_mix"]
    assert keys(material(0.36, checks=(SAME,), **given))[:2] == ["traffic_mix", "verifier_changed"]


def test_a_replay_that_regressed_names_the_cheap_model() -> None:
    first = told(material(0.36, checks=(replay("regressed", 0.81, 0.70, models=("m-1",)),))).causes[0]
    assert first.key == "cheap_model_changed"
    assert first.evidence[0].label == "Cheap-tier replay cheap, Sat 21 Nov 15:00"
    assert first.evidence[0].value == "regressed, accuracy 81.0 → 70.0 %"
    assert first.next == (
        "The replay cheap regressed: the cheap tier answers worse. Go back to the former model."
    )


def test_a_replay_that_is_unchanged_is_told_with_its_interval() -> None:
    first = told(material(0.36, checks=(replay("unchanged", 0.81, 0.81),))).causes[0]
    assert first.key == "unknown"
    assert first.evidence[-1].value == "unchanged, accuracy 81.0 % (79–84)"


def test_a_replay_of_the_former_model_clears_no_new_one() -> None:
    given = {"uses": MODELS, "changes": (changed("model", "small", "m-1", "m-2"),)}
    old, new = (replay("unchanged", 0.81, 0.81, models=(model,)) for model in ("m-1", "m-2"))
    assert (
        told(material(0.42, checks=(old,), **given))
        .causes[0]
        .evidence[-1]
        .value.endswith("it asked m-1, not m-2")
    )
    assert "is unchanged" in told(material(0.42, checks=(new,), **given)).causes[0].next


def test_nobody_is_told_to_replay_what_was_replayed() -> None:
    """Labels say that the answers got worse; a replay that could not tell is not to be run once more."""
    labels = labelled((Share(80, 800), Share(60, 600)), (Share(160, 200), Share(320, 400)))
    found = replay("inconclusive", 0.81, 0.80)
    asked = told(material(0.38, labels=labels)).causes[0]
    assert (asked.key, asked.asks) == ("cheap_model_changed", "replay")
    named = told(material(0.38, labels=labels, checks=(Check("replay", "cheap"),))).causes[0]
    assert named.next == f"{asked.next} `cascadewatch replay cheap` runs it."
    ran = told(material(0.38, labels=labels, checks=(found,))).causes[0]
    assert ran.next.startswith("The replay cheap could not tell.")


def test_a_check_without_a_threshold_is_not_said_to_be_at_the_new_one() -> None:
    given = material(
        0.20, changes=(changed("threshold", "judge-v2", "0.6", "0.4"),), checks=(SAME,),
        scores={"accept": ({}, {25: 100}), "reject": ({}, {})},
    )  # fmt: skip
    first = told(given).causes[0]
    assert first.key == "threshold_changed"
    assert "ran at the new threshold" not in first.next
    at_it = told(replace(given, checks=(SAME._replace(threshold=0.4),))).causes[0]
    assert "ran at the new threshold and is unchanged" in at_it.next
