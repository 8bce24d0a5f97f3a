"""What people read of replays that got worse, quality that is unchecked, money that is nearly spent, and
callers that stand out."""

# ruff: noqa: E501, ISC004 - whole texts are compared

import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from cascadewatch.store.episodes import Episode
from tests.alerts.hostile import HOSTILE
from tests.alerts.told import HOUR, NOW, SINCE, episode, fact, item, message

LATER = NOW + 6 * HOUR
LAX = {
    "name": "false_accept", "value": 0.12, "baseline": 0.05, "low": 0.09, "high": 0.15, "n": 477,
    "sentence": "false accepts: 12.0 % against 5.0 % before, +7.0 points (+4.0 to +10.0) over the same 477 wrong"
    " answers; chance alone does this with probability less than 1 in 1,000.",
}  # fmt: skip
REGRESSED = {
    "state": "regressed", "report": 12, "replay": "judge-check", "kind": "verifier check", "created": NOW,
    "since": SINCE, "before": SINCE - 24 * HOUR, "rates": [LAX], "cause": "confirmation", "others": ["nightly"],
    "notes": ["The verifier accepted 6 of 10 answers that are planted to be wrong."],
}  # fmt: skip
STALE = {
    "reasons": ["Its quality was last checked 8 days ago, by report 12 of nightly."], "late": True,
    "checked": SINCE, "calibration": 9, "commands": ["cascadewatch replay nightly"],
}  # fmt: skip
SPENT = {
    "spent_usd": 41.2, "month_usd": 50.0, "start": SINCE - 18 * 24 * HOUR, "share": 0.824,
    "by": [{"replay": "nightly", "usd": 36.0, "runs": 18}, {"replay": "judge-check", "usd": 5.2, "runs": 1}],
}  # fmt: skip

PROBE: dict[str, Any] = {
    "callers": [
        {"caller": "probe", "escalated": 72, "judged": 72, "low": 0.95, "high": 1.0, "expected": 0.303,
         "before": None, "before_n": 0}
    ],
    "callers_named": ["probe"], "number": 1, "seen": 41, "of_escalations": 0.152, "of_judged": 0.05,
    "whole": 0.33, "without": 0.297, "until": SINCE + 3 * HOUR, "beyond": 50.2,
}  # fmt: skip


def about(kind: str, held: dict[str, Any], **said: Any) -> Episode:
    detail = {"about": held, "estimate": None, "peak": None, "diagnosis": None, "cost_usd_per_day": None}
    return episode(
        kind=kind, metric=None, baseline=None, direction="", detail=detail | said.pop("detail", {}), **said
    )


class TestAReplay:
    def test_says_what_moved_over_how_many_cases_since_when_and_what_to_do(self) -> None:
        said = item(about("replay", REGRESSED))
        assert said.title == "support: verifier check judge-check: false accepts up from 5.0 % to 12 %"
        assert said.facts == (
            (
                "What moved",
                "False accepts: 12.0 % against 5.0 % before, +7.0 points (+4.0 to +10.0) over the same 477 wrong"
                " answers; chance alone does this with probability less than 1 in 1,000. The verifier lets more"
                " wrong answers through: quality is at risk.",
            ),
            ("Since", "The run of Wed 10:00; that of Tue 10:00 was not worse. A second run confirms it."),
            ("Noted", "The verifier accepted 6 of 10 answers that are planted to be wrong."),
            ("Also", "nightly, in the same way."),
            (
                "Next",
                "Read the answers it accepts now, then mend the verifier or raise its threshold. Side by side:"
                " https://watch.example.com/replays?report=12",
            ),
        )

    def test_that_is_incomplete_twice_says_so(self) -> None:
        why = "30 of 400 calls failed, most of them as timeout; more than 2 %, so nothing is concluded."
        held = {**REGRESSED, "state": "incomplete", "rates": [], "notes": [why], "others": [], "cause": None}
        words = "The last two runs of verifier check judge-check were incomplete, so nothing is known."
        said = item(about("replay", held, detail={"message": words}))
        assert said.title == "support: verifier check judge-check incomplete twice in a row"
        assert fact(said, "What moved") == words
        assert fact(said, "Since") == "The run of Wed 10:00; that of Tue 10:00 was not incomplete."
        assert fact(said, "Next") == (
            "See which calls failed, mend that, and run it again: https://watch.example.com/replays?report=12"
        )

    def test_that_is_over_names_the_report_that_says_so(self) -> None:
        cleared = {"judge-check": {"report": 14, "verdict": "unchanged"}}
        one = about(
            "replay", REGRESSED, state="resolved", resolved=SINCE + 6 * HOUR, detail={"cleared": cleared}
        )
        said = item(one, "resolved", now=LATER)
        assert said.title == "Resolved: support: verifier check judge-check no longer worse"
        assert fact(said, "What") == (
            "The verifier check judge-check is not worse any more. Report 14 of it is unchanged:"
            " https://watch.example.com/replays?report=14"
        )
        missed = item(one, "firing", "resolved", now=LATER)
        assert missed.title == (
            "Over already: support: verifier check judge-check: false accepts up from 5.0 % to 12 %, for a time"
        )
        assert [label for label, _ in missed.facts] == ["What moved", "What", "Lasted"]


class TestUncheckedQuality:
    def test_says_since_when_and_what_to_run(self) -> None:
        said = item(about("stale", STALE))
        assert said.title == "support: quality unchecked"
        assert said.facts == (
            ("What", "Its quality was last checked 8 days ago, by report 12 of nightly."),
            ("Since", "Wed 10:00. Nothing has to be wrong; nobody would know."),
            (
                "Next",
                "Run `cascadewatch replay nightly`, or label a random sample of answers. The last calibration:"
                " https://watch.example.com/replays?report=9",
            ),
        )

    def test_a_calibration_alone_is_named_in_the_title(self) -> None:
        said = item(about("stale", {**STALE, "late": False}))
        assert said.title == "support: its verifier's calibration is out of date"

    def test_that_was_checked_is_over(self) -> None:
        one = about("stale", STALE, state="resolved", resolved=SINCE + 6 * HOUR)
        assert item(one, "resolved", now=LATER).title == "Resolved: support: quality checked"
        assert item(one, "firing", "resolved", now=LATER).title == (
            "Over already: support: quality unchecked, for a time"
        )


class TestMoneyForReplays:
    one = about("budget", SPENT, cascade="*", detail={"limit": 0.8})

    def test_says_how_much_is_gone_on_what_and_what_follows(self) -> None:
        said = item(self.one)
        assert said.title == "Replays: 82 % of the month's money is spent"
        assert said.facts == (
            ("What", "All replays of the month have spent or hold $41.20 of $50.00, more than 80 %."),
            ("Since", "First seen Wed 10:00; counted since Sat 31 Oct 10:00."),
            ("On", "nightly $36.00 in 18 runs; judge-check $5.20 in 1 run."),
            ("Then", "When all of it is gone, runs that cost money end incomplete until the next month."),
            (
                "Next",
                "Run replays less often or on fewer cases, or raise `month_usd` under [replays]. What each run"
                " cost: https://watch.example.com/replays",
            ),
        )

    def test_its_link_chooses_no_cascade(self) -> None:
        assert "cascade" not in parse_qs(urlsplit(item(self.one).link).query)

    def test_beside_others_it_is_about_all_cascades(self) -> None:
        said = message((self.one, ("firing",)), (episode(8, cascade="coding"), ("firing",)))
        assert said.subject == "2 cascades: all cascades and coding"

    def test_that_there_is_money_again(self) -> None:
        cleared = {"cleared": {"money": "$0.00 of $50.00"}, "limit": 0.8}
        done = replace(
            self.one, state="resolved", resolved=SINCE + 6 * HOUR, detail={**self.one.detail, **cleared}
        )
        said = item(done, "resolved", now=LATER)
        assert (said.title, fact(said, "What")) == (
            "Resolved: Replays: money for them again", "Replays have spent or hold $0.00 of $50.00.",
        )  # fmt: skip


class TestCallersThatStandOut:
    def test_says_who_how_often_since_when_why_what_it_costs_and_what_to_do(self) -> None:
        said = item(
            about("callers", PROBE, detail={"cost_usd_per_day": {"value": 4.1, "low": 3.7, "high": 4.1}})
        )
        assert said.title == "support: caller probe escalates far more than expected, 100 % of its requests"
        page = "https://watch.example.com/traffic?cascade=support&from=2026-11-18T09%3A00Z&to=2026-11-18T12%3A00Z"
        assert said.facts == (
            (
                "What moved",
                "Caller probe: 100 % (95–100 %) of 72 judged events escalated, where 30 % was expected. 15 % of all"
                " escalations, from 5.0 % of the judged events.",
            ),
            (
                "Since",
                "Wed 10:00, as far as can be told. Compared with the past of each, where it has one, and with all"
                " others, 41 callers together.",
            ),
            (
                "Likeliest cause",
                "Requests made to be rejected, or simply harder ones than before: these numbers do not tell which.",
            ),
            ("Evidence", "caller probe: not seen before; all others: 30 % escalate."),
            ("Cost", "About $4.10 more a day ($3.70–4.10), at today's traffic."),
            (
                "Next",
                f"Read what it sent: {page} `cascadewatch callers find NAME` tells under which name a sender is"
                " stored. If it is not meant, limit it at your gateway. If it is, acknowledge this: a week on it is"
                " its own past, and the alert ends by itself.",
            ),
        )

    def test_several_are_counted_in_the_title(self) -> None:
        both = [
            {**PROBE["callers"][0], "caller": name, "before": 0.31, "before_n": 400} for name in ("a", "b")
        ]
        said = item(about("callers", {**PROBE, "callers": both, "number": 7}))
        assert said.title == "support: 7 callers escalate far more than they used to"
        assert "and 5 more." in str(fact(said, "What moved"))
        assert str(fact(said, "Evidence")).startswith("caller a: 31 % of 400 until a week ago; caller b:")

    def test_a_name_of_many_callers_says_so(self) -> None:
        row = {**PROBE["callers"][0], "caller": "__other__"}
        said = item(about("callers", {**PROBE, "callers": [row]}))
        assert "caller __other__ (those without a name of their own, together):" in str(
            fact(said, "Evidence")
        )

    @pytest.mark.parametrize("name", HOSTILE)
    def test_a_name_stays_on_its_line(self, name: str) -> None:
        said = item(about("callers", {**PROBE, "callers": [{**PROBE["callers"][0], "caller": name}]}))
        assert all(len(text.splitlines()) == 1 for text in (said.title, *dict(said.facts).values()))

    def test_what_is_over_after_a_week_may_go_on(self) -> None:
        one = about("callers", PROBE, state="resolved", resolved=SINCE + 6 * HOUR)
        said = item(one, "resolved", now=LATER)
        assert said.title == "Resolved: support: no caller stands out any more"
        assert fact(said, "What") == "No caller stands out any more."
        for until, own in ((156, False), (168, True), (200, True)):
            week = about("callers", {**PROBE, "until": SINCE + until * HOUR}, state="resolved")
            over = replace(week, resolved=SINCE + 200 * HOUR)
            what = str(fact(item(over, "resolved", now=LATER), "What"))
            assert ("has become their own past" in what) == own
        missed = item(one, "firing", "resolved", now=LATER)
        assert missed.title.endswith("100 % of its requests, for a time")

    def test_it_lasted_until_they_stopped_and_cost_what_they_sent(self) -> None:
        cost = {"cost_usd_per_day": {"value": 9.0, "each": 0.1}}
        one = about("callers", PROBE, detail=cost, state="resolved", resolved=SINCE + 20 * HOUR)
        said = item(one, "resolved", now=SINCE + 20 * HOUR)
        assert fact(said, "Lasted") == (
            "Wed 10:00 to Wed 13:00, 3 h, as far as can be told; no caller has stood out since Thu 06:00."
        )
        assert fact(said, "In all") == "It cost about $5.02 more."
        long = about("callers", {**PROBE, "until": SINCE + 200 * HOUR}, detail=cost, state="resolved")
        said = item(replace(long, resolved=SINCE + 200 * HOUR), "resolved", now=LATER)
        assert str(fact(said, "Lasted")).endswith(", 8 days.")
        assert fact(said, "In all") == "It cost about $5.02 more in its last 7 days."

    def test_who_is_new_is_named(self) -> None:
        new = [f"c{number}" for number in range(7)]
        said = item(about("callers", PROBE, detail={"told": {"callers_new": new}}), "update")
        assert fact(said, "New") == (
            "caller c0, caller c1, caller c2, caller c3, caller c4 and 2 more, since you were last told."
        )
        assert (
            fact(item(about("callers", PROBE, detail={"told": {"callers_new": []}}), "update"), "New") is None
        )


@pytest.mark.parametrize(
    ("kind", "held"), [("replay", REGRESSED), ("stale", STALE), ("budget", SPENT), ("callers", PROBE)]
)
def test_what_another_version_left_out_stays_unsaid(kind: str, held: dict[str, Any]) -> None:
    for key in held:
        less = json.loads(json.dumps({k: v for k, v in held.items() if k != key}))
        for wrong in (less, {**less, key: None}, {**less, key: "x"}, {**less, key: [None]}):
            for ending in ({}, {"state": "resolved", "resolved": SINCE + HOUR}):
                one = about(kind, wrong, **ending)
                for kinds in (("firing",), ("resolved",), ("firing", "resolved")):
                    said = item(one, *kinds, now=LATER)
                    assert said.title
                    assert all("None" not in text for _, text in said.facts)
