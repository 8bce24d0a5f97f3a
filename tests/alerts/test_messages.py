"""What people read: the order, both directions, every status, groups, and names from outside."""

# ruff: noqa: E501, ISC004 - whole texts are compared

import json
from dataclasses import replace
from typing import Any, ClassVar, get_args
from urllib.parse import parse_qs, urlsplit

import pytest

from alerts.message import Left
from alerts.messages import compose, sample
from alerts.words.speaking import Told
from cascadewatch.settings import Settings
from cascadewatch.settings.alerting import Kind
from tests.alerts.hostile import SLACK
from tests.alerts.told import (
    COST,
    DAY,
    DIAGNOSIS,
    HOUR,
    MINUTE,
    NOW,
    SETTINGS,
    SINCE,
    episode,
    fact,
    item,
    message,
    over,
)

LATER = SINCE + 7 * HOUR
ASKS_ELSE = {"key": "traffic_mix", "asks": None}


class TestARise:
    def test_reads_whole(self) -> None:
        said = item(episode())
        assert said.title == "support: escalation up 6 points to about 36 %"
        assert said.facts == (
            (
                "What moved",
                "The escalation rate of support: about 36 % (33–39 %), 6 points above its baseline of 30 %, over"
                " 2,410 requests. It breached the tolerance of 5 points. More requests go on to dearer tiers:"
                " cost is at risk.",
            ),
            (
                "Since",
                "Wed 10:00, as far as can be told. A move like this happens by chance less than once in 90"
                " days.",
            ),
            (
                "Likeliest cause",
                "Verifier on small: judge-v3 in place of judge-v2, from Wed 18 Nov 10:12; its verdicts carry all"
                " of it; `low_score` rejects explain 5 of the 6 points.",
            ),
            (
                "Evidence",
                "Rejects by judge-v2: 30 % of 9,120 before, none since; Rejects by judge-v3: none before, 36 % of"
                " 2,410 since.",
            ),
            (
                "Cost",
                "About $41.20 more a day ($21.60–61.50) at today's traffic: 343 more escalations a day at $0.12"
                " each.",
            ),
            (
                "Next",
                "Run the verifier check: judge-v2 and judge-v3 on the same answers. Roll back if the new one is"
                " worse.",
            ),
        )

    def test_a_thin_baseline_is_told_as_a_doubt(self) -> None:
        thin = {"normal": {"requests": 504, "error": 0.0205}}
        assert str(fact(item(episode(value=0.361, detail=thin)), "Since")).endswith(
            "less than once in 90 days. But its baseline rests on 504 requests and may itself be 4 points off:"
            " if nothing explains the move, accept the new level."
        )
        assert "But" not in str(fact(item(episode(value=0.60, detail=thin)), "Since"))
        known = {"normal": {"requests": 40_000, "error": 0.005}}
        assert "But" not in str(fact(item(episode(value=0.361, detail=known)), "Since"))

    def test_before_there_is_a_baseline_that_is_said(self) -> None:
        said = item(episode(value=0.90, detail={"normal": {"learning": True}}))
        assert "60 points above the 30 % seen so far, over" in str(fact(said, "What moved"))
        assert "There is no baseline yet" in str(fact(said, "Since"))

    def test_within_the_tolerance_it_moved_and_did_not_breach(self) -> None:
        said = item(episode(value=0.337))
        assert "It moved, so far within the tolerance of 5 points." in str(fact(said, "What moved"))
        assert "breached" not in str(fact(said, "What moved"))

    def test_the_budget_of_false_alarms_is_the_settings(self) -> None:
        settings = Settings.model_validate({"alerts": {"false_alarm_days": 30}})
        said = compose([Told(episode(), ("firing",))], settings, NOW).items[0]
        assert "by chance less than once in 30 days" in str(fact(said, "Since"))

    def test_without_a_price_nothing_is_said_of_money(self) -> None:
        assert fact(item(episode(detail={"cost_usd_per_day": None})), "Cost") is None

    def test_without_a_diagnosis_it_says_where_to_look(self) -> None:
        said = item(episode(detail={"diagnosis": None}))
        assert fact(said, "Likeliest cause") is None
        assert fact(said, "Next") == "Look at the page, then at what was deployed at that time."

    def test_an_unknown_cause_is_not_called_likely(self) -> None:
        unknown = {
            "likeliest": "No model changed within 2 h of it.",
            "causes": [{"key": "unknown"}],
            "next": "Look.",
        }
        said = item(episode(detail={"diagnosis": unknown}))
        assert fact(said, "Cause") == "No model changed within 2 h of it."
        assert fact(said, "Likeliest cause") is None

    def test_a_change_of_traffic_is_in_the_title(self) -> None:
        mixed = {**DIAGNOSIS, "title": "traffic mix changed"}
        said = item(episode(detail={"diagnosis": mixed}))
        assert said.title == "support: traffic mix changed, escalation up 6 points to about 36 %"


class TestAFall:
    fall: ClassVar[dict[str, Any]] = {
        "value": -185.0,
        "low": -220.0,
        "high": -150.0,
        "extra": -1500.0,
        "each": 0.12,
        "what": "escalations",
    }

    def test_is_quality_at_risk(self) -> None:
        said = item(episode(value=0.22, detail={"cost_usd_per_day": self.fall}))
        assert said.title == "support: escalation down 8 points to about 22 %, quality at risk"
        assert fact(said, "What moved") == (
            "The escalation rate of support: about 22 % (19–25 %), 8 points below its baseline of 30 %, over 2,410"
            " requests. It breached the tolerance of 5 points. The verifier accepts more: quality is at risk,"
            " unless the answers got better."
        )

    def test_what_the_bill_fell_is_no_saving_yet(self) -> None:
        said = item(episode(value=0.22, detail={"cost_usd_per_day": self.fall}))
        assert fact(said, "Cost") == (
            "The bill fell by about $185 a day ($150–220). Do not count this as a saving yet."
        )

    def test_a_verifier_check_comes_first(self) -> None:
        threshold = DIAGNOSIS | {"next": "Set it back to 0.75.", "causes": [ASKS_ELSE]}
        said = item(episode(value=0.22, detail={"diagnosis": threshold}))
        assert str(fact(said, "Next")).startswith("Run a verifier check before anything else")
        assert str(fact(said, "Next")).endswith("Set it back to 0.75.")

    def test_also_where_the_diagnosis_asks_to_check_something_else(self) -> None:
        step = "Check with whoever sends it whether it is meant to stay."
        mix = DIAGNOSIS | {"next": step, "causes": [ASKS_ELSE]}
        said = str(fact(item(episode(value=0.22, detail={"diagnosis": mix})), "Next"))
        assert said.startswith("Run a verifier check before anything else")
        assert said.endswith("Check with whoever sends it whether it is meant to stay.")

    def test_one_that_the_diagnosis_asks_for_is_not_asked_for_twice(self) -> None:
        assert fact(item(episode(value=0.22)), "Next") == DIAGNOSIS["next"]

    def test_the_step_of_an_older_version_stands_alone(self) -> None:
        """It did not say what its step asks for."""
        older = DIAGNOSIS | {"causes": [{"key": "verifier_changed"}]}
        assert fact(item(episode(value=0.22, detail={"diagnosis": older})), "Next") == DIAGNOSIS["next"]

    def test_is_told_where_the_share_of_the_flagship_speaks_for_it(self) -> None:
        step = "Check with whoever sends it whether it is meant to stay."
        mix = DIAGNOSIS | {"next": step, "causes": [ASKS_ELSE]}
        share = episode(metric="flagship_share", value=0.16, detail={"diagnosis": mix})
        said = item(share, children=(episode(8, value=0.22, parent=7),))
        assert said.title == "support: flagship share down 14 points to about 16 %, quality at risk"
        assert str(fact(said, "Next")).startswith("Run a verifier check before anything else")

    def test_fewer_fallbacks_are_no_risk(self) -> None:
        said = item(episode(metric="fallback_rate", value=0.22))
        assert "risk" not in said.title

    def test_once_over_a_sample_should_be_looked_at(self) -> None:
        said = item(over(value=0.22, detail={"cost_usd_per_day": self.fall}), "resolved", now=LATER)
        assert fact(said, "In all") == (
            "The bill was about $23.10 lower. Count it only if the answers were right."
        )
        assert fact(said, "Next") == (
            "Look at a sample of what was served in that time: it was checked less strictly."
        )


class TestStatus:
    def test_resolved_says_how_long_how_far_and_what_it_cost(self) -> None:
        said = item(over(), "resolved", now=LATER)
        assert said.status == "resolved"
        assert said.title == "Resolved: support: escalation back to normal"
        assert said.facts == (
            ("What", "The escalation rate of support is back at its baseline of 30 %."),
            ("Lasted", "Wed 10:00 to Wed 16:00, 6 h."),
            ("Peak", "About 36 %, seen Wed 12:00."),
            ("In all", "It cost about $17.60 more."),
            (
                "Likeliest cause",
                "Verifier on small: judge-v3 in place of judge-v2, from Wed 18 Nov 10:12; its verdicts carry all"
                " of it; `low_score` rejects explain 5 of the 6 points.",
            ),
        )
        assert said.ended == SINCE + 6 * HOUR

    def test_it_lasted_until_it_was_on_its_way_back(self) -> None:
        """The recovery is proven later than it happens."""
        said = item(over(easing=SINCE + 3 * HOUR), "resolved", now=LATER)
        assert fact(said, "Lasted") == "Wed 10:00 to Wed 13:00, 3 h; surely over since Wed 16:00."

    def test_what_it_cost_in_all_is_so_many_too_many_times_what_one_costs(self) -> None:
        """0.061 of 2,410 requests at $0.12; without what one costs, by the time it lasted."""
        assert fact(item(over(), "resolved", now=LATER), "In all") == "It cost about $17.60 more."
        by_time = over(detail={"cost_usd_per_day": {"value": 48.0}}, easing=SINCE + 3 * HOUR)
        assert fact(item(by_time, "resolved", now=LATER), "In all") == "It cost about $6.00 more."

    def test_what_began_and_ended_untold_is_told_once(self) -> None:
        said = item(over(), "firing", "resolved", now=LATER)
        assert said.status == "missed"
        assert said.title == "Over already: support: escalation rose by 6 points and came back"
        assert [label for label, _ in said.facts] == [
            "What moved", "Lasted", "Peak", "Likeliest cause", "Evidence", "In all",
        ]  # fmt: skip
        assert fact(said, "What moved") == (
            "The escalation rate of support: about 36 % (33–39 %), 6 points above its baseline of 30 %, over"
            " 2,410 requests. It is back to normal. You could not be told while it lasted."
        )

    def test_easing_is_said_where_it_fires_late(self) -> None:
        said = item(episode(state="easing", easing=NOW), "firing")
        assert (said.status, said.title) == (
            "easing",
            "Easing: support: escalation up 6 points to about 36 %",
        )
        assert (
            fact(said, "Now")
            == "It is on its way back to its baseline. You hear once more, when it is there."
        )

    @pytest.mark.parametrize(
        ("kinds", "status", "prefix"),
        [
            (("firing",), "firing", ""),
            (("firing", "update"), "firing", ""),
            (("update",), "updated", "Moved again: "),
            (("repeat",), "repeated", "Still: "),
            (("update", "repeat"), "updated", "Moved again: "),
            (("flapping",), "flapping", "Flapping: "),
            (("steady",), "notice", "Steady: "),
        ],
    )
    def test_each_kind_of_word_has_its_status(self, kinds: tuple[str, ...], status: str, prefix: str) -> None:
        said = item(episode(), *kinds)
        assert said.status == status
        assert said.title == f"{prefix}support: escalation up 6 points to about 36 %"

    def test_flapping_says_that_silence_follows(self) -> None:
        assert fact(item(episode(), "flapping"), "Flapping") == (
            "It changed more than four times in a day. You hear of it again when it is steady."
        )

    def test_severity_is_the_episodes(self) -> None:
        assert item(episode(severity="page")).severity == "page"


class TestOtherKinds:
    def test_dearer_than_the_flagship(self) -> None:
        cost = {"value": 88.0, "low": 30.0, "high": 140.0}
        one = episode(
            kind="threshold", metric="cost_ratio", rule="dearer-than-flagship", value=1.08, baseline=None,
            detail={"unit": "ratio", "limit": 1.0, "tolerance": None, "cost_usd_per_day": cost},
        )  # fmt: skip
        said = item(one)
        assert said.title == "support: dearer than the flagship alone"
        assert fact(said, "What") == (
            "Cost ratio of support: 1.08 (1.05–1.11), above the limit of 1, n 2,410. It costs 1.08 times what"
            " the flagship alone would have."
        )
        assert fact(said, "Since") == "First seen Wed 10:00."
        assert fact(said, "Cost") == (
            "About $88.00 a day ($30.00–140) more than the flagship alone, at today's traffic."
        )
        assert str(fact(said, "Next")).endswith(
            "Until it is mended, sending everything to the flagship would be cheaper."
        )

    def test_a_share_below_its_limit(self) -> None:
        one = episode(
            kind="threshold", metric="price_coverage", value=0.91, baseline=None, direction="down",
            detail={"limit": 0.95, "tolerance": None, "cost_usd_per_day": None},
        )  # fmt: skip
        assert item(one).title == "support: price coverage 91 %, below 95 %"
        done = item(
            episode(kind="threshold", metric="price_coverage", value=0.91, baseline=None, direction="down",
                    state="resolved", resolved=SINCE + HOUR, detail={"limit": 0.95, "cost_usd_per_day": None}),
            "resolved", now=LATER,
        )  # fmt: skip
        assert done.title == "Resolved: support: price coverage within its limit again"
        assert fact(done, "What") == "Price coverage is no longer below 95 %."

    @pytest.mark.parametrize(
        ("metric", "unit", "value", "limit", "told"),
        [
            ("price_coverage", "share", 0.947, 0.95, "94.7 % (94.6–94.8 %), below the limit of 95 %"),
            ("price_coverage", "share", 0.9496, 0.95, "94.96 % (94.86–95.06 %), below the limit of 95 %"),
            ("price_coverage", "share", 0.947, 0.949, "94.7 % (94.6–94.8 %), below the limit of 94.9 %"),
            ("savings_share", "share", -0.35, -0.1, "−35 % (−35 to −35 %), below the limit of −10 %"),
            ("savings_usd", "usd", 4996, 5000, "$4,996 ($4,996–$4,996), below the limit of $5,000"),
            ("cost_ratio", "ratio", 0.9996, 1, "0.9996 (0.9986–1.001), below the limit of 1"),
        ],
    )
    def test_a_value_just_beyond_its_limit_does_not_read_like_it(
        self, metric: str, unit: str, value: float, limit: float, told: str
    ) -> None:
        near = {"value": value, "low": value - 0.001, "high": value + 0.001, "n": 2410}
        one = episode(
            kind="threshold", metric=metric, value=value, baseline=None, direction="down",
            detail={"estimate": near, "unit": unit, "limit": limit, "cost_usd_per_day": None},
        )  # fmt: skip
        assert told in str(fact(item(one), "What"))
        if metric != "cost_ratio":
            assert item(one).title.endswith(f"{told.partition(' (')[0]}, below {told.rpartition('of ')[2]}")

    def test_a_budget_that_goes_too_fast(self) -> None:
        one = episode(
            kind="burn_rate", metric=None, rule="fast-burn", value=3.2, baseline=None,
            detail={"unit": "ratio", "limit": 3.0, "budget": {"left": 0.42, "until": SINCE + 30 * HOUR},
                    "cost_usd_per_day": {"value": 146.0, "low": 120.0, "high": 170.0}},
        )  # fmt: skip
        said = item(one)
        assert said.title == "support: the budget of its objective goes 3.2 times too fast"
        assert str(fact(said, "What")).endswith(
            "The budget of its objective is used up 3.2 times as fast as it may be."
        )
        assert fact(said, "Budget") == "42 % of it is left; at this pace it is gone by Thu 16:00."
        assert fact(said, "Cost") == (
            "About $146 a day ($120–170) beyond what the objective allows, at today's traffic."
        )

    def test_events_that_stay_away(self) -> None:
        words = "No events for 2 h; at this time of the week about 40 are usual."
        one = episode(kind="no_data", metric=None, direction="", severity="page", detail={"message": words})
        said = item(one)
        assert said.title == "support: no events since Wed 10:00"
        assert said.facts == (
            ("What", words),
            (
                "Since",
                "The last event came Wed 10:00. Until events come again, no other rule can see what it does.",
            ),
            ("Next", "Look whether its senders run and reach the API; the Sources page shows what arrives."),
        )

    def test_events_that_come_again(self) -> None:
        done = item(over(kind="no_data", metric=None, direction=""), "resolved", now=LATER)
        assert done.title == "Resolved: support: events arrive again"
        assert fact(done, "Lasted") == "Wed 10:00 to Wed 16:00, 6 h."
        missed = item(over(kind="no_data", metric=None, direction=""), "firing", "resolved", now=LATER)
        assert missed.title == "Over already: support: no events for a time"

    def test_a_rule_that_fails(self) -> None:
        words = "The rule escalation-drift failed: ValueError: no."
        one = episode(
            kind="error", metric=None, cascade="", direction="", detail={"message": words, "error": "x"}
        )
        said = item(one)
        assert said.title == "Rule escalation-drift fails"
        assert fact(said, "What") == words
        assert fact(said, "Next") == "Correct the rule in the settings, then run `cascadewatch check`."
        assert item(over(kind="error", cascade="", metric=None), "resolved", now=LATER).title == (
            "Resolved: Rule escalation-drift works again"
        )

    @pytest.mark.parametrize(
        ("metric", "title"),
        [
            ("flagship_share", "flagship share"),
            ("judge_failure_rate", "judge failures"),
            ("fallback_rate", "fallbacks"),
            ("exhausted_rate", "exhausted requests"),
            ("retry_rate", "retries"),
            ("cache_hit_rate", "cache hits"),
        ],
    )
    def test_every_rate_of_drift_has_words(self, metric: str, title: str) -> None:
        assert item(episode(metric=metric)).title == f"support: {title} up 6 points to about 36 %"

    def test_a_kind_of_another_version_is_told_somehow(self) -> None:
        said = item(episode(kind="later", metric="quality", detail={"estimate": None, "limit": 0.9}))
        assert said.title.startswith("support: quality")


class TestSeveral:
    coding = episode(8, cascade="coding", value=0.22)

    def test_of_several_cascades(self) -> None:
        said = message((episode(), ("firing",)), (self.coding, ("firing",)))
        assert said.subject == "2 cascades: support and coding"
        assert [i.cascade for i in said.items] == ["support", "coding"]
        assert said.link == "https://watch.example.com/incidents"

    def test_of_many_three_are_named(self) -> None:
        told = [(episode(n, cascade=f"c{n}"), ("firing",)) for n in range(5)]
        assert message(*told).subject == "5 cascades: c0, c1, c2 and 2 more"

    def test_cascades_are_counted_before_the_cut(self) -> None:
        told = [(episode(n, cascade=f"team{n:02}"), ("firing",)) for n in range(20)]
        left = [Left(f"team{n}", False) for n in range(20, 30)]
        assert message(*told, left=left).subject == "30 cascades: team00, team01, team02 and 27 more"

    def test_all_is_over_only_if_those_left_out_are(self) -> None:
        done = (over(), ("resolved",))
        assert message(done, left=[Left("coding", True)]).subject.startswith("Resolved: 2 cascades")
        assert message(done, left=[Left("coding", False)]).subject == "2 cascades: support and coding"

    def test_of_one_cascade_the_first_speaks(self) -> None:
        said = message((episode(), ("firing",)), (episode(8, route="faq"), ("firing",)))
        assert said.subject == "support: escalation up 6 points to about 36 %, and 1 more"

    def test_those_left_out_are_counted(self) -> None:
        said = message(
            (episode(), ("firing",)), (self.coding, ("firing",)), left=[Left("support", False)] * 980
        )
        assert said.more == 980
        assert said.subject == "2 cascades: support and coding (982 alerts)"

    def test_all_over(self) -> None:
        done = over(cascade="coding")
        said = message((over(), ("resolved",)), (done, ("resolved",)), now=LATER)
        assert said.subject == "Resolved: 2 cascades: support and coding"

    def test_children_are_named_by_whom_they_belong_to(self) -> None:
        flagship = episode(8, metric="flagship_share", value=0.41, parent=7)
        gone = over(metric="judge_failure_rate", value=0.2, baseline=0.05, parent=7)
        said = item(episode(), children=(flagship, gone))
        assert fact(said, "Also") == (
            "support: flagship share up 11 points to about 41 %; support: judge failures up 15 points to about"
            " 20 % (over)."
        )


class TestLinks:
    def test_show_exactly_the_time_it_is_about(self) -> None:
        link = item(over(), "resolved", now=LATER).link
        assert link.startswith("https://watch.example.com/incidents?")
        assert parse_qs(urlsplit(link).query) == {
            "episode": ["7"], "cascade": ["support"], "from": ["2026-11-18T09:00Z"], "to": ["2026-11-18T15:00Z"],
        }  # fmt: skip

    def test_end_now_while_it_goes_on(self) -> None:
        query = parse_qs(urlsplit(item(episode(route="faq"), now=NOW + 30_000).link).query)
        assert query["to"] == ["2026-11-18T12:01Z"]
        assert query["route"] == ["faq"]

    def test_the_page_of_a_range_reads_them(self) -> None:
        from dashboard.choice import parse

        one = episode(cascade="a&b=c", route="x/y?z")
        query = {key: value[0] for key, value in parse_qs(urlsplit(item(one).link).query).items()}
        chosen = parse(query, ["a&b=c"], ["UTC"], "UTC")
        assert (chosen.cascade, chosen.route) == ("a&b=c", "x/y?z")
        assert chosen.fixed == (SINCE, NOW)

    def test_the_small_routes_together_have_no_page_of_their_own(self) -> None:
        said = item(episode(route="__other__"))
        assert said.title == "support / its small routes: escalation up 6 points to about 36 %"
        assert "route" not in parse_qs(urlsplit(said.link).query)


class TestNamesFromOutside:
    @pytest.mark.parametrize("name", SLACK)
    def test_stand_as_they_are_on_one_line(self, name: str) -> None:
        said = message((episode(cascade=name, route=name), ("firing",)))
        shown = said.items[0].title.split(":")[0]
        assert "\n" not in said.subject
        assert "\r" not in said.subject
        if not set(name) & {"\n", "\r", "\t"} and ":" not in name:
            assert shown == f"{name} / {name}"
        assert said.items[0].cascade == name

    def test_no_format_is_filled_in(self) -> None:
        for name in ("{0.__class__}", "%(x)s", "$HOME", "{settings.database_url}"):
            assert name in item(episode(cascade=name)).title

    def test_line_breaks_are_shown_as_signs(self) -> None:
        said = message((episode(cascade="a\r\nBcc: eve@example.com\u2028"), ("firing",)))
        assert said.subject.startswith("a␍␊Bcc: eve@example.com␤: escalation")


class TestTimes:
    def test_are_told_in_the_zone_of_the_settings(self) -> None:
        utc = Settings(timezone="UTC")
        said = compose([Told(episode(), ("firing",))], utc, NOW).items[0]
        assert str(fact(said, "Since")).startswith("Wed 09:00")

    def test_of_last_week_carry_their_date(self) -> None:
        said = item(episode(), "repeat", now=SINCE + 9 * DAY)
        assert str(fact(said, "Since")).startswith("Wed 18 Nov 10:00")


def test_a_sample_says_that_it_is_one() -> None:
    said = sample(SETTINGS, NOW)
    assert said.kind == "test"
    assert said.subject == "Test: example: escalation up 6 points to about 36 %"
    assert said.lines == ("This is a sample, sent with `cascadewatch alerts test`. Nothing has moved.",)
    assert [label for label, _ in said.items[0].facts] == [
        "What moved", "Since", "Likeliest cause", "Evidence", "Cost", "Next",
    ]  # fmt: skip
    assert said.id != sample(SETTINGS, NOW + MINUTE).id


@pytest.mark.parametrize("kind", [*get_args(Kind), "error"])
def test_numbers_that_are_missing_stay_unsaid(kind: str) -> None:
    for key in ("estimate", "peak", "diagnosis", "cost_usd_per_day", "tolerance", "unit", "message", "about"):
        for one, kinds in ((episode(kind=kind), ("firing",)), (over(kind=kind), ("resolved",))):
            kept = json.loads(json.dumps({k: v for k, v in one.detail.items() if k != key}))
            said = item(replace(one, detail=kept), *kinds, now=LATER)
            assert said.title
            assert all("None" not in text for _, text in said.facts)


def test_the_cost_of_nothing_is_not_told_as_more_escalations() -> None:
    said = item(episode(detail={"cost_usd_per_day": {**COST, "extra": 0.2}}))
    assert fact(said, "Cost") == "About $41.20 more a day ($21.60–61.50) at today's traffic."
