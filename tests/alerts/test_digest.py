"""The digest: put into the outbox once a period, told with the facts of that period."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alerts import digest
from alerts.channels.error import ChannelError
from alerts.words import digest as words
from alerts.words.digest import CascadeFacts, DigestFacts
from cascadewatch.metrics.window import Metric
from cascadewatch.model import Label
from cascadewatch.pricing import PriceBook
from cascadewatch.settings import Settings
from cascadewatch.store import channel_states, leases
from cascadewatch.store.receipt import Batch
from cascadewatch.store.writes import Writer
from tests.alerts.checked import NIGHTLY, reported_on, tables
from tests.alerts.delivering import DAY, HOUR, MINUTE, Make, Outbox, always, opened, until
from tests.model.events import accepted, escalated
from tests.store.opened import PRICES

CLOSED = ChannelError("answered 503", retry_after=3600)
NEXT = (
    "Next: correct the channels that are off (mail); look into what is still open; "
    "label a random sample of support: its quality was not checked for a week."
)
DAY_OF_SUPPORT = (
    "support: saved $0.0011 (55 % of flagship only; saved $0.0015 the day before). "
    "Cost $0.0009 ($0.0005 the day before). "
    "40 % escalated (31–50 %; 20 % the day before), 55 points below break-even. "
    "100 requests; 100 the day before. Quality last checked 3 h ago."
)


@pytest.fixture
def make(sqlite_template: Path, tmp_path: Path, now: int) -> Iterator[Make]:
    with opened(sqlite_template, tmp_path, now) as make:
        yield make


def daily(make: Make, *names: str, **said: Any) -> Outbox:
    alerts = {"digest": "daily", "digest_at": "08:00", **said.pop("alerts", {})}
    return make(*names, alerts=alerts, **said)


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def run(box: Outbox) -> str:
    return digest.run(box.store, box.settings, box.now, None)


def traffic(
    box: Outbox, accepts: int, escalates: int, at: int, labelled: bool = False, cascade: str = "support"
) -> None:
    """Requests of a cascade at a moment; each costs 1 micro-dollar, an escalated one 21."""
    writer = Writer(box.store, box.settings, PriceBook(PRICES, bundled=False), lambda: box.now)
    kinds = [accepted] * accepts + [escalated] * escalates
    labels = [Label(0, True, "human", "random")] if labelled else []
    sent = [kind(f"{at}-{i}", at=at, labels=labels, cascade=cascade) for i, kind in enumerate(kinds)]
    writer.write([Batch("local", list(enumerate(sent)), [], box.now)])
    writer.close()


class TestWhenItIsDue:
    def test_it_goes_to_every_channel_that_takes_tickets(self, make: Make) -> None:
        box = daily(make, "team", "pager", options={"pager": {"min_severity": "page"}})
        box.now = ms("2026-11-21T08:00")
        assert run(box) == "for 1 channels"
        assert [(row.channel, row.transition) for row in box.rows(0)] == [("team", box.now)]

    def test_or_to_those_that_alerts_names(self, make: Make) -> None:
        box = daily(make, "team", "mail", alerts={"channels": ["mail"]})
        run(box)
        assert [row.channel for row in box.rows(0)] == ["mail"]

    def test_once_however_often_it_is_asked_for(self, make: Make) -> None:
        box = daily(make, "team")
        assert [run(box), run(box)] == ["for 1 channels", "sent already"]

    def test_a_clock_set_back_a_day_brings_none_again(self, make: Make) -> None:
        box = daily(make, "team")
        run(box)
        box.now -= DAY
        assert run(box) == "sent already"

    def test_a_clock_that_was_ten_years_ahead_keeps_none_back(self, make: Make) -> None:
        box = daily(make, "team")
        box.now += 3650 * DAY
        assert run(box) == "for 1 channels"
        box.now -= 3650 * DAY
        assert run(box) == "for 1 channels"

    def test_after_a_week_without_a_worker_one_comes(self, make: Make) -> None:
        box = daily(make, "team")
        run(box)
        box.now += 7 * DAY
        assert [run(box), run(box)] == ["for 1 channels", "sent already"]
        assert len(box.rows(0)) == 2

    def test_one_that_is_half_a_day_late_is_left_out(self, make: Make) -> None:
        box = daily(make, "team")
        box.now = ms("2026-11-21T20:01")
        assert run(box) == "too late"

    def test_it_is_off_unless_asked_for(self, make: Make) -> None:
        assert run(make("team")) == "off"

    def test_who_does_not_lead_sends_none(self, make: Make) -> None:
        box = daily(make, "team")
        stale = leases.Lease("worker", "a", 1, 0)
        assert digest.run(box.store, box.settings, box.now, stale) == "another worker leads"
        assert box.rows(0) == []


class TestWhatItSays:
    def test_the_day_beside_the_day_before(self, make: Make) -> None:
        box = daily(
            make, "team", timezone="Europe/Berlin", cascade={"support": {"tiers": ["small", "flagship"]}}
        )
        slot = ms("2026-11-21T07:00")
        traffic(box, 80, 20, slot - 30 * HOUR)
        traffic(box, 60, 40, slot - 3 * HOUR, labelled=True)
        traffic(box, 0, 50, slot + HOUR)
        box.now = slot + 5 * MINUTE
        run(box)
        box.run(MINUTE)
        (message,) = box.messages("team")
        assert message.kind == "digest"
        assert message.subject == "Fri 20 Nov 08:00 to Sat 21 Nov 08:00: saved $0.0011, no alerts"
        assert message.lines == (DAY_OF_SUPPORT, "Nothing to do.", "Times are in Europe/Berlin.")

    @pytest.mark.parametrize(
        ("verdict", "said"),
        [("regressed", "Quality last checked 5 h ago."), ("incomplete", "Quality never checked.")],
    )
    def test_a_whole_report_of_a_replay_has_checked_the_quality(
        self, make: Make, verdict: str, said: str
    ) -> None:
        box = daily(make, "team", **tables(nightly=NIGHTLY))
        box.now = ms("2026-11-21T08:00")
        traffic(box, 80, 20, box.now - 3 * HOUR)
        with box.store.writing() as connection:
            reported_on(connection, box.settings, "nightly", verdict, box.now - 5 * HOUR)
        run(box)
        box.run(MINUTE)
        (message,) = box.messages("team")
        assert message.lines[0].endswith(said)
        assert ("Nothing to do." in message.lines) == (verdict == "regressed")

    def test_what_was_lost_is_told_without_a_sign(self) -> None:
        said = {
            "escalation_rate": Metric(0.3, 900), "cost_usd": Metric(28, 900), "savings_usd": Metric(-3, 900),
            "savings_share": Metric(-0.12, 900), "headroom": Metric(None, 0, reason="no flagship"),
        }  # fmt: skip
        one = CascadeFacts("support", 900, 880, said, said, None)
        made = words.digest(DigestFacts(0, DAY, (one,), (), (), 0), Settings(), DAY)
        assert made.lines[0].startswith(
            "support: lost $3.00 (12 % of flagship only; lost $3.00 the day before). Cost"
        )

    def test_a_cost_of_which_a_part_has_no_price_says_so(self) -> None:
        said = {
            "escalation_rate": Metric(0.3, 900), "savings_usd": Metric(3, 600), "headroom": Metric(0.2, 900),
            "savings_share": Metric(None, 600, reason="withheld"),
            "cost_usd": Metric(28, 900, unit="usd", reason="77.8 % of attempts priced"),
        }  # fmt: skip
        one = CascadeFacts("support", 900, 880, said, said, None)
        made = words.digest(DigestFacts(0, DAY, (one,), (), (), 0), Settings(), DAY)
        assert "Cost $28.00 ($28.00 the day before; 77.8 % of attempts priced)" in made.lines[0]

    def test_what_happened_and_what_is_to_be_done(self, make: Make) -> None:
        box = daily(make, "team", "mail")
        slot = ms("2026-11-21T08:00")
        traffic(box, 1, 0, slot - HOUR)
        box.now = slot - 5 * HOUR
        over = box.fire(route="faq")
        box.fire(route="refunds")
        box.now += HOUR
        box.end(over)
        with box.store.writing() as connection:
            channel_states.refused(connection, "mail", box.now, "404")
        box.now = slot
        run(box)
        box.run(MINUTE)
        (message,) = box.messages("team")
        assert message.lines[1:] == (
            "Still open: support / refunds: escalation-drift since Sat 02:00.",
            "Over: support / faq: escalation-drift.",
            NEXT,
            "Times are in UTC.",
        )

    def test_a_cascade_that_is_long_silent_is_left_out(self, make: Make) -> None:
        box = daily(make, "team")
        slot = ms("2026-11-21T08:00")
        traffic(box, 3, 0, slot - 60 * DAY, cascade="oldbot")
        traffic(box, 3, 0, slot - 3 * DAY, cascade="weekdays")
        traffic(box, 3, 0, slot - 30 * HOUR, cascade="yesterday")
        traffic(box, 3, 0, slot - HOUR)
        box.now = slot
        run(box)
        box.run(MINUTE)
        (message,) = box.messages("team")
        support, yesterday, todo, _ = sorted(message.lines, key=lambda line: line[:1] in "NT")
        assert support.startswith("support: ")
        assert yesterday == "yesterday: no requests; 3 the day before."
        assert todo == "Next: label a random sample of support: its quality was not checked for a week."

    def test_what_happened_is_told_without_any_traffic_too(self, make: Make) -> None:
        box = daily(make, "team")
        box.now = ms("2026-11-21T07:00")
        box.fire()
        box.now += HOUR
        run(box)
        box.run(MINUTE)
        (message,) = box.messages("team")
        assert message.subject.endswith("1 alert")
        assert message.lines[0].startswith("Still open: support: escalation-drift")

    def test_without_any_traffic_there_is_nothing_to_say(self, make: Make) -> None:
        box = daily(make, "team")
        run(box)
        box.run(MINUTE)
        assert box.calls == []
        assert [row.state for row in box.rows(0)] == ["covered"]

    def test_of_several_that_wait_the_last_is_told(self, make: Make) -> None:
        box = daily(make, "team")
        box.behaviour["team"] = until(box.now + 25 * HOUR, CLOSED)
        traffic(box, 3, 0, box.now - 10 * HOUR)
        run(box)
        box.run(DAY, longest=HOUR)
        run(box)
        box.run(3 * HOUR, longest=HOUR)
        (message,) = box.messages("team")
        assert message.subject.startswith("Sat 21 Nov 08:00 to Sun 22 Nov 08:00")
        assert [row.state for row in box.rows(0)] == ["covered", "delivered"]

    def test_no_second_channel_stands_in_for_it(self, make: Make) -> None:
        box = daily(make, "team", "mail", alerts={"channels": ["team"]})
        box.behaviour["team"] = always(CLOSED)
        traffic(box, 3, 0, box.now - 10 * HOUR)
        run(box)
        box.run(HOUR)
        assert box.calls_to("mail") == []
