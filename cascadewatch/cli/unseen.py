"""A cascade that somebody names and nobody has sent anything of: perhaps it is misspelt."""

from difflib import get_close_matches
from typing import TYPE_CHECKING

from cascadewatch.cli.output import say, shown

if TYPE_CHECKING:
    from cascadewatch.settings import Settings
    from cascadewatch.store.engine import Store


def say_if_unseen(settings: "Settings", store: "Store", cascade: str | None) -> None:
    """A sentence on stderr where neither events nor settings know the cascade, with the nearest they know."""
    from cascadewatch.store.reads import known

    if cascade is None or cascade in settings.cascade:
        return
    with store.reading() as connection:
        names = list(known(connection, settings).cascades)
    if names and cascade not in names:
        near = get_close_matches(cascade, names, 1)
        hint = f"did you mean {shown(near[0])}?" if near else f"known here: {shown(', '.join(names[:20]))}"
        say(f"There are no events of a cascade {shown(cascade)} so far; {hint}")
