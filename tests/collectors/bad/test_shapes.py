"""Shapes of cascades that a careless count would take for an escalation, each classed by rule.

`s` small, `f` flagship, `c` a cache, `h` a person; then the status (`ok` unless said) and the verdict:
`+` accept, `-` reject, `!` error, `?` unparseable, `~` timeout, `.` skipped.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cascadewatch.settings import Cascade
from tests.collectors.bad.asked import Asked, Json, asking, encoded

TIERS = {"s": "small", "m": "middle", "f": "flagship", "c": "cache", "h": "person", "x": "stranger"}
KINDS = {"c": "cache", "h": "human"}
VERDICTS = {"+": "accept", "-": "reject", "!": "error", "?": "unparseable", "~": "timeout", ".": "skipped"}
_ATTEMPT = re.compile(r"([smfchx])(error|timeout|refused|rate_limited)?([-+!?~.])?")

SHAPES: dict[
    str, tuple[str, str]
] = {  # attempts: path and what else is so (j judged, e escalated, x exhausted)
    "accepted": ("s+", "accepted j"),
    "escalated": ("s- f", "escalated je"),
    "escalated and accepted above": ("s- f+", "escalated je"),
    "escalated and rejected above": ("s- f-", "escalated jex"),
    "rejected and no second call": ("s-", "unverified jx"),
    "rejected, and the second call failed": ("s- ferror", "escalated je"),
    "rejected, and the same tier again": ("s- s+", "accepted j"),
    "rejected twice by the same tier": ("s- s-", "unverified jx"),
    "rejected, tried again, then above": ("s- s- f", "escalated je"),
    "accepted, and above all the same": ("s+ f", "accepted j"),
    "a retry after an error": ("serror s+", "accepted j"),
    "a retry, then escalated": ("stimeout s- f", "escalated je"),
    "a fallback on overload": ("srate_limited f", "fallback "),
    "a fallback on an error": ("serror f", "fallback "),
    "a fallback on a time-out": ("stimeout f", "fallback "),
    "a fallback on a refusal": ("srefused f", "fallback "),
    "a rejected error": ("serror- f", "escalated je"),
    "the judge failed": ("s! f", "fallback "),
    "the judge was late": ("s~ f", "fallback "),
    "the judge could not be read": ("s? f", "fallback "),
    "the judge was not asked": ("s. f", "fallback "),
    "no verdict and above": ("s f", "fallback "),
    "the judge failed, served all the same": ("s!", "unverified "),
    "no verdict": ("s", "unverified "),
    "skipped": ("s.", "unverified "),
    "nothing answered": ("serror", "unverified "),
    "nothing answered at all": ("serror ferror", "fallback "),
    "routed": ("f", "routed "),
    "routed and rejected": ("f-", "routed "),
    "the order reversed": ("f- s+", "accepted j"),
    "the order reversed, then rejected": ("f s-", "unverified jx"),
    "two final answers": ("s- f f", "escalated je"),
    "two final answers below": ("s+ s+", "accepted j"),
    "up, down, up": ("s- f- s- f", "escalated je"),
    "cached": ("c", "cached "),
    "a cache that missed": ("cerror s- f", "escalated je"),
    "a cache that was rejected": ("c- s- f", "escalated je"),
    "a person at the end": ("s- h", "escalated je"),
    "three tiers": ("s- m- f", "escalated je"),
    "three tiers, one left out": ("s- f-", "escalated jex"),
    "a tier nobody named": ("s- x", "escalated je"),
    "only a tier nobody named": ("x+", "routed "),
    "sixteen attempts": (" ".join(["s-"] * 15) + " f", "escalated je"),
}


@pytest.fixture(scope="module")
def ordered(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, now: int) -> Iterator[Asked]:
    path = tmp_path_factory.mktemp("shapes") / "cascadewatch.db"
    shutil.copy(sqlite_template, path)
    tiers = ("cache", "small", "middle", "flagship", "person")
    with asking(f"sqlite:///{path}", now, cascade={"shapes": Cascade(tiers=tiers)}) as one:
        yield one


def sent(name: str, shape: str) -> Json:
    attempts = []
    for tier, status, verdict in (_ATTEMPT.fullmatch(one).groups() for one in shape.split()):  # type: ignore[union-attr]
        one = {"tier": TIERS[tier], "kind": KINDS.get(tier, "model"), "status": status or "ok"}
        attempts.append(one | ({"verdict": {"outcome": VERDICTS[verdict]}} if verdict else {}))
    return {"id": name, "time": "2026-11-21T11:00:00Z", "cascade": "shapes", "attempts": attempts}


@pytest.mark.parametrize("case", SHAPES)
def test_an_event_is_what_its_attempts_make_it(ordered: Asked, case: str) -> None:
    shape, means = SHAPES[case]
    assert ordered.post(encoded([sent(case, shape)])).body["accepted"] == 1
    row = next(row for row in ordered.events() if row.id == case)
    said = {"j": row.judged, "e": row.escalated, "x": row.exhausted}
    assert f"{row.path} {''.join(letter for letter, so in said.items() if so)}" == means


def test_a_fallback_is_never_counted_as_an_escalation(ordered: Asked) -> None:
    rows = ordered.events()
    assert not [row.id for row in rows if row.path == "fallback" and (row.escalated or row.judged)]
    assert not [row.id for row in rows if row.escalated and not row.judged]


NO_SHAPES: dict[str, Json] = {
    "a verdict without a tier": {"attempts": [{"verdict": {"outcome": "reject"}}]},
    "a verdict without an outcome": {"attempts": [{"tier": "small", "verdict": {}}]},
    "a verdict that is a word": {"attempts": [{"tier": "small", "verdict": "reject"}]},
    "a verdict of several": {"attempts": [{"tier": "small", "verdict": [{"outcome": "reject"}]}]},
    "an outcome in capitals": {"attempts": [{"tier": "small", "verdict": {"outcome": "REJECT"}}]},
    "an outcome that is true": {"attempts": [{"tier": "small", "verdict": {"outcome": True}}]},
    "tier 7 of 3": {"attempts": [{"tier": 7}]},
    "a tier that is null": {"attempts": [{"tier": None}]},
    "a tier that is empty": {"attempts": [{"tier": ""}]},
    "a kind nobody knows": {"attempts": [{"tier": "small", "kind": "agent"}]},
    "a status of HTTP": {"attempts": [{"tier": "small", "status": 529}]},
    "a status nobody knows": {"attempts": [{"tier": "small", "status": "overloaded"}]},
    "no attempts": {"attempts": []},
    "attempts that are null": {"attempts": None},
    "attempts by number": {"attempts": {"0": {"tier": "small"}}},
    "an attempt that is null": {"attempts": [None]},
    "an attempt that is a word": {"attempts": ["small"]},
    "attempts in attempts": {"attempts": [[{"tier": "small"}]]},
    "seventeen attempts": {"attempts": [{"tier": "small"}] * 17},
    "a label of an attempt that is not there": {
        "attempts": [{"tier": "small"}],
        "labels": [{"attempt": 1, "correct": True, "source": "human"}],
    },
    "completed by a word": {"completed": "yes"},
}


@pytest.mark.parametrize("case", NO_SHAPES)
def test_what_is_no_shape_is_refused(ordered: Asked, case: str) -> None:
    said = ordered.post(encoded([{**sent(case, "s+"), **NO_SHAPES[case]}]))
    assert said.body["rejected"] == 1
