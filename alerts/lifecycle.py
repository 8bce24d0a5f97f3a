"""From findings to an episode: ok -> pending -> firing -> easing -> resolved. Pure: `now` is an argument.

Rules are evaluated every minute, but what a minute shows the next one mostly shows again. So a look counts
towards firing or resolving only five minutes after the last one that counted; a look that contradicts
counts at once. A drift rule gathers its own evidence: its episodes follow the phase of its finding.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from alerts.finding import Finding

LOOK_MS = 300_000
FIRE_LOOKS = 2
EASE_LOOKS = 2
CLEAR_LOOKS = 3
# Of a scope people hear at most six times a day: four changes, that it flaps, and that it is steady.
CHANGES = 4
TOLD = 6
DAY_MS = 86_400_000
STEADY_LOOKS = 21
IDLE_MS = DAY_MS  # an episode with nothing left to judge for so long is over

State = Literal["ok", "pending", "firing", "easing", "learning", "no_data", "error", "flapping"]
Reason = Literal[
    "within the limit",
    "learning",
    "nothing to judge",
    "undecided: as before",
    "breached once",
    "not breached any more",
    "not counted yet",
    "breached at 2 looks",
    "breached for as long as the rule asks",
    "still breached",
    "well within the limit at 2 looks",
    "no longer well within the limit",
    "well within the limit at 3 looks",
    "nothing to judge for a day",
    "it has ended",
    "more than 4 changes in a day",
    "flapping: untold change",
    "flapping: not steady yet",
    "steady for 21 looks",
    "alarm",
    "moved again",
    "still moved",
    "recovering",
    "recovered",
    "a person set a new baseline",
    "watched from a new start",
]


@dataclass(frozen=True, slots=True)
class Life:
    """What the life cycle remembers of a rule on a scope. Times are epoch ms.

    `is_open` says whether an episode is open. `breached` says whether enough looks in a row were beyond the
    limit, and `changed` when that last became another; the two differ only while the rule flaps, when the
    episode stays open. `breaches` and `clears` count looks in a row beyond and well within the limit, the
    last counted at `counted`. `first` is when the current row of breaches began, `idle` since when there has
    been nothing to judge. `told` holds the times within the last day at which people had to be told.
    """

    state: State = "ok"
    since: int = 0
    is_open: bool = False
    breached: bool = False
    breaches: int = 0
    clears: int = 0
    counted: int | None = None
    first: int | None = None
    idle: int | None = None
    changed: int | None = None
    told: tuple[int, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> "Life":
        """What `to_dict` gave; a new life from nothing."""
        return cls(**{**kept, "told": tuple(kept.get("told", ()))})


Stepped = tuple[Life, Reason]


def step(life: Life, finding: Finding, now: int) -> Stepped:
    """The life after a finding at `now` (epoch ms), and the reason for it."""
    life = _not_after(life, now)
    if finding.rule.kind == "drift" and finding.scope.cascade:
        after, reason = _followed(life, finding)
    else:
        after, reason = _decided(life, finding, now)
    return (after if after.state == life.state else replace(after, since=now)), reason


def _not_after(life: Life, now: int) -> Life:
    """A clock that was set back leaves no time in the future behind."""

    times = (life.since, life.counted, life.first, life.idle, life.changed, *life.told)
    if max(time or 0 for time in times) <= now and (not life.told or life.told[0] > now - DAY_MS):
        return life

    def at_most(time: int | None) -> int | None:
        return None if time is None else min(time, now)

    return replace(
        life, since=min(life.since, now), counted=at_most(life.counted), first=at_most(life.first),
        idle=at_most(life.idle), changed=at_most(life.changed),
        told=tuple(min(time, now) for time in life.told if time > now - DAY_MS),
    )  # fmt: skip


def _decided(life: Life, finding: Finding, now: int) -> Stepped:
    """The next state by counted looks, for rules that compare with a limit and for rules that fail."""
    match finding.outcome:
        case "breached" | "error":
            return _breach(replace(life, idle=None, clears=0), finding, now)
        case "ok":
            return _within(replace(life, idle=None, breaches=0, first=None), finding, now)
        case "undecided":
            return _settled(replace(life, idle=None), now, "undecided: as before")
    return _nothing(life, finding, now)


def _breach(life: Life, finding: Finding, now: int) -> Stepped:
    resting: State = "error" if finding.outcome == "error" else "firing"
    first = now if life.first is None else life.first
    life = replace(life, first=first)
    if _counts(life, now, fresh=life.breaches == 0):
        life = replace(life, breaches=life.breaches + 1, counted=now)
    if life.breached:
        if life.state == "easing":
            return replace(life, state=resting), "no longer well within the limit"
        return _settled(life, now, "still breached")
    hold = finding.rule.hold
    if hold is None and life.breaches >= FIRE_LOOKS:
        return _changed(replace(life, breached=True), resting, now, "breached at 2 looks")
    if hold is not None and now - first >= hold:
        return _changed(replace(life, breached=True), resting, now, "breached for as long as the rule asks")
    if life.is_open:
        return _settled(life, now, "not counted yet")
    return replace(life, state="pending"), "breached once"


def _within(life: Life, finding: Finding, now: int) -> Stepped:
    if not life.breached:
        if life.is_open:
            return _settled(life, now, "within the limit")
        reason: Reason = "not breached any more" if life.state == "pending" else "within the limit"
        return replace(life, state="ok"), reason
    if not finding.detail.get("clear", True):
        life = replace(life, clears=0)
        if life.state == "easing":
            return replace(life, state="firing"), "no longer well within the limit"
        return _settled(life, now, "still breached")
    if _counts(life, now, fresh=life.clears == 0):
        life = replace(life, clears=life.clears + 1, counted=now)
    if life.clears >= CLEAR_LOOKS:
        return _changed(replace(life, breached=False), "ok", now, "well within the limit at 3 looks")
    if life.clears >= EASE_LOOKS and life.state != "flapping":
        return replace(life, state="easing"), "well within the limit at 2 looks"
    return _settled(life, now, "not counted yet")


def _nothing(life: Life, finding: Finding, now: int) -> Stepped:
    """The next state where the rule is learning or has no data. An open episode stays as it is for a day,
    then it is closed."""
    state: State = "learning" if finding.outcome == "learning" else "no_data"
    idle = now if life.idle is None else life.idle
    life = replace(life, idle=idle, breaches=0, clears=0, first=None)
    if not life.is_open:
        return replace(life, state=state), "learning" if state == "learning" else "nothing to judge"
    if finding.detail.get("ended"):
        return Life(state=state, since=life.since, idle=idle, told=life.told), "it has ended"
    if now - idle >= IDLE_MS:
        over = Life(state=state, since=life.since, idle=idle, told=(*life.told, now))
        return over, "nothing to judge for a day"
    return life, "nothing to judge"


def _counts(life: Life, now: int, fresh: bool) -> bool:
    """Whether this look counts: if five minutes have passed since the last one that did, or if it is
    `fresh`, the first that contradicts those before it."""
    return fresh or life.counted is None or now - life.counted >= LOOK_MS


def _changed(life: Life, state: State, now: int, reason: Reason) -> Stepped:
    """The rule went to or from breached, which people are told. At the fifth change within a day they are
    told that it flaps, and after that of no change until it is steady."""
    life = replace(life, breaches=0, clears=0, changed=now)
    if life.state == "flapping":
        return life, "flapping: untold change"
    if len(life.told) < CHANGES:
        is_open = state != "ok"
        return replace(life, state=state, is_open=is_open, told=(*life.told, now)), reason
    life = replace(life, state="flapping", is_open=True)
    if len(life.told) >= TOLD - 1:  # it was said today that it flaps
        return life, "flapping: untold change"
    return replace(life, told=(*life.told, now)), "more than 4 changes in a day"


def _settled(life: Life, now: int, reason: Reason) -> Stepped:
    """The rule stays as it was. One that is flapping ends that if it has not changed for the time of 21
    looks and not too much was told today."""
    if life.state != "flapping":
        return life, reason
    changed = now if life.changed is None else life.changed
    if now - changed < STEADY_LOOKS * LOOK_MS or len(life.told) >= TOLD:
        return life, "flapping: not steady yet"
    state: State = "firing" if life.breached else "ok"
    told = (*life.told, now)
    return replace(life, state=state, is_open=life.breached, told=told), "steady for 21 looks"


def _followed(life: Life, finding: Finding) -> Stepped:
    """The next state of a drift rule: the phase that its finding gives."""
    match finding.phase:
        case "alarm":
            reason: Reason = "moved again" if life.is_open else "alarm"
            return replace(life, state="firing", is_open=True, breached=True), reason
        case "firing":
            first: Reason = "still moved" if life.is_open else "alarm"
            return replace(life, state="firing", is_open=True, breached=True), first
        case "easing":
            return replace(life, state="easing", is_open=True, breached=True), "recovering"
        case "resolved":
            by_person = finding.detail.get("by_person")
            ended: Reason = "a person set a new baseline" if by_person else "recovered"
            return replace(life, state="ok", is_open=False, breached=False), ended
    learning = finding.outcome == "learning" or finding.detail.get("state") == "learning"
    quiet: State = "learning" if learning else "no_data" if finding.outcome == "no_data" else "ok"
    over: Reason = (
        "watched from a new start" if life.is_open else "learning" if learning else "within the limit"
    )
    return replace(life, state=quiet, is_open=False, breached=False), over
