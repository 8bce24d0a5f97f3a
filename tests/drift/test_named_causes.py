"""Which causes are named for which counts, with what numbers, and which are not."""

import json
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from cascadewatch.drift.diagnosis import KEYS, TITLES
from cascadewatch.drift.diagnosis.material import Change, Group, Share, Use
from cascadewatch.drift.diagnosis.thresholds import threshold_changed
from cascadewatch.drift.diagnosis.view import View
from tests.drift.materials import (
    AFTER,
    BEFORE,
    NOW,
    SINCE,
    callers,
    changed,
    keys,
    labelled,
    material,
    moved,
    share,
    told,
)

JUDGES = (
    Use("small", "m-1", "judge-v2", Share(3000, 10_000), Share(0, 0)),
    Use("small", "m-1", "judge-v3", Share(0, 0), Share(360, 1000)),
)
MODELS = (
    Use("small", "m-1", "judge-v2", Share(3000, 10_000), Share(0, 0)),
    Use("small", "m-2", "judge-v2", Share(0, 0), Share(420, 1000)),
)
LOW_SCORE = share("low_score", 0.28, 0.33)


class TestVerifierChanged:
    def test_another_verifier_at_that_time(self) -> None:
        given = material(
            0.36,
            uses=JUDGES,
            changes=(changed("verifier", "small", "judge-v2", "judge-v3"),),
            reasons=(LOW_SCORE, share("too_long", 0.02, 0.03)),
        )
        found = told(given)
        assert found.likeliest == (
            "Verifier on small: judge-v3 in place of judge-v2, from Sat 21 Nov 13:12; its verdicts carry all"
            " of it; `low_score` rejects explain 5 of the 6 points."
        )
        assert found.causes[0].key == "verifier_changed"
        assert found.causes[0].points == pytest.approx(0.06)
        assert found.causes[0].n == 1000
        assert [(f.label, f.value) for f in found.causes[0].evidence] == [
            ("Verifier", "verifier on small: judge-v3 in place of judge-v2, from Sat 21 Nov 13:12"),
            ("Rejects by judge-v2", "30 % of 10,000 before, none since"),
            ("Rejects by judge-v3", "none before, 36 % of 1,000 since"),
        ]
        assert found.causes[0].next == (
            "Run the verifier check: judge-v2 and judge-v3 on the same answers. Roll back if the new one is"
            " worse."
        )

    def test_another_model_behind_the_verifier(self) -> None:
        change = changed("verifier model", "judge-v2", "gpt-4o-mini", "gpt-4.1-mini")
        assert keys(material(0.36, changes=(change,)))[0] == "verifier_changed"

    def test_one_that_judges_few_requests_is_not_named(self) -> None:
        uses = (
            Use("small", "m-1", "judge-v2", Share(3000, 10_000), Share(342, 950)),
            Use("small", "m-1", "canary", Share(0, 0), Share(18, 50)),
        )
        given = material(0.36, uses=uses, changes=(changed("verifier", "small", None, "canary", 0.05),))
        assert keys(given) == ["unknown"]

    def test_one_of_a_higher_tier_is_not(self) -> None:
        given = material(0.36, uses=JUDGES, changes=(changed("verifier", "middle", "a", "b"),))
        assert keys(given) == ["unknown"]

    def test_by_labels_it_judges_alike_answers_differently(self) -> None:
        """Right answers: 10 % rejected, then 40 %. As many are right as before."""
        labels = labelled((Share(70, 700), Share(280, 700)), (Share(240, 300), Share(240, 300)))
        found = told(material(0.51, labels=labels))
        assert found.causes[0].key == "verifier_changed"
        assert found.causes[0].points == pytest.approx(0.21)
        assert "judges alike answers differently" in found.likeliest


class TestVerifierBroken:
    def test_rejects_for_their_form_explain_it(self) -> None:
        found = told(material(0.90, reasons=(share("format", 0.0, 0.75), share("low_score", 0.30, 0.15))))
        assert found.causes[0].key == "verifier_broken"
        assert found.likeliest == (
            "Rejects with reason `format` explain all of it: the form of answers is refused, not their"
            " content."
        )
        assert found.to_dict()["causes"][0]["points"] == pytest.approx(0.60)  # no more than it moved

    def test_a_part_of_it(self) -> None:
        found = told(
            material(0.40, reasons=(share("json_syntax", 0.01, 0.08), share("low_score", 0.29, 0.32)))
        )
        assert found.likeliest.startswith("Rejects with reason `json_syntax` explain 7 of the 10 points")

    def test_not_if_another_cheap_model_answers_in_another_form(self) -> None:
        given = material(
            0.42,
            uses=MODELS,
            changes=(changed("model", "small", "m-1", "m-2"),),
            reasons=(share("format", 0.01, 0.13),),
        )
        found = told(given)
        assert [cause.key for cause in found.causes] == ["cheap_model_changed"]
        assert "`format` rejects explain all of it" in found.likeliest

    def test_accepts_nearly_everything(self) -> None:
        found = told(material(0.01))
        assert found.causes[0].key == "verifier_broken"
        assert found.likeliest == "The verifier accepts nearly everything: 10 of 1,000 rejected."

    def test_rejects_nearly_everything(self) -> None:
        found = told(material(0.97))
        assert found.likeliest == "The verifier rejects nearly everything: 970 of 1,000 rejected."

    def test_a_reason_that_became_rarer_is_none(self) -> None:
        assert keys(material(0.22, reasons=(share("format", 0.10, 0.02),))) == ["unknown"]


class TestJudgeOutage:
    failing = Group("", Share(20, 10_000), Share(180, 1000))
    judge = Group("judge", Share(20, 10_000), Share(180, 1000))

    def test_explains_fallbacks(self) -> None:
        given = material(
            metric="fallback_rate", moved=moved(0.20, 0.02), failures=self.failing, fallbacks=(self.judge,)
        )
        found = told(given)
        assert found.causes[0].key == "judge_outage"
        assert found.likeliest == "18 % of verdicts fail, 0.2 % before; that is all of it."
        assert found.causes[0].points == pytest.approx(0.178)

    def test_explains_failed_verdicts_altogether(self) -> None:
        given = material(metric="judge_failure_rate", moved=self.failing, failures=self.failing)
        assert told(given).likeliest == "18 % of verdicts fail, 0.2 % before."

    def test_beside_an_escalation_it_is_told_but_explains_nothing(self) -> None:
        found = told(material(0.36, failures=self.failing))
        assert [(c.key, c.points) for c in found.causes] == [("unknown", None), ("judge_outage", None)]

    def test_a_few_more_failures_are_none(self) -> None:
        few = Group("", Share(20, 10_000), Share(9, 1000))
        assert keys(material(0.36, failures=few)) == ["unknown"]


class TestCheapModelChanged:
    def test_another_model_at_that_time(self) -> None:
        found = told(material(0.42, uses=MODELS, changes=(changed("model", "small", "m-1", "m-2"),)))
        assert found.causes[0].key == "cheap_model_changed"
        assert found.causes[0].points == pytest.approx(0.12)
        assert found.likeliest == (
            "Model on small: m-2 in place of m-1, from Sat 21 Nov 13:12; its answers carry all of it."
        )

    def test_another_flagship_is_no_cause(self) -> None:
        assert keys(material(0.42, uses=MODELS, changes=(changed("model", "flagship", "f-1", "f-2"),))) == [
            "unknown"
        ]

    def test_by_labels_the_answers_got_worse(self) -> None:
        """Rejects follow the truth as before; fewer answers are right."""
        labels = labelled((Share(80, 800), Share(50, 500)), (Share(160, 200), Share(400, 500)))
        found = told(material(0.51, labels=labels))
        assert found.causes[0].key == "cheap_model_changed"
        assert found.likeliest == (
            "The cheap answers got worse, 80 % → 50 % right by labels: that explains all of it; no model"
            " name changed."
        )

    def test_not_where_the_questions_changed(self) -> None:
        labels = labelled((Share(80, 800), Share(50, 500)), (Share(160, 200), Share(400, 500)))
        easy = Group("easy", Share(2000, 8000), Share(100, 400))
        hard = Group("hard", Share(1000, 2000), Share(300, 600))
        found = told(
            material(
                moved=Group("", Share(3000, 10_000), Share(400, 1000)), labels=labels, routes=(easy, hard)
            )
        )
        assert [cause.key for cause in found.causes] == ["traffic_mix"]


class TestCheapTierFailing:
    def test_fallbacks_by_their_cause(self) -> None:
        given = material(
            metric="fallback_rate", moved=moved(0.12, 0.02),
            fallbacks=(Group("rate_limited", Share(100, BEFORE), Share(100, AFTER)),
                       Group("timeout", Share(100, BEFORE), Share(20, AFTER))),
        )  # fmt: skip
        assert told(given).likeliest == (
            "The cheap tier fails: fallbacks with cause `rate_limited` and `timeout` explain all of it."
        )


class TestTrafficMix:
    easy = Group("faq", Share(2400, 8000), Share(150, 500))
    hard = Group("contracts", Share(1400, 2000), Share(350, 500))
    whole = Group("", Share(3800, 10_000), Share(500, 1000))

    def test_a_hard_route_grew(self) -> None:
        found = told(material(moved=self.whole, routes=(self.easy, self.hard)))
        assert found.title == "traffic mix changed"
        assert found.likeliest == (
            "Route contracts went from 20 % to 50 % and route faq went from 80 % to 50 % of the requests: a"
            " change of the traffic, which explains all of it."
        )
        assert found.causes[0].points == pytest.approx(0.12)

    def test_the_caller_it_comes_from_is_named(self) -> None:
        who = callers({"old": (0.38, 10_000, 0.30, 600), "tenant-61": (0.0, 0, 0.80, 400)})
        found = told(material(moved=self.whole, routes=(self.easy, self.hard), callers=who))
        assert "mostly by caller tenant-61, which is new" in found.likeliest

    def test_callers_alone_can_be_the_mix(self) -> None:
        """One route; a known caller with a high rate of its own sends five times as much."""
        who = callers({"easy": (0.25, 9000, 0.25, 600), "hard": (0.75, 1000, 0.75, 400)})
        found = told(material(moved=Group("", Share(3000, 10_000), Share(450, 1000)), callers=who))
        assert [cause.key for cause in found.causes] == ["traffic_mix"]
        assert found.likeliest.startswith(
            "Caller hard went from 10 % to 40 % and caller easy went from 90 % to 60 %"
        )

    def test_below_seventy_percent_it_is_a_cause_and_not_the_title(self) -> None:
        """faq went from 30 % to 39 % itself: 0.65 × 9 points are behaviour, 64 % of the rest is mix."""
        easy = Group("faq", Share(2400, 8000), Share(195, 500))
        whole = Group("", Share(3800, 10_000), Share(545, 1000))
        found = told(material(moved=whole, routes=(easy, self.hard)))
        assert found.view.routes is not None
        assert found.view.routes.behaviour == pytest.approx(0.65 * 0.09)
        assert found.causes[0].key == "traffic_mix"
        assert found.causes[0].points == pytest.approx(0.165 - 0.65 * 0.09)
        assert found.title is None

    def test_the_same_mix_is_none(self) -> None:
        easy, hard = Group("a", Share(150, 500), Share(20, 50)), Group("b", Share(150, 500), Share(20, 50))
        assert keys(material(0.40, routes=(easy, hard))) == ["unknown"]


class TestThresholdChanged:
    scores: ClassVar[dict[str, Any]] = {"accept": ({}, {15: 300, 20: 100, 40: 300}), "reject": ({}, {5: 300})}

    def test_verdicts_between_the_two_are_counted(self) -> None:
        found = told(
            material(0.30, moved=moved(0.30, 0.70), scores=self.scores,
                     changes=(changed("threshold", "judge", "0.75", "0.25"),))
        )  # fmt: skip
        assert found.causes[0].key == "threshold_changed"
        assert found.causes[0].points == pytest.approx(-0.40)
        assert found.causes[0].n == 400
        assert found.likeliest == (
            "The threshold went from 0.75 to 0.25 at Sat 21 Nov 13:12; 400 verdicts since lie between the two"
            " and explain all of it."
        )
        assert found.causes[0].next.endswith("if not, set it back to 0.75.")

    def test_a_threshold_inside_a_bin_counts_it_in_proportion(self) -> None:
        given = material(
            moved=moved(0.30, 0.34), scores={"accept": ({}, {20: 100}), "reject": ({}, {20: 900})},
            changes=(changed("threshold", "judge", "0.41", "0.40"),),
        )  # fmt: skip
        found = list(threshold_changed(View.of(given, NOW, "UTC")))
        assert [cause.points for cause in found] == [pytest.approx(-0.05)]

    def test_one_between_which_no_score_lies_explains_nothing(self) -> None:
        given = material(
            0.36, scores={"accept": ({}, {40: 900})}, changes=(changed("threshold", "judge", "0.5", "0.6"),)
        )
        assert keys(given) == ["unknown"]

    def test_without_single_events_it_is_read_from_the_scores(self) -> None:
        scores = {
            "accept": ({40: 400}, {15: 250, 40: 400}),
            "reject": ({15: 300, 5: 300}, {5: 350}),
        }
        given = material(moved=moved(0.35, 0.60), scores=scores, thresholds=False)
        found = told(given)
        assert found.causes[0].key == "threshold_changed"
        assert found.likeliest.startswith("The threshold went from about 0.8 to about 0.3; 250 verdicts")


class TestProbing:
    honest: ClassVar = {f"c{n}": (0.30, 400, 0.28 + 0.05 * (n % 2), 40) for n in range(40)}

    def test_a_new_caller_that_always_escalates(self) -> None:
        who = callers({**self.honest, "attacker": (0.0, 0, 0.97, 200)})
        found = told(material(0.40, callers=who))
        assert found.causes[0].key == "probing"
        assert found.likeliest == (
            "Caller attacker (97 % of 200) carries 7 of the 10 points; without it 30 % of requests escalate."
        )
        assert found.causes[0].evidence[0].value == "194 of 200 escalated, 60 expected (not seen before)"

    def test_a_known_caller_that_turned(self) -> None:
        who = callers({**self.honest, "turned": (0.25, 4000, 0.95, 300)})
        assert keys(material(0.42, callers=who))[0] == "probing"

    def test_not_when_everybody_moved(self) -> None:
        who = callers({f"c{n}": (0.30, 400, 0.60, 40) for n in range(40)})
        assert "probing" not in keys(material(0.60, callers=who))

    def test_not_in_a_fall(self) -> None:
        who = callers({**self.honest, "gone": (0.90, 4000, 0.05, 300)})
        assert "probing" not in keys(material(0.20, callers=who))


class TestPriceChange:
    def test_is_a_cause_of_money_alone(self) -> None:
        change = changed("price", "m-1", "$0.6 / $0.6", "$1.2 / $1.2")
        assert keys(material(0.30, changes=(change,), metric="cost_ratio")) == ["price_change"]
        assert "price_change" not in keys(material(0.36, changes=(change,)))

    def test_says_from_what_to_what(self) -> None:
        change = changed("price", "m-1", "$0.6 / $0.6", "$1.2 / $1.2")
        assert told(material(0.30, changes=(change,), metric="cost_ratio")).likeliest == (
            "The price of m-1 went from $0.6 / $0.6 to $1.2 / $1.2 a million tokens (in / out) at Sat 21 Nov"
            " 13:12."
        )

    def test_a_model_nobody_has_a_price_for(self) -> None:
        given = material(
            0.30, metric="price_coverage", unpriced=Group("", Share(0, 10_000), Share(200, 1000)),
            changes=(changed("model", "small", "m-1", "m-9", 0.2),),
        )  # fmt: skip
        found = told(given)
        assert found.causes[0].key == "price_change"
        assert found.likeliest == "20 % of attempts and verdicts have no price, 0 % before."


class TestUnknown:
    def test_says_what_was_looked_at(self) -> None:
        found = told(material(0.36, reasons=(LOW_SCORE,)))
        assert [cause.key for cause in found.causes] == ["unknown"]
        assert found.likeliest == (
            "No model, verifier, threshold, revision or price changed within 2 h of it; `low_score` rejects"
            " explain 5 of the 6 points."
        )
        assert found.causes[0].evidence

    def test_a_revision_that_coincides(self) -> None:
        found = told(material(0.36, changes=(Change("revision", "", "r1", "r2", SINCE + 60_000),)))
        assert found.likeliest == "Coincides with revision: r2 in place of r1, from Sat 21 Nov 13:01."
        assert found.causes[0].next.startswith("Look at what that revision changed")

    def test_stands_before_causes_that_explain_little(self) -> None:
        found = told(material(0.40, reasons=(share("format", 0.0, 0.03),)))
        assert [cause.key for cause in found.causes] == ["unknown", "verifier_broken"]

    def test_nothing_on_either_side(self) -> None:
        empty = Group("", Share(0, 0), Share(0, 0))
        assert keys(material(moved=empty, escalated=empty)) == ["unknown"]


def test_every_cause_has_a_title() -> None:
    assert set(TITLES) == set(KEYS)


def test_several_causes_are_ranked_by_what_they_explain() -> None:
    given = material(
        0.60,
        uses=(JUDGES[0], Use("small", "m-1", "judge-v3", Share(0, 0), Share(600, 1000))),
        changes=(changed("verifier", "small", "judge-v2", "judge-v3"),),
        reasons=(share("format", 0.0, 0.31),),
    )
    found = told(given)
    assert [cause.key for cause in found.causes] == ["verifier_broken", "verifier_changed"]
    assert found.likeliest.endswith(
        "also the verifier changed: verifier on small: judge-v3 in place of judge-v2, from Sat 21 Nov 13:12;"
        " its verdicts carry all of it."
    )


def test_of_the_flagships_share_the_escalated_part_is_explained() -> None:
    """Half of the events are judged, so a point of the escalation rate is half a point of the share."""
    given = material(
        metric="flagship_share",
        moved=Group("", Share(4000, 20_000), Share(560, 2000)),
        escalated=moved(0.46),
        reasons=(share("format", 0.0, 0.16),),
    )
    found = told(given)
    assert found.causes[0].key == "verifier_broken"
    assert found.causes[0].points == pytest.approx(0.08)


def test_a_name_breaks_no_line_and_is_told_as_it_is() -> None:
    hostile = "<!channel>\r\nBcc: eve@example.com"
    found = told(material(0.90, reasons=(share(f"format {hostile}", 0.0, 0.75),)))
    assert "<!channel>␍␊Bcc: eve@example.com" in found.likeliest
    assert "\n" not in found.likeliest


def test_it_can_be_kept_as_json() -> None:
    who = callers({"a": (0.3, 1000, 0.3, 100), "b": (0.0, 0, 1.0, 300)})
    given = material(
        0.5, uses=JUDGES, callers=who, reasons=(LOW_SCORE,),
        routes=(share("x", 0.3, 0.5), share("y", 0.3, 0.5)),
        changes=(changed("verifier", "small", "judge-v2", "judge-v3"),),
    )  # fmt: skip
    kept = json.loads(json.dumps(told(given).to_dict(), allow_nan=False))
    assert set(kept) == {
        "metric", "title", "likeliest", "next", "points", "against", "before", "after", "causes", "mix",
        "callers", "changes", "reasons", "fallbacks", "judge_failures", "checks", "quality_checked",
    }  # fmt: skip
    assert set(kept["causes"][0]) == {
        "key",
        "title",
        "points",
        "explained",
        "n",
        "summary",
        "evidence",
        "next",
        "asks",
    }
    assert set(kept["causes"][0]["evidence"][0]) == {"label", "value", "numbers"}
    assert kept["points"] == pytest.approx(0.2)


def test_each_summary_is_a_sentence() -> None:
    for cause in told(replace(material(0.9, reasons=(share("format", 0, 0.75),)))).to_dict()["causes"]:
        assert cause["summary"][0].isupper()
        assert cause["summary"].endswith(".")
