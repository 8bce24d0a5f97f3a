"""Episodes: what fired, what was said about it, and a person's word that it is known."""

from msgspec import Struct
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from cascadewatch.errors import InputError, NotFoundError
from cascadewatch.store.episodes import Episode
from collectors.api.body import read_one
from collectors.api.context import Context, Json
from collectors.api.guard import Caller
from collectors.api.query import LARGEST, known, name_of, number_of, place_of, range_of
from collectors.api.refusal import respond

PAGE, LARGEST_PAGE = 50, 500


class Acknowledgement(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing need be said: who it is, the key tells."""


async def get_episodes(api: Context, request: Request, _: Caller) -> Response:
    """Episodes that went on in a range, newest first, page by page."""
    given = known(request, "state", "cascade", "since", "from", "to", "limit", "before")
    state = given.get("state", "all")
    if state not in ("open", "all"):
        raise InputError("state is open or all")
    bounded = {"since", "from", "to"} & given.keys()
    start, end = range_of(given, api.clock()) if bounded else (None, None)
    cascade, before = name_of(given, "cascade"), number_of(given, "before", LARGEST)
    limit = number_of(given, "limit", LARGEST_PAGE) or PAGE

    def read(connection: Connection) -> list[Episode]:
        from cascadewatch.store.episodes import page

        return page(
            connection, open_only=state == "open", cascade=cascade, start=start, end=end,
            limit=limit + 1, before=before,
        )  # fmt: skip

    found = await api.reading(read)
    more = found[limit - 1].id if len(found) > limit else None
    return respond({"episodes": [_json(episode) for episode in found[:limit]], "next": more})


async def get_episode(api: Context, request: Request, _: Caller) -> Response:
    """One episode with its transitions, its deliveries, and the episodes it speaks for."""
    known(request)
    number = place_of(request)

    def read(connection: Connection) -> Json:
        from cascadewatch.store.episodes import children, episode, transitions
        from cascadewatch.store.outbox import deliveries
        from cascadewatch.store.reads.json_rows import row_json

        found = episode(connection, number)
        if found is None:
            raise NotFoundError(f"there is no episode {number}")
        return {
            **_json(found),
            "children": [child.id for child in children(connection, [number])],
            "transitions": [row_json(row) for row in transitions(connection, number)],
            "deliveries": [row_json(row) for row in deliveries(connection, number)],
        }

    return respond(await api.reading(read))


async def post_ack(api: Context, request: Request, caller: Caller) -> Response:
    """Notes that a person knows: the episode is not repeated any more, changes are still told."""
    number = place_of(request)
    await read_one(api.bodies, request, Acknowledgement)
    now = api.clock()

    def change(connection: Connection) -> Episode:
        from cascadewatch.store.acts import acknowledge

        return acknowledge(connection, caller.actor, now, number)

    return respond(_json(await api.writing(change)))


def _json(episode: Episode) -> Json:
    from cascadewatch.store.reads.json_rows import row_json

    return row_json(episode)
