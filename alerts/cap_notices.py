"""What is said when names run over a cap of [limits]: once for each kind of name of each cascade."""

import json

from sqlalchemy import Connection

from alerts import once
from alerts.message import Message
from alerts.once import News
from alerts.telling import channels_of
from cascadewatch.settings import Settings
from cascadewatch.store import leases, outbox
from cascadewatch.store.engine import Store
from cascadewatch.store.reads import over_the_caps

TOLD = "caps_told"  # in `meta`
SHOWN = 20

Over = list[tuple[str, str]]  # cascade and kind of name


def run(store: Store, settings: Settings, now: int, lease: leases.Lease | None) -> str:
    """Puts into the outbox which names are counted together, unless it was told."""
    with store.reading() as connection:
        over, told = over_the_caps(connection), _told(connection)
    if not {*over} - {*told}:
        return f"{len(over)} over their caps"
    names = channels_of((), "ticket", settings)
    if not names:
        return f"{len(over)} over their caps, and no channel to tell"
    both = sorted({*over, *told})
    said = once.tell(store, News(TOLD, json.dumps(both), outbox.CAPS, len(both), names), now, lease)
    return f"{len(over)} over their caps: {said}"


def _told(connection: Connection) -> Over:
    found = once.last(connection, TOLD)
    return [] if found is None else [(cascade, kind) for cascade, kind in json.loads(found)]


def words(store: Store, settings: Settings) -> Message | None:
    """Which names are counted together now; None when none are any more."""
    with store.reading() as connection:
        over = sorted(over_the_caps(connection))
    if not over:
        return None
    listed = [f"{cascade}: {kind}" for cascade, kind in over[:SHOWN]]
    more = [f"and {len(over) - SHOWN} more"] if len(over) > SHOWN else []
    lines = (
        "More different names have come than are counted one by one: " + "; ".join([*listed, *more]) + ".",
        "The rest share the name __other__. Totals are exact; figures of single names leave the rest out.",
        "New names all the time belong into tags. Or raise [limits] and run `cascadewatch db rebuild`.",
    )
    return Message("", "notice", "Too many different names", f"{settings.public_url}/sources", lines=lines)
