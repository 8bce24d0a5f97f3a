"""A cascade or route that somebody names and nobody has sent anything of: perhaps it is misspelt."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from cascadewatch.cli.output import say, shown

if TYPE_CHECKING:
    from cascadewatch.settings import Settings
    from cascadewatch.store.engine import Store

SHOWN = 20  # of the names that are known


def say_if_unseen(
    settings: "Settings", store: "Store", cascade: str | None, route: str | None = None
) -> None:
    """A sentence on stderr where neither events nor settings know the cascade, or no event of it the route,
    with the nearest they know."""
    from cascadewatch.store.reads import known, known_routes

    if cascade is None:  # a route is one of a cascade
        return
    with store.reading() as connection:
        cascades = list(known(connection, settings).cascades)
        routes = [] if route is None else known_routes(connection, cascade)
    if route is not None:
        _say_unless("route", route, routes)
    if cascade not in settings.cascade:
        _say_unless("cascade", cascade, cascades)


def _say_unless(what: str, word: str, names: Sequence[str]) -> None:
    """Where there are names and the word is none of them."""
    if names and word not in names:
        near = get_close_matches(word, names, 1)
        hint = f"did you mean {shown(near[0])}?" if near else f"known here: {shown(', '.join(names[:SHOWN]))}"
        say(f"There are no events of a {what} {shown(word)} so far; {hint}")
