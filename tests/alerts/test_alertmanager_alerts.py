"""What Alertmanager is told, so that its alerts begin and end with our episodes."""

from dataclasses import replace
from typing import Any

import pytest

from alerts.channels.alertmanager import BRIEF_MS, OPEN_MS, SKEW_MS, payload
from alerts.message import Item, Message
from cascadewatch.moments import rfc3339
from tests.alerts.channel_material import ITEM, LINK, MESSAGE, several

HOUR = 3_600_000


def alerts(now: int, item: Item = ITEM, **changes: Any) -> list[dict[str, Any]]:
    return payload(replace(MESSAGE, items=(item,), **changes), now)


def test_the_whole_of_an_open_episode(now: int) -> None:
    assert alerts(now) == [
        {
            "labels": {
                "alertname": "escalation-drift", "source": "cascadewatch", "rule": "escalation-drift",
                "cascade": "support", "severity": "page", "episode": "17",
            },
            "annotations": {
                "summary": "support: escalation rose to about 36 %",
                "description": (
                    "What moved: About 36 % escalate (34–38, n 4,210), 6 points above the baseline of 30 %\n"
                    "Since: Sat 21 Nov, 11:00\n"
                    "Likeliest cause: verifier changed: judge-v3 since 10:52; "
                    "low_score explains 5 of the 6 points\n"
                    "Costs: About $146 a day ($120–170)\n"
                    "Next: Run the verifier check"
                ),
            },
            "startsAt": "2026-11-21T11:00:00.000Z",
            "endsAt": "2026-12-21T12:00:00.000Z",
            "generatorURL": LINK,
        }
    ]  # fmt: skip


@pytest.mark.parametrize("status", ["firing", "updated", "repeated", "easing", "flapping", "notice"])
def test_what_goes_on_ends_far_ahead(status: Any, now: int) -> None:
    (alert,) = alerts(now, replace(ITEM, status=status))
    assert alert["endsAt"] == rfc3339(now + OPEN_MS)


def test_what_is_over_has_ended_by_every_clock(now: int) -> None:
    over = replace(ITEM, status="resolved", severity="ticket")
    for ended, expected in [(now - HOUR, now - HOUR), (now, now - SKEW_MS), (None, now - SKEW_MS)]:
        (alert,) = alerts(now, replace(over, ended=ended))
        assert alert["endsAt"] == rfc3339(expected)


def test_the_end_carries_the_labels_of_the_beginning(now: int) -> None:
    (first,) = alerts(now, replace(ITEM, severity="ticket"))
    (last,) = alerts(now, replace(ITEM, severity="ticket", status="resolved", ended=now - HOUR))
    assert first["labels"] == last["labels"]


def test_an_episode_that_grew_ends_under_both_severities(now: int) -> None:
    (before,) = alerts(now, replace(ITEM, severity="ticket"))
    (after,) = alerts(now, replace(ITEM, severity="page", status="updated"))
    ends = alerts(now, replace(ITEM, severity="page", status="resolved", ended=now - HOUR))
    assert [one["labels"] for one in ends] == [before["labels"], after["labels"]]
    assert {one["endsAt"] for one in ends} == {rfc3339(now - HOUR)}


def test_what_came_and_went_unseen_is_open_long_enough_to_be_told(now: int) -> None:
    (alert,) = alerts(now, replace(ITEM, status="missed", ended=now - HOUR))
    assert alert["endsAt"] == rfc3339(now + BRIEF_MS)


def test_a_sample_goes_away_by_itself(now: int) -> None:
    (alert,) = alerts(now, kind="test")
    assert alert["endsAt"] == rfc3339(now + BRIEF_MS)


def test_it_never_ends_before_it_starts(now: int) -> None:
    for alert in alerts(now, replace(ITEM, status="resolved", started=now, ended=now)):
        assert alert["startsAt"] <= alert["endsAt"]


def test_every_episode_is_an_alert(now: int) -> None:
    assert [one["labels"]["episode"] for one in payload(several(3), now)] == ["1", "2", "3"]


def test_a_route_is_a_label_where_there_is_one(now: int) -> None:
    assert alerts(now, replace(ITEM, route="faq"))[0]["labels"]["route"] == "faq"
    assert "route" not in alerts(now)[0]["labels"]


def test_a_digest_is_no_alert(now: int) -> None:
    assert payload(Message("d", "digest", "Saved $4,396", LINK, (), ("Saved.",)), now) == []


def test_a_notice_is_one_that_passes(now: int) -> None:
    (alert,) = payload(Message("n", "notice", "Channel team is off", LINK, (), ("It answered 404.",)), now)
    assert alert["labels"] == {
        "alertname": "cascadewatch-notice", "source": "cascadewatch", "severity": "ticket", "message": "n"
    }  # fmt: skip
    assert alert["annotations"] == {"summary": "Channel team is off", "description": "It answered 404."}
    assert alert["endsAt"] == rfc3339(now + BRIEF_MS)
