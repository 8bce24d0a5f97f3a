"""Writes decisions down: episodes, their transitions, and what is to be said, in one transaction."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from alerts.decisions import Decision, Held, Orphan
from alerts.details import detail_of
from alerts.facts import Facts, severity
from alerts.finding import Estimate, Finding, Past
from alerts.joining import RANK, parent_of, speaks
from alerts.lifecycle import LOOK_MS, Reason, State
from alerts.sliding import is_worse
from alerts.telling import NEWCOMER, UNHEARD, Kind, Now, channels_of, due, said_of
from cascadewatch.settings import Rule, Settings
from cascadewatch.store import episodes, outbox
from cascadewatch.store.episodes import RESOLVED, Episode
from cascadewatch.store.silences import Silence, covers

NOTED: set[Reason] = {"more than 4 changes in a day", "steady for 21 looks"}
RECENT_MS = 86_400_000  # an episode that began and ended unseen is told if it began within the last day


class Books:
    """Writes the episodes of one look at `now` (epoch ms): call `write`, `end` and `remember` for what
    happened, then `tell` once. `counts` says how often each thing was done."""

    def __init__(
        self, connection: Connection, settings: Settings, rules: Iterable[Rule], held: Held,
        silences: Sequence[Silence], now: int,
    ) -> None:  # fmt: skip
        self._connection = connection
        self._settings = settings
        self._rules = {rule.name: rule for rule in rules}
        self._silences = silences
        self._now = now
        self._known = {episode.id: episode for episode in held.episodes}
        self._said: dict[int, tuple[State, Reason | None, int]] = {}  # state, why, number of the transition
        self._told_past: set[int] = set()  # began and ended unseen, and are told now
        self.counts: Counter[str] = Counter()

    # --- what happened

    def write(self, decision: Decision, facts: Facts | None) -> None:
        """Opens, changes or closes the episode of a decision."""
        if decision.opens:
            self._open(decision, facts or Facts(severity(decision.finding, None, self._now)))
        elif decision.closes:
            assert decision.episode is not None
            ended = self._at(decision.finding, "resolved")
            self._close(decision.episode, decision.reason, decision.life.state, decision.reason, ended)
        elif decision.episode is not None:
            self._go_on(decision, decision.episode, facts)

    def end(self, orphan: Orphan) -> None:
        """Closes an open episode that no rule reports on any more."""
        self._close(orphan.episode, orphan.reason, "ok", None, self._now)

    def remember(self, past: Past, finding: Finding, facts: Facts, was_watched: bool) -> None:
        """Writes an episode that began and ended before this look. It is told only if its stream was watched
        before, it began within the last day, and no other episode speaks for it.

        Call it in the order in which episodes began, so that the one that speaks for it is already written.
        """
        assert past.resolved is not None
        if self._is_known(past):
            return
        values = self._columns(finding, past.opened, past.estimate.since, facts, past.estimate)
        parent = self._parent(finding, past.opened)
        made = episodes.add(self._connection, {
            **values, "direction": past.direction, "state": RESOLVED, "easing": past.easing,
            "resolved": past.resolved, "parent": parent and parent.id, "updated": past.resolved,
        })  # fmt: skip
        self._known[made.id] = made
        began = episodes.note(self._connection, made.id, past.opened, "ok", "firing", "alarm")
        if past.easing is not None:
            episodes.note(self._connection, made.id, past.easing, "firing", "easing", "recovering")
        before = "firing" if past.easing is None else "easing"
        ended = episodes.note(self._connection, made.id, past.resolved, before, RESOLVED, "recovered")
        self.counts["found in the past"] += 1
        if was_watched and past.opened > self._now - RECENT_MS and not self._is_silenced(made):
            self._tell_past(made, parent, began, ended)

    def _tell_past(self, episode: Episode, parent: Episode | None, began: int, ended: int) -> None:
        channels = self._channels(episode)
        if parent is not None and self._is_heard(parent) and RANK[episode.severity] <= RANK[parent.severity]:
            channels = self._beyond(channels, parent)
        if channels:
            self._told_past.add(episode.id)
            self._enqueue(episode, began, "firing", channels)
            self._enqueue(episode, ended, "resolved", channels)

    def _open(self, decision: Decision, facts: Facts) -> None:
        finding, life = decision.finding, decision.life
        opened = self._at(finding, "opened")
        since = _since(finding, life.first, opened)
        state = "easing" if life.state == "easing" else "firing"
        parent = self._parent(finding, opened)
        made = episodes.add(self._connection, {
            **self._columns(finding, opened, since, facts, finding.estimate),
            "state": state, "easing": self._at(finding, "easing") if state == "easing" else None,
            "parent": parent and parent.id, "updated": self._now,
        })  # fmt: skip
        number = episodes.note(self._connection, made.id, opened, "ok", state, decision.reason)
        self._keep(made, life.state, decision.reason, number)
        self.counts["fired"] += 1

    def _go_on(self, decision: Decision, episode: Episode, facts: Facts | None) -> None:
        finding, life = decision.finding, decision.life
        state = "easing" if life.state == "easing" else "firing"
        changes: dict[str, Any] = _not_after(episode, self._now)
        if state != episode.state:
            changes |= {"state": state, "easing": self._at(finding, "easing") if state == "easing" else None}
        if facts is not None and RANK[facts.severity] > RANK[episode.severity]:
            changes["severity"] = facts.severity
        read = facts is not None and bool(facts.detail)
        if changes or read or finding.phase == "alarm" or not 0 <= self._now - episode.updated < LOOK_MS:
            changes["detail"] = self._refreshed(episode, finding, facts, changes)
        number = 0
        if state != episode.state or decision.reason in NOTED:
            number = episodes.note(
                self._connection, episode.id, self._now, episode.state, state, decision.reason
            )
        after = episodes.change(self._connection, episode, self._now, **changes) if changes else episode
        self._keep(after, life.state, decision.reason, number)

    def _close(self, episode: Episode, why: str, state: State, reason: Reason | None, ended: int) -> None:
        changes = _not_after(episode, self._now)
        ended = max(ended, changes.get("opened", episode.opened))
        changes |= {"state": RESOLVED, "resolved": ended}
        number = episodes.note(self._connection, episode.id, ended, episode.state, RESOLVED, why)
        after = episodes.change(self._connection, episode, self._now, **changes)
        self._keep(after, state, reason, number)
        self.counts["resolved"] += 1

    def _at(self, finding: Finding, name: str) -> int:
        """When a change was, which a drift rule may find out late; never in the future."""
        return min(finding.detail.get(name) or self._now, self._now)

    def _keep(self, episode: Episode, state: State, reason: Reason | None, number: int) -> None:
        self._known[episode.id] = episode
        self._said[episode.id] = state, reason, number

    # --- what is said of it

    def tell(self) -> None:
        """Puts into the outbox what is to be said of every episode that is open or has just ended."""
        heard = [one.id for one in self._known.values() if one.is_open and "told" in one.detail]
        given = outbox.given(self._connection, heard)
        for episode in list(self._known.values()):
            if episode.is_open or episode.id in self._said:
                self._tell(episode, given.get(episode.id))

    def _tell(self, episode: Episode, given: set[str] | None) -> None:
        state, reason, number = self._said.get(episode.id, ("firing", None, 0))
        parent = None if episode.parent is None else self._known.get(episode.parent)
        own, channels = self._voice(episode, parent)
        unheard = [name for name in channels if own and given is not None and name not in given]
        now = Now(state, reason, own, self._is_silenced(episode), self._now, bool(unheard))
        kind, why = due(episode, now, self._settings.alerts.repeat)
        if kind is None or not (channels or kind in outbox.ENDINGS):
            return
        channels = unheard if why == UNHEARD else channels
        if not number:
            number = episodes.note(self._connection, episode.id, self._now, episode.state, episode.state, why)
        self._enqueue(episode, number, kind, channels)
        if episode.is_open and why != UNHEARD:  # the others are repeated to when they would have been
            changes: dict[str, Any] = {"detail": {**episode.detail, "told": said_of(episode, self._now)}}
            if why == NEWCOMER:  # what a person knew of was another caller
                changes |= {"acknowledged": None, "acknowledged_by": None}
            after = episodes.change(self._connection, episode, self._now, **changes)
            self._known[episode.id] = after

    def _voice(self, episode: Episode, parent: Episode | None) -> tuple[bool, list[str]]:
        """Whether the episode sends messages of its own, and to which channels. If its parent speaks for it,
        only to channels the parent does not reach."""
        channels = self._channels(episode)
        if parent is None or speaks(episode, parent, self._is_quiet(parent)):
            return True, channels
        beyond = self._beyond(channels, parent)
        return bool(beyond), beyond or channels

    def _beyond(self, channels: list[str], speaker: Episode) -> list[str]:
        heard = self._channels(speaker)
        return [name for name in channels if name not in heard]

    def _enqueue(self, episode: Episode, number: int, kind: Kind, channels: list[str]) -> None:
        outbox.enqueue(
            self._connection, episode=episode.id, transition=number, kind=kind, channels=channels,
            now=self._now,
        )  # fmt: skip
        self.counts["told"] += 1

    def _channels(self, episode: Episode) -> list[str]:
        rule = self._rules.get(episode.rule)
        return [] if rule is None else channels_of(rule.channels, episode.severity, self._settings)

    def _is_quiet(self, episode: Episode) -> bool:
        state, _, _ = self._said.get(episode.id, ("firing", None, 0))
        return state == "flapping" or self._is_silenced(episode)

    def _is_heard(self, episode: Episode) -> bool:
        """Whether people have heard of it, or do in this look."""
        if episode.id in self._told_past or "told" in episode.detail:
            return True
        return episode.is_open and not self._is_quiet(episode)

    def _is_silenced(self, episode: Episode) -> bool:
        about = (episode.rule, episode.cascade, episode.route)
        return any(covers(silence, *about) for silence in self._silences)

    # --- what it is

    def _parent(self, finding: Finding, opened: int) -> Episode | None:
        known = self._known.values()
        quiet = {episode.id for episode in known if episode.is_open and self._is_quiet(episode)}
        return parent_of(_kind(finding), finding.scope.cascade, opened, known, quiet)

    def _is_known(self, past: Past) -> bool:
        about = (past.rule, *past.scope, past.direction)
        near = episodes.page(
            self._connection, cascade=past.scope.cascade, start=past.opened, end=past.resolved, limit=1000
        )
        return any(episode.key == about for episode in near)

    def _columns(
        self, finding: Finding, opened: int, since: int, facts: Facts, estimate: Estimate | None
    ) -> dict[str, Any]:
        return {
            "rule": finding.rule.name, "kind": _kind(finding), "metric": finding.rule.metric,
            "cascade": finding.scope.cascade, "route": finding.scope.route,
            "direction": finding.direction, "severity": facts.severity,
            "opened": opened, "since": min(since, opened),
            "detail": detail_of(finding, estimate, min(since, opened), opened, facts.detail),
        }  # fmt: skip

    def _refreshed(
        self, episode: Episode, finding: Finding, facts: Facts | None, changes: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The detail as the last look found it; what was said and the peak are kept."""
        since = changes.get("since", episode.since)
        new = detail_of(finding, finding.estimate, since, self._now, {} if facts is None else facts.detail)
        held = changes.get("detail", episode.detail)
        if finding.estimate is None:
            new.pop("estimate", None)
        peak, now_peak = held.get("peak"), new.get("peak")
        if peak and now_peak and not is_worse(finding.direction, now_peak["value"], peak["value"]):
            new["peak"] = peak
        return {**held, **new}


def _kind(finding: Finding) -> str:
    return "error" if finding.outcome == "error" else finding.rule.kind


def _since(finding: Finding, first: int | None, opened: int) -> int:
    """When the change began: as a drift rule estimates, as silence began, else the first look that saw it."""
    if finding.rule.kind == "drift" and finding.estimate is not None:
        return finding.estimate.since
    said = finding.detail.get("since")
    if isinstance(said, int):
        return said
    return opened if first is None else first


def _not_after(episode: Episode, now: int) -> dict[str, Any]:
    """Corrections for times that lie ahead, since the clock was set back: nothing lasts less than nothing."""
    times = {name: getattr(episode, name) for name in ("opened", "since", "easing", "acknowledged")}
    ahead: dict[str, Any] = {name: now for name, time in times.items() if time is not None and time > now}
    told = episode.detail.get("told")
    if told and told["time"] > now:
        ahead["detail"] = {**episode.detail, "told": {**told, "time": now}}
    return ahead
