"""What was done to the installation, and by whom."""

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from cascadewatch.store.audit import Act
from collectors.api.context import Context
from collectors.api.guard import Caller
from collectors.api.query import LARGEST, known, number_of, range_of
from collectors.api.refusal import respond

PAGE, LARGEST_PAGE = 50, 500


async def get_audit(api: Context, request: Request, _: Caller) -> Response:
    """Acts of a range, newest first, page by page."""
    given = known(request, "since", "from", "to", "limit", "before")
    bounded = {"since", "from", "to"} & given.keys()
    start, end = range_of(given, api.clock()) if bounded else (None, None)
    before, limit = number_of(given, "before", LARGEST), number_of(given, "limit", LARGEST_PAGE) or PAGE

    def read(connection: Connection) -> list[Act]:
        from cascadewatch.store.audit import acts

        return acts(connection, start=start, end=end, limit=limit + 1, before=before)

    found = await api.reading(read)
    more = found[limit - 1].seq if len(found) > limit else None
    return respond({"acts": [one.shown() for one in found[:limit]], "next": more})
