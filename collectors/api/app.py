"""The routes, and the app around them."""

import re
from collections.abc import Awaitable, Callable, Iterable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, Router

from cascadewatch.settings import Settings
from cascadewatch.store.engine import Store
from collectors.api.answers import get_event, get_metrics, get_scrape, get_status
from collectors.api.audit import get_audit
from collectors.api.body import Bodies
from collectors.api.context import Context, Handler, Watching, Writing
from collectors.api.docs_page import get_docs, get_openapi
from collectors.api.episodes import get_episode, get_episodes, post_ack
from collectors.api.guard import SCOPE, Guard, KeyRing
from collectors.api.health import get_healthz, get_readyz
from collectors.api.intake import post_annotation, post_events, post_labels
from collectors.api.rate import Rates
from collectors.api.refusal import RefusalError, answer, refusal_of
from collectors.api.replays import get_replays, get_report, post_run
from collectors.api.scrape import Counters
from collectors.api.silences import delete_silence, get_silences, post_silence
from collectors.api.watching import get_baselines, get_rules, post_back_test, post_baseline

HANDLERS: dict[str, Handler] = {
    "POST /v1/events": post_events,
    "POST /v1/labels": post_labels,
    "POST /v1/annotations": post_annotation,
    "GET /v1/events/{id:path}": get_event,
    "GET /v1/metrics": get_metrics,
    "GET /v1/status": get_status,
    "GET /v1/episodes": get_episodes,
    "GET /v1/episodes/{id}": get_episode,
    "POST /v1/episodes/{id}/ack": post_ack,
    "GET /v1/silences": get_silences,
    "POST /v1/silences": post_silence,
    "DELETE /v1/silences/{id}": delete_silence,
    "GET /v1/replays": get_replays,
    "POST /v1/replays/{name:path}/run": post_run,
    "GET /v1/reports/{id}": get_report,
    "GET /v1/baselines": get_baselines,
    "POST /v1/baselines": post_baseline,
    "GET /v1/rules": get_rules,
    "GET /v1/audit": get_audit,
    "POST /v1/rules/{name:path}/test": post_back_test,
    "GET /metrics": get_scrape,
    "GET /healthz": get_healthz,
    "GET /readyz": get_readyz,
    "GET /openapi.json": get_openapi,
    "GET /docs": get_docs,
}


def routes(  # noqa: PLR0913 - one for each part
    store: Store,
    writer: Writing,
    settings: Settings,
    clock: Callable[[], int],
    *,
    token: str | None = None,
    require_keys: bool = True,
    body_seconds: float = 30.0,
    watching: Watching | None = None,
) -> list[Route]:
    """The API as routes that guard themselves, to stand in any Starlette app.

    `clock` gives epoch milliseconds. `token` is a secret of this process that may do everything;
    `require_keys` says whether everybody else needs a key of the store. `watching` knows the rules.
    """
    context = Context(
        store,
        writer,
        settings,
        clock,
        Guard(KeyRing(store, clock), settings, require_keys, token),
        Bodies(settings.ingest.max_body_mib * 2**20, body_seconds),
        Rates(settings.ingest.rate_limit_per_second),
        Counters(),
        watching,
    )
    made = []
    for name, handler in HANDLERS.items():
        method, _, path = name.partition(" ")
        route = Route(path, _guarded(context, handler, SCOPE.get(name)), methods=[method])
        # An id may hold line breaks, and has one character at least.
        route.path_regex = re.compile(route.path_regex.pattern.replace(".*", ".+"), re.DOTALL)
        made.append(route)
    return made


def create_app(  # noqa: PLR0913 - as of `routes`
    store: Store,
    writer: Writing,
    settings: Settings,
    clock: Callable[[], int],
    *,
    token: str | None = None,
    require_keys: bool = True,
    body_seconds: float = 30.0,
    watching: Watching | None = None,
) -> Starlette:
    """The API as an app of its own; arguments as of `routes`."""
    app = Starlette(
        routes=routes(
            store,
            writer,
            settings,
            clock,
            token=token,
            require_keys=require_keys,
            body_seconds=body_seconds,
            watching=watching,
        ),
        exception_handlers={404: _refused, 405: _refused, 500: _refused},
    )
    router: Router = app.router
    router.redirect_slashes = False  # a redirect on the way in is silent loss of data
    return app


def _guarded(
    context: Context, handler: Handler, scope: str | None
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        caller = None
        try:
            caller = await context.guard.admit(request, scope)
            return await handler(context, request, caller)
        except Exception as error:  # noqa: BLE001 - the last resort: whatever it was is logged, and is no 500
            return answer(refusal_of(error), request, caller.source if caller else None)

    return endpoint


async def _refused(request: Request, error: Exception) -> Response:
    refusal = refusal_of(error)
    if refusal.status in (404, 405):
        refusal = stray(request.app.routes, request)
    return answer(refusal, request)


def stray(made: Iterable[BaseRoute], request: Request) -> RefusalError:
    """What to say to a request that none of these routes takes: the methods of its path, if there is one."""
    path = request.scope["path"]
    here = [route for route in made if isinstance(route, Route) and route.path_regex.match(path)]
    if methods := ", ".join(sorted({method for route in here for method in route.methods or ()})):
        return RefusalError(405, f"{request.method} is not taken here, only {methods}", {"Allow": methods})
    return RefusalError(404, f"there is no route {request.method} {path}; /docs lists them")
