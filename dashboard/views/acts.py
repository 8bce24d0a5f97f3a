"""Buttons that act: acknowledge, silence, accept the new level. They ask the API, and say what it says."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from cascadewatch.errors import CascadewatchError
from cascadewatch.store.episodes import Episode
from dashboard import acting, alerting
from dashboard import text_incidents as text
from dashboard.formats import escaped, moment

_SAID, _TURN = "acts.said", "acts.turn"
LONGEST = 2000  # characters of a comment
WIDE = 380  # pixels of what a button unfolds


def say() -> None:
    """What was just done, once."""
    said = st.session_state.pop(_SAID, None)
    if said:
        st.toast(escaped(said))


def do(done: str, call: Callable[[], Mapping[str, Any]]) -> None:
    """Acts; the page is drawn anew and says so, or it says why it could not be done."""
    try:
        answer = call()
    except CascadewatchError as error:
        st.text(str(error))
        return
    alerting.forget()
    warning = answer.get("warning")
    st.session_state[_SAID] = f"{text.DONE[done]} {text.WARNING}{warning}." if warning else text.DONE[done]
    st.session_state[_TURN] = turn() + 1
    st.rerun()


def turn() -> int:
    """Counts what was done: part of a popover's key, so that it closes when its work is done."""
    return int(st.session_state.get(_TURN, 0))


def row(of: Episode, zone: str) -> None:
    """The buttons of one episode."""
    hindrance = acting.hindrance()
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if of.is_open and of.acknowledged is None:
            _acknowledge(of, hindrance is not None)
        if of.is_open:
            _silence(of, hindrance is not None)
        if of.is_open and of.kind == "drift" and of.metric is not None:
            _accept(of, hindrance is not None)
    if hindrance is not None:
        st.caption(escaped(hindrance))
    if of.acknowledged is not None:
        when = text.ACKNOWLEDGED_BY.format(time=moment(of.acknowledged, zone))
        st.text(f"{when}{of.acknowledged_by or ''}.")


def _acknowledge(of: Episode, disabled: bool) -> None:
    clicked = st.button(
        text.ACKNOWLEDGE, icon=":material/check:", key="acknowledge", disabled=disabled,
        help=escaped(text.ACKNOWLEDGE_MEANING),
    )  # fmt: skip
    if clicked:
        do("ack", lambda: acting.post(f"/v1/episodes/{of.id}/ack", {}))


def _silence(of: Episode, disabled: bool) -> None:
    with st.popover(
        text.SILENCE, icon=":material/notifications_off:", disabled=disabled, key=f"silence-{turn()}"
    ):
        st.caption(escaped(text.SILENCE_MEANING))
        hours = st.segmented_control(
            text.FOR_HOW_LONG, list(text.HOW_LONG), default=4, required=True, key="silence_hours",
            format_func=text.HOW_LONG.__getitem__,
        )  # fmt: skip
        whole = st.segmented_control(
            text.SILENCE_WHAT, [text.SILENCE_THIS, text.SILENCE_CASCADE], default=text.SILENCE_THIS,
            required=True, key="silence_what",
        )  # fmt: skip
        comment = st.text_input(
            text.COMMENT, key="silence_comment", max_chars=LONGEST, placeholder=text.COMMENT_PLACEHOLDER
        )
        if st.button(text.SILENCE, key="silence", type="primary"):
            do("silence", lambda: acting.post("/v1/silences", silence(of, whole, hours, comment)))


def silence(of: Episode, what: str | None, hours: int | None, comment: str | None) -> dict[str, Any]:
    """The body of a request for silence about this episode's rule and scope, or its whole cascade."""
    body: dict[str, Any] = {"cascade": of.cascade, "hours": hours or 4}
    if what != text.SILENCE_CASCADE:
        body |= {"rule": of.rule, **({"route": of.route} if of.route else {})}
    return body | ({"comment": comment} if comment else {})


def _accept(of: Episode, disabled: bool) -> None:
    key = f"accept-{turn()}"
    with (
        st.popover(text.ACCEPT, icon=":material/straighten:", disabled=disabled, key=key),
        st.container(width=WIDE),
    ):
        st.text(text.ACCEPT_ASK)
        st.caption(escaped(text.ACCEPT_MEANING))
        for said in _ratchets(of):
            st.text(said)
        note = st.text_input(text.NOTE, key="accept_note", max_chars=LONGEST)
        if st.button(text.ACCEPT_BUTTON, key="accept", type="primary"):
            do("accept", lambda: acting.post("/v1/baselines", accepted(of, note)))


def accepted(of: Episode, note: str | None) -> dict[str, Any]:
    """The body of a request that makes an episode's level the baseline."""
    body: dict[str, Any] = {"metric": of.metric, "cascade": of.cascade, "accept": True}
    return body | ({"route": of.route} if of.route else {}) | ({"note": note} if note else {})


def _ratchets(of: Episode) -> list[str]:
    """What a rule says of baselines that creep away step by step."""
    told = (
        s.detail.get("ratchet")
        for s in alerting.states()
        if (s.rule, s.cascade, s.route) == (of.rule, of.cascade, of.route)
    )
    return [str(said) for said in told if said]
