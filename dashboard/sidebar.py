"""The sidebar: cascade, route, range and zone, kept in the address so that every view can be linked.

`choose()` is called once per run, by `dashboard/app.py`, before the page; it returns the `Choice`.
`say_unknown(page)` says on the page that the address asked for a cascade nobody knows.
"""

from dataclasses import replace
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from dashboard import choice, data, text
from dashboard.choice import CUSTOM, KEYS, RANGES, Choice
from dashboard.formats import escaped

_SEEN = "address"  # the address that the widgets stand for
_UNKNOWN = "unknown"  # the cascade that an address asked for and nobody knows, and the page it is said on
ALL = ""  # no name is empty; None would show as an empty box


def choose() -> Choice:
    """Draws the sidebar and says what is chosen; the address follows."""
    cascades = list(data.known().cascades)
    zones = offered_zones()
    _follow_address(cascades, zones)
    with st.sidebar:
        cascade = _cascade(cascades)
        above = st.container()  # the routes on offer depend on the range below them
        chosen = replace(_range(), cascade=cascade)
        with above:
            route = _route(chosen)
        chosen = replace(chosen, route=route, zone=_zone(zones))
    _write_address(chosen)
    return chosen


def say_unknown(page: str) -> None:
    """Why all cascades are shown where the address asked for one; on that page, until another is chosen."""
    name, said_on = st.session_state.get(_UNKNOWN, (None, None))
    if name is not None and said_on in (None, page):
        st.session_state[_UNKNOWN] = (name, page)
        st.text(text.UNKNOWN_CASCADE.format(name=name))


def offered_zones() -> list[str]:
    """The zone of the settings first, then UTC and the browser's."""
    zones = [data.settings().timezone, "UTC"]
    try:
        browser = st.context.timezone
        if browser:
            ZoneInfo(browser)
            zones.append(browser)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass  # a zone nobody here knows is not offered
    return list(dict.fromkeys(zones))


def _follow_address(cascades: list[str], zones: list[str]) -> None:
    """An address that the widgets did not write was typed or linked, and wins; an empty one is what
    changing the page leaves behind."""
    state = st.session_state
    asked = {key: st.query_params[key] for key in KEYS if key in st.query_params}
    if _SEEN in state and (not asked or asked == state[_SEEN]):
        return
    wanted = choice.parse(asked, cascades, zones, zones[0])
    state[_SEEN] = asked
    state[_UNKNOWN] = (choice.unknown(asked, cascades), None)
    state["cascade"], state["route"], state["zone"] = wanted.cascade or ALL, wanted.route or ALL, wanted.zone
    state["range"] = CUSTOM if wanted.fixed else wanted.range
    state["fixed"] = wanted.fixed
    for name in ("from", "to"):
        state.pop(name, None)


def _write_address(chosen: Choice) -> None:
    wanted = chosen.query(data.settings().timezone)
    st.session_state[_SEEN] = wanted
    for key in KEYS:
        if key not in wanted:
            if key in st.query_params:
                del st.query_params[key]
        elif st.query_params.get(key) != wanted[key]:
            st.query_params[key] = wanted[key]


def _cascade(cascades: list[str]) -> str | None:
    if st.session_state.get("cascade") not in cascades:
        st.session_state["cascade"] = ALL
    options = [ALL, *cascades]
    shown = st.selectbox(
        text.CASCADE, options, key="cascade", format_func=_cascade_shown, on_change=_another_cascade
    )
    return shown or None


def _cascade_shown(name: str) -> str:
    return option(name) if name else text.ALL_CASCADES


def _another_cascade() -> None:
    st.session_state[_UNKNOWN] = (None, None)
    _forget_route()


def _forget_route() -> None:
    st.session_state["route"] = ALL


def _route(chosen: Choice) -> str | None:
    if chosen.cascade is None:
        _forget_route()
        return None
    held = st.session_state.setdefault("route", ALL)
    found = data.route_names(chosen.cascade, *chosen.span(data.now()))
    options = [ALL, *found, *([held] if held and held not in found else [])]
    return st.selectbox(text.ROUTE, options, key="route", format_func=_route_shown) or None


def _route_shown(name: str) -> str:
    return option(name) if name else text.ALL_ROUTES


def _range() -> Choice:
    wanted = st.selectbox(
        text.RANGE, [*RANGES, CUSTOM], key="range", format_func=text.RANGE_NAMES.__getitem__
    )
    state = st.session_state
    if wanted != CUSTOM:
        state["fixed"] = None
        return Choice(range=wanted)
    zone = state["zone"]
    before = state.get("fixed") or Choice().span(data.now())
    for name, value in zip(("from", "to"), choice.wall_clock(before, zone), strict=True):
        state.setdefault(name, value)
    start = st.datetime_input(text.FROM, key="from", step=900)
    end = st.datetime_input(text.TO, key="to", step=900)
    fixed = choice.fixed_range(choice.at(start, zone), choice.at(end, zone)) if start and end else None
    if fixed is None:
        st.caption(escaped(text.RANGE_BACKWARDS))
    state["fixed"] = fixed or before
    return Choice(fixed=state["fixed"])


def _zone(zones: list[str]) -> str:
    if st.session_state.get("zone") not in zones:
        st.session_state["zone"] = zones[0]
    return st.selectbox(
        text.ZONE, zones, key="zone", on_change=_forget_wall_clock, help=escaped(text.ZONE_HELP)
    )


def _forget_wall_clock() -> None:
    """The inputs of a custom range show the new zone's wall clock, for the same moments."""
    for name in ("from", "to"):
        st.session_state.pop(name, None)


def option(name: str) -> str:
    """A sender's name as an option of a select box."""
    return name
