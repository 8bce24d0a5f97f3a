"""What the findings of a look mean for the episodes there are. Pure: rows and findings in, decisions out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from alerts.finding import Finding
from alerts.joining import order
from alerts.lifecycle import Life, Reason, State, step
from cascadewatch.settings import Rule
from cascadewatch.store.episodes import Episode
from cascadewatch.store.rule_states import RuleState

Key = tuple[str, str, str]  # rule, cascade, route
OpenKey = tuple[str, str, str, str]  # and direction

GONE = "the rule is gone"
CHANGED = "the rule was changed"
UNWATCHED = "no longer watched"


@dataclass(frozen=True, slots=True)
class Held:
    """What the store held before this look: every rule's state, and the episodes that are open or opened
    within the last four hours."""

    states: Mapping[Key, RuleState] = field(default_factory=dict)
    episodes: Sequence[Episode] = ()

    @property
    def open(self) -> dict[OpenKey, Episode]:
        """The open episodes by what they are about."""
        return {episode.key: episode for episode in self.episodes if episode.is_open}


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one rule on one scope; `episode` is the one that was open."""

    finding: Finding
    life: Life
    reason: Reason
    episode: Episode | None

    @property
    def key(self) -> Key:
        """The rule and its scope."""
        return self.finding.rule.name, *self.finding.scope

    @property
    def opens(self) -> bool:
        """Whether an episode begins."""
        return self.life.is_open and self.episode is None

    @property
    def closes(self) -> bool:
        """Whether the episode is over."""
        return self.episode is not None and not self.life.is_open


class Orphan(NamedTuple):
    """An open episode that no finding is about any more."""

    episode: Episode
    reason: str


def decide(findings: Iterable[Finding], held: Held, now: int) -> list[Decision]:
    """One decision per finding, in the order in which episodes open."""
    ordered = sorted(findings, key=order)
    moved: set[OpenKey] = {(*_key(f), f.direction) for f in ordered if f.phase is not None}
    open_now = held.open
    decisions = []
    for finding in ordered:
        if follows(finding):
            decisions += _followed(finding, open_now, moved, now)
        else:
            decisions.append(_counted(finding, held.states.get(_key(finding)), open_now, now))
    return decisions


def follows(finding: Finding) -> bool:
    """Whether the episode takes its state from the finding's `phase`, as those of drift rules do, and not
    from counted looks. A drift rule that failed (no cascade) is counted like any other."""
    return finding.rule.kind == "drift" and finding.scope.cascade != ""


def orphans(
    findings: Iterable[Finding], held: Held, rules: Iterable[Rule], failed: Iterable[str]
) -> list[Orphan]:
    """Open episodes to be ended because what they are about is not watched any more."""
    named = {rule.name: rule for rule in rules}
    looked_at: dict[Key, set[str]] = {}
    for finding in findings:
        looked_at.setdefault(_key(finding), set()).add(finding.direction)
    blind = {*failed}
    found = []
    for episode in held.open.values():
        rule = named.get(episode.rule)
        if rule is None:
            found.append(Orphan(episode, GONE))
        elif episode.kind != "error" and episode.rule not in blind:
            reason = _lost(episode, rule, looked_at.get(episode.key[:3]))
            found += [] if reason is None else [Orphan(episode, reason)]
    return found


def _lost(episode: Episode, rule: Rule, directions: set[str] | None) -> str | None:
    if rule.kind != episode.kind or rule.metric != episode.metric:
        return CHANGED
    if directions is None:
        return UNWATCHED
    return CHANGED if rule.kind != "drift" and episode.direction not in directions else None


def state_of(decisions: Sequence[Decision]) -> State:
    """The one state to store where a rule has several decisions on a scope, as a drift rule may have for up
    and down: the most urgent one."""
    rank: dict[State, int] = {"firing": 0, "easing": 1, "flapping": 2, "error": 3, "pending": 4}
    return min((decision.life.state for decision in decisions), key=lambda state: rank.get(state, 9))


def _key(finding: Finding) -> Key:
    return finding.rule.name, *finding.scope


def _counted(
    finding: Finding, state: RuleState | None, open_now: Mapping[OpenKey, Episode], now: int
) -> Decision:
    episode = open_now.get((*_key(finding), finding.direction))
    life = Life.from_dict(state.life) if state is not None else Life(since=now)
    if life.is_open != (episode is not None):  # rows say what goes on; a life without them starts anew
        life = replace(
            Life(since=now, told=life.told), is_open=episode is not None, breached=episode is not None
        )
        life = replace(life, state="firing" if life.is_open else "ok")
    after, reason = step(life, finding, now)
    return Decision(finding, after, reason, episode)


def _followed(
    finding: Finding, open_now: Mapping[OpenKey, Episode], moved: set[OpenKey], now: int
) -> list[Decision]:
    key = _key(finding)
    if finding.phase is not None:
        targets = [open_now.get((*key, finding.direction))]
    else:
        targets = [
            episode
            for at, episode in open_now.items()
            if at[:3] == key and finding.direction in ("", at[3]) and at not in moved
        ] or [None]
    return [_phase(finding, episode, now) for episode in targets]


def _phase(finding: Finding, episode: Episode | None, now: int) -> Decision:
    life = Life()
    if episode is not None:
        state: State = "easing" if episode.state == "easing" else "firing"
        life = Life(state, since=episode.easing or episode.opened, is_open=True, breached=True)
    after, reason = step(life, finding, now)
    return Decision(finding, after, reason, episode)
