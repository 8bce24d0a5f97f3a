"""What Slack is sent: blocks that Slack's own library takes, in reading order, within Slack's limits."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.attachments import BlockAttachment
from slack_sdk.models.blocks import Block

from alerts.channels.slack import escaped, payload
from alerts.message import Message
from tests.alerts.channel_material import ITEM, LINK, MESSAGE, hostile_message, several
from tests.alerts.hostile import HOSTILE

DIGEST = Message("d", "digest", "Saved $4,396", LINK, (), ("Saved $4,396.", "Two episodes, both closed."))
LONG = "&" * 10_000
FACTS = ((LONG, LONG),) * 30
SHAPES = {
    "one": MESSAGE,
    "several": several(3),
    "a storm": replace(several(20), more=980),
    "more than fit": several(120),
    "a digest": DIGEST,
    "a long digest": replace(DIGEST, lines=("line",) * 200),
    "a notice": replace(DIGEST, kind="notice", link=""),
    "no words": Message("e", "test", "", "", (replace(ITEM, title="", facts=(("", ""),), link=""),), ("",)),
    "too many words": replace(
        MESSAGE,
        subject=LONG,
        items=tuple(replace(ITEM, episode=n, title=LONG, rule=LONG, facts=FACTS) for n in range(10)),
        lines=(LONG,) * 60,
    ),
    "one with too many words": replace(
        MESSAGE, subject=LONG, lines=(LONG,) * 60, more=9, items=(replace(ITEM, rule=LONG, facts=FACTS),)
    ),
    "a long address": replace(MESSAGE, link="https://watch.example.com/?" + "x" * 4_000),
}


def blocks_of(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from found["blocks"]
    for bar in found["attachments"]:
        yield from bar["blocks"]


def valid(found: dict[str, Any]) -> list[Block]:
    """The blocks as Slack's library reads them, each checked against Slack's rules."""
    parsed: list[Block] = []
    for raw in blocks_of(found):
        block = Block.parse(raw)
        assert block is not None
        block.validate_json()
        parsed.append(block)
    for bar in found["attachments"]:
        BlockAttachment(blocks=Block.parse_all(bar["blocks"]), color=bar["color"]).to_dict()
    return parsed


def words(found: dict[str, Any]) -> list[str]:
    """Every text in the order in which it is read."""
    texts = []
    for block in blocks_of(found):
        texts += [block["text"]["text"]] if "text" in block else []
        for one in block.get("elements", ()):
            texts.append(one["text"]["text"] if one["type"] == "button" else one["text"])
    return texts


def test_the_whole_of_one_alert() -> None:
    found = payload(MESSAGE)
    valid(found)
    assert found["text"] == "support: escalation rose to about 36 %"
    assert words(found) == [
        "support: escalation rose to about 36 %",
        "What moved", "About 36 % escalate (34–38, n 4,210), 6 points above the baseline of 30 %",
        "Since", "Sat 21 Nov, 11:00",
        "Likeliest cause", "verifier changed: judge-v3 since 10:52; low_score explains 5 of the 6 points",
        "Costs", "About $146 a day ($120–170)",
        "Next", "Run the verifier check",
        "Open in cascadewatch",
        "Episode 17 · rule escalation-drift · page · times in UTC",
    ]  # fmt: skip
    assert [block["type"] for block in blocks_of(found)] == [
        "header", *["context", "section"] * 5, "actions", "context"
    ]  # fmt: skip
    assert [bar["color"] for bar in found["attachments"]] == ["#D55E00"]


def test_several_alerts_have_a_bar_each_and_one_button_more() -> None:
    found = payload(replace(several(3), more=2))
    valid(found)
    assert [bar["fallback"] for bar in found["attachments"][:-1]] == [f"cascade-{n} moved" for n in (1, 2, 3)]
    assert words(found)[-2:] == ["And 2 more episodes.", "Open in cascadewatch"]
    assert [block["type"] for block in found["attachments"][0]["blocks"]] == ["section", "section", "context"]
    assert words(found)[2].startswith("What moved: About 36 %")
    assert [bar["blocks"][0]["accessory"]["url"] for bar in found["attachments"][:-1]] == [LINK] * 3


def test_a_digest_is_its_lines_and_a_button() -> None:
    found = payload(DIGEST)
    valid(found)
    assert words(found) == [
        "Saved $4,396", "Saved $4,396.", "Two episodes, both closed.", "Open in cascadewatch"
    ]  # fmt: skip
    assert found["attachments"] == []


@pytest.mark.parametrize(
    ("status", "severity", "colour"),
    [
        ("firing", "page", "#D55E00"), ("firing", "ticket", "#E69F00"), ("updated", "page", "#D55E00"),
        ("repeated", "ticket", "#E69F00"), ("flapping", "page", "#D55E00"), ("easing", "page", "#0072B2"),
        ("resolved", "page", "#009E73"), ("missed", "ticket", "#009E73"),
    ],
)  # fmt: skip
def test_the_bar_has_the_colour_of_the_state(status: Any, severity: Any, colour: str) -> None:
    found = payload(replace(MESSAGE, items=(replace(ITEM, status=status, severity=severity),)))
    assert found["attachments"][0]["color"] == colour


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_within_the_limits(shape: str) -> None:
    found = payload(SHAPES[shape])
    parsed = valid(found)
    assert 1 <= len(parsed) <= 50
    assert min(map(len, words(found))) >= 1, "Slack refuses empty texts"
    actions = [one["action_id"] for block in blocks_of(found) for one in buttons(block)]
    assert len(actions) == len(set(actions))
    assert len(json.dumps(found)) < 500_000


@pytest.mark.parametrize("text", [pytest.param(text, id=ascii(text)[:30]) for text in HOSTILE])
def test_hostile_names_make_valid_blocks(text: str) -> None:
    valid(payload(hostile_message(text)))


def test_nothing_is_unfurled() -> None:
    found = payload(MESSAGE)
    assert (found["unfurl_links"], found["unfurl_media"]) == (False, False)


def test_an_address_that_is_no_page_gets_no_button() -> None:
    for link in ("", "javascript:alert(1)", "/incidents?episode=17"):
        found = payload(replace(MESSAGE, link=link))
        assert [one for block in blocks_of(found) for one in buttons(block)] == []


@given(st.text(), st.integers(2, 40))
def test_a_cut_text_fits_and_cuts_no_entity(text: str, limit: int) -> None:
    found = escaped(text, limit)
    assert 1 <= len(found.encode("utf-16-le", "surrogatepass")) // 2 <= limit
    rest = found.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
    assert set("&<>").isdisjoint(rest)


def buttons(block: dict[str, Any]) -> list[dict[str, Any]]:
    found = [one for one in block.get("elements", ()) if one["type"] == "button"]
    return [*found, block["accessory"]] if "accessory" in block else found


def test_many_alerts_are_told_by_title_and_episode() -> None:
    found = payload(several(20))
    assert [[block["text"]["text"] for block in bar["blocks"]] for bar in found["attachments"][:-1]] == [
        [f"cascade-{n} moved\nEpisode {n} · rule escalation-drift · page · times in UTC"]
        for n in range(1, 21)
    ]
