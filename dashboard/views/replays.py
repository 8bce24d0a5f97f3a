"""The Replays page: every [replay.NAME], what it last found, when it runs next; with `?report=ID` one run."""

from functools import partial
from typing import Any
from urllib.parse import quote

import streamlit as st

from cascadewatch.settings.replaying import Replay
from cascadewatch.store.reports import Report
from dashboard import acting, check_words, data, replaying, schedule_words, tables, widgets
from dashboard import text_replays as text
from dashboard.choice import Choice
from dashboard.data import LIVE
from dashboard.formats import ago, count, dollars, escaped, when
from dashboard.views import acts, replay_report, report_link

LOUD = {"regressed": 0, "incomplete": 1, "inconclusive": 2}
EARLIER = 20
_BUSY = "replays.busy"  # in the session
NOT_IN_TIME = ("late by", "missed", "overlapping")  # in the worker's word on a slot


def show(choice: Choice) -> None:
    """Draws the page."""
    acts.say()
    if report_link.ONE.asked():
        replay_report.show(choice)
        return
    widgets.title("replays")
    mine = _mine(choice)
    if not mine and not replaying.reports(choice.cascade):
        _how_to(choice)
        return
    busy = st.session_state[_BUSY] = _is_busy()
    widgets.live(_list, choice, LIVE if busy else None)
    _earlier(choice)


def _mine(choice: Choice) -> dict[str, Replay]:
    """The replays of the chosen cascade; those of no cascade are always shown."""
    found = data.settings().replay
    return {
        name: t for name, t in found.items() if choice.cascade is None or t.cascade in (None, choice.cascade)
    }


def _is_busy() -> bool:
    """Whether a run goes on, or somebody waits for one: then the page looks more often."""
    return bool(replaying.running() or replaying.wanted())


def _list(choice: Choice) -> None:
    if _is_busy() != st.session_state.get(_BUSY):
        st.rerun()  # a run began or ended: its report belongs into the table below too
    now, mine = data.now(), _mine(choice)
    last = {name: _last(name) for name in mine}
    hindrance = acting.hindrance()
    st.text(_answer(last))
    for name in sorted(mine, key=lambda n: (_loudness(last[n]), n)):
        with st.container(border=True, gap="small"):
            _card(name, mine[name], last[name], now, choice, hindrance is not None)
    if hindrance is not None:
        st.caption(escaped(hindrance))


def _last(name: str) -> Report | None:
    """The report that a card shows: of the replay's own model, or the pinned one."""
    pinned = replaying.pinned(name)
    found = [*replaying.own(None, name)[:1], None if pinned is None else replaying.report(pinned)]
    return max((of for of in found if of is not None), key=lambda of: of.created, default=None)


def _loudness(of: Report | None) -> int:
    return 2 if of is None else LOUD.get(of.verdict, 3)


def _answer(last: dict[str, Report | None]) -> str:
    """How many ran, and how many of them found something."""
    bad = [n for n, of in last.items() if of is not None and of.verdict in ("regressed", "incomplete")]
    never = [n for n, of in last.items() if of is None]
    parts = [
        text.ALL_WELL.format(n=count(len(last)))
        if not bad
        else text.SOME_BAD.format(n=len(bad), all=len(last), names=", ".join(sorted(bad)))
    ]
    if never:
        parts.append(text.SOME_NEVER.format(n=len(never)))
    return " ".join(parts)


def _card(name: str, table: Replay, of: Report | None, now: int, choice: Choice, disabled: bool) -> None:
    pinned = replaying.pinned(name)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        widgets.name(name)
        if of is not None:
            words, tone = check_words.badge(of, pinned)
            st.badge(escaped(words), color=tone)
        is_check = table.target is None
        st.badge(text.KINDS[is_check], color="gray", help=escaped(text.KIND_MEANINGS[is_check]))
        if name in replaying.running():
            st.badge(text.RUNNING, color="blue")
        elif name in replaying.wanted():
            st.badge(text.WANTED, color="blue")
        _lateness(name)
    if of is None:
        st.text(text.NEVER_RAN_HINT)
        command = "verifier" if table.target is None else "replay"
        st.code(f"cascadewatch {command} {name} --baseline", language=None)
    else:
        st.text(check_words.sentence(of, pinned))
    _failed_since(name, of)
    troubles = _troubles(name, now, choice)
    if troubles:
        st.text(" ".join(troubles))
    st.text(_facts(name, table, of, now, choice))
    with st.container(horizontal=True, gap="small"):
        if of is not None and st.button(
            text.SHOW, key=f"show-{name}", icon=":material/arrow_forward:", type="tertiary"
        ):
            report_link.ONE.open_one(of.id)
        coming = name in replaying.running() or name in replaying.wanted()
        _run_now(name, table, of, disabled or coming)


def _lateness(name: str) -> None:
    plan = replaying.schedules()[name]
    if plan.late is not None:
        st.badge(text.LATE, color="orange", help=escaped(text.LATE_MEANING))


def _troubles(name: str, now: int, choice: Choice) -> list[str]:
    """What keeps a run from beginning, and slots that passed without one."""
    plan, wish = replaying.schedules()[name], replaying.wanted().get(name)
    said = []
    if wish is not None and name not in replaying.running():
        said.append(text.WAITS.format(ago=ago(wish.time, now), author=wish.author))
    if plan.late is not None:
        said.append(text.LATE_SINCE.format(time=when(plan.late, now, choice.zone)))
    if plan.missed:
        said.append(text.MISSED.format(n=plan.missed, s="" if plan.missed == 1 else "s"))
    if plan.unmet is not None:
        time = when(plan.unmet.time, now, choice.zone)
        said.append(text.UNMET.format(time=time, message=plan.unmet.message))
    slot = plan.slot
    odd = slot is not None and (slot.state == "failed" or (plan.late is None and _was_late(slot.message)))
    if slot is not None and slot.message and odd:
        said.append(text.LAST_SLOT.format(time=when(slot.time, now, choice.zone), message=slot.message))
    return said


def _was_late(message: str | None) -> bool:
    return any(word in (message or "") for word in NOT_IN_TIME)


def _failed_since(name: str, of: Report | None) -> None:
    """A last run that ended without a report, and why."""
    run = replaying.last_run(name)
    if run is not None and run.state == "failed" and (of is None or run.started > of.created):
        st.text(text.RUN_FAILED.format(message=run.message or ""))


def _facts(name: str, table: Replay, of: Report | None, now: int, choice: Choice) -> str:
    """Cascade, schedule, last and next run, and money, in one line."""
    run = replaying.running().get(name)
    plan = text.BY_HAND if table.schedule is None else _plan(name, table.schedule, now, choice)
    parts = [
        table.cascade,
        None
        if run is None
        else text.HALF_RUN.format(done=count(run.done + run.failed), cases=count(run.cases)),
        text.NEVER_RAN if of is None else text.RAN.format(ago=ago(of.created, now)),
        plan,
        None if of is None else check_words.spent(of),
    ]
    return " · ".join(part for part in parts if part)


def _plan(name: str, schedule: str, now: int, choice: Choice) -> str:
    """When it runs next, as the worker reads its schedule."""
    coming = replaying.schedules()[name].next
    said = text.NEVER_COMES if coming is None else text.NEXT_RUN.format(time=when(coming, now, choice.zone))
    return f"{said}, {schedule_words.often(schedule)}"


def _run_now(name: str, table: Replay, of: Report | None, disabled: bool) -> None:
    """Starts a run through the API, after saying what it may cost."""
    with st.popover(
        text.RUN_NOW, icon=":material/play_arrow:", disabled=disabled, key=f"run-{name}-{acts.turn()}"
    ):
        st.caption(escaped(text.RUN_MEANING))
        budget = "" if table.budget_usd is None else text.UP_TO.format(usd=dollars(float(table.budget_usd)))
        if of is not None:
            st.text(text.RUN_ASK.format(cases=count(of.body["planned"]), budget=budget))
        if st.button(text.RUN_NOW, key=f"go-{name}", type="primary"):
            acts.do("replay", partial(_start, name))


def _start(name: str) -> dict[str, Any]:
    """What the API answers to the wish for a run."""
    answer = acting.post(f"/v1/replays/{quote(name, safe='')}/run", {})
    replaying.forget()
    return answer


def _earlier(choice: Choice) -> None:
    """The latest reports of all names."""
    found = replaying.reports(choice.cascade)[:EARLIER]  # runs of other models too
    if not found:
        return
    st.subheader(text.EARLIER, anchor=False)
    st.caption(escaped(text.EARLIER_HINT))
    pins = {of.name: replaying.pinned(of.name) for of in found}
    rows = [
        {
            "ran": tables.moment(of.created), "name": of.name,
            "verdict": check_words.badge(of, pins[of.name])[0],
            "sentence": check_words.sentence(of, pins[of.name]), "usd": of.body["spent_usd"],
        }
        for of in found
    ]  # fmt: skip
    config = {
        "ran": tables.minute(text.RAN_AT, choice.zone), "name": tables.words(text.REPLAY, width=150),
        "verdict": tables.words(text.VERDICT, width=95), "sentence": tables.words(text.SENTENCE),
        "usd": tables.usd(text.MONEY, [row["usd"] for row in rows]),
    }  # fmt: skip
    picked = widgets.table(
        tables.frame(rows, list(config)), "earlier", config, **tables.LOOK,
        selection_mode="single-row", on_select="rerun",
    )  # fmt: skip
    if picked.selection.rows:
        report_link.ONE.open_one(found[picked.selection.rows[0]].id)


def _how_to(choice: Choice) -> None:
    """The first eval set, table and run."""
    st.text(text.NO_REPLAYS)
    st.text(text.NO_REPLAYS_HINT)
    cascade = choice.cascade or next(iter(data.known().cascades), "support")
    st.caption(escaped(text.STEP_SET))
    st.code(text.SET_EXAMPLE, language="json", wrap_lines=True)
    st.caption(escaped(text.STEP_TABLE))
    st.code(text.TABLE_EXAMPLE.replace("{cascade}", cascade), language="toml")
    st.caption(escaped(text.STEP_RUN))
    st.code(text.RUN_EXAMPLE, language="shell")
