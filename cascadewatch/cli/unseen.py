"""A cascade that somebody names and nobody has sent anything of: perhaps it is misspelt."""

from difflib import get_close_matches
from typing import TYPE_CHECKING

from cascadewatch.cli.output import say, shown

if TYPE_CHECKING:
    from cascadewatch.settings import Settings
    from cascadewatch.store.engine import Store


def say_if_unseen(
    settings: "Settings", store: "Store", cascade: str | None, route: str | None = None
) -> None:
    """A sentence on stderr where neither events nor settings know the cascade, or no event of it the route,
    with the nearest they know."""
    from cascadewatch.store.reads import known

    if route is not None:
        _say_if_no_route(store, cascade, route)
    if cascade is None or cascade in settings.cascade:
        return
    with store.reading() as connection:
        names = list(known(connection, settings).cascades)
    if names and cascade not in names:
        near = get_close_matches(cascade, names, 1)
        hint = f"did you mean {shown(near[0])}?" if near else f"known here: {shown(', '.join(names[:20]))}"
        say(f"There are no events of a cascade {shown(cascade)} so far; {hint}")


def _say_if_no_route(store: "Store", cascade: str | None, route: str) -> None:
    from sqlalchemy import select

    from cascadewatch.store.tables import names

    wanted = select(names.c.name).where(names.c.kind == "route")
    if cascade is not None:
        wanted = wanted.where(names.c.scope == cascade)
    with store.reading() as connection:
        seen = sorted(set(connection.execute(wanted).scalars()))
    if seen and route not in seen:
        near = get_close_matches(route, seen, 1)
        hint = f"did you mean {shown(near[0])}?" if near else f"known here: {shown(', '.join(seen[:20]))}"
        say(f"There are no events of a route {shown(route)} so far; {hint}")
