"""Which parts a process is made of: the API, the pages, or both on one port."""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cascadewatch.cli.clock import clock
from cascadewatch.cli.watching import Watch
from cascadewatch.errors import ConfigError

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from starlette.routing import BaseRoute, Route

    from cascadewatch.settings import Settings
    from cascadewatch.store.engine import Store
    from cascadewatch.store.writes import Writer

TOKEN_VARIABLE = "CASCADEWATCH_API_TOKEN"  # noqa: S105 - where the pages of this process find it
API_VARIABLE = "CASCADEWATCH_API_URL"
OPEN_VARIABLE = "CASCADEWATCH_OPEN"  # which locks are lacking, where the pages stand open
COOKIE_SECRET_LENGTH = 32


def api_app(settings: "Settings", store: "Store", writer: "Writer", require_keys: bool) -> Any:
    """The API alone."""
    from collectors.api import create_app

    watching = Watch(store, settings, clock)
    return create_app(store, writer, settings, clock, require_keys=require_keys, watching=watching)


def whole_app(
    settings: "Settings", store: "Store", writer: "Writer", require_keys: bool, sock: "socket.socket"
) -> Any:
    """The pages with the API beside them, and a token of this process by which the pages act on it."""
    import secrets

    from cascadewatch.cli.listening import url_of
    from collectors.api import routes

    token = secrets.token_urlsafe(32)
    os.environ[TOKEN_VARIABLE], os.environ[API_VARIABLE] = token, url_of(sock)
    watching = Watch(store, settings, clock)
    made = routes(store, writer, settings, clock, token=token, require_keys=require_keys, watching=watching)
    return pages_app(settings, sock, [*made, *_stray_routes(made)])


def pages_app(settings: "Settings", sock: "socket.socket", beside: "list[BaseRoute] | None" = None) -> Any:
    """The pages, with other routes beside them, behind the gate.

    ConfigError for secrets that cannot be used.
    """
    from streamlit.starlette import App
    from streamlit.web import bootstrap

    from cascadewatch.cli import streamlit_options
    from cascadewatch.cli.gate import Gate
    from cascadewatch.cli.logs import adopt
    from dashboard.config import CONFIG

    beside = beside or []
    host, port = sock.getsockname()[:2]
    bootstrap.load_config_options(
        {
            **CONFIG,
            "server.address": host,
            "server.port": port,
            # Asked first when an origin is judged, before any look at the network.
            "browser.serverAddress": urlsplit(settings.public_url).hostname,
        }
    )
    streamlit_options.insist()
    app = App(_script(), routes=beside, secrets=_login_secrets(settings))
    adopt("streamlit", "uvicorn", "websockets")  # Streamlit has just given them a form of its own
    paths = {getattr(route, "path", "") for route in beside}
    api = {"/v1/" if path.startswith("/v1/") else path for path in paths} - {""}
    return Gate(_returning(app, settings), settings, api)


def _returning(app: Any, settings: "Settings") -> Any:
    """With what leads back after signing in, where a provider is asked."""
    if settings.dashboard.login != "oidc":
        return app
    from cascadewatch.cli.returning import Returning
    from dashboard.text import PAGE_NAMES

    public = urlsplit(settings.public_url)
    return Returning(app, public.netloc, PAGE_NAMES, secure=public.scheme == "https")


def _login_secrets(settings: "Settings") -> dict[str, Any]:
    """What Streamlit must know to ask an OpenID provider. It stays in the memory of this process: nothing of
    it is written to a file or the environment."""
    if settings.dashboard.login != "oidc":
        return {}
    login = settings.login
    assert login.client_secret is not None  # the settings insisted on both
    assert login.cookie_secret is not None
    cookie_secret = login.cookie_secret.reveal()
    if len(cookie_secret) < COOKIE_SECRET_LENGTH:
        raise ConfigError(
            f"`login.cookie_secret` has fewer than {COOKIE_SECRET_LENGTH} characters; make one with: "
            "openssl rand -hex 32"
        )
    return {
        "auth": {
            "redirect_uri": f"{settings.public_url}/oauth2callback",
            "cookie_secret": cookie_secret,
            "client_id": login.client_id,
            "client_secret": login.client_secret.reveal(),
            "server_metadata_url": login.metadata_url,
            "client_kwargs": {"scope": " ".join(login.scopes)},
        }
    }


def tell_pages(config: Path | None, settings: "Settings", lacking: "Sequence[str]" = ()) -> None:
    """Leaves for the pages, which run as a script, what the command line said; `lacking` are the locks that
    are not there though other machines can come."""
    from cascadewatch.settings.reading import CONFIG_VARIABLE, DATABASE_VARIABLE

    os.environ.pop(OPEN_VARIABLE, None)
    if lacking:
        os.environ[OPEN_VARIABLE] = ", ".join(lacking)
    if config is not None:
        os.environ[CONFIG_VARIABLE] = str(config.absolute())
    os.environ[DATABASE_VARIABLE] = settings.database_url


def forget_secrets(settings: "Settings", *needed: str) -> None:
    """Takes out of this process's environment every secret of the settings but those of the `needed` tables:
    what reads the pages' or the API's memory finds no key of a provider or a channel."""
    from cascadewatch.settings.secret import secrets_in

    named = {place: secret.name for place, secret in secrets_in(settings) if secret.kind == "env"}
    kept = {name for place, name in named.items() if place.partition(".")[0] in needed}
    for name in set(named.values()) - kept:
        os.environ.pop(name, None)


def missing_secrets(settings: "Settings") -> "list[tuple[str, str]]":
    """(setting, what is the matter) of each secret that cannot be read now. It is asked for again when it is
    needed, so nothing fails yet; but the first alert would be a bad time to learn of it."""
    from cascadewatch.settings.secret import secrets_in

    missing = []
    for place, secret in secrets_in(settings):
        try:
            secret.reveal()
        except ConfigError as error:
            missing.append((place, str(error)))
    return missing


def _script() -> Path:
    spec = find_spec("dashboard")
    assert spec is not None  # ownership.check ran first
    assert spec.origin is not None
    return Path(spec.origin).with_name("app.py")


def _stray_routes(made: "Sequence[Route]") -> "list[BaseRoute]":
    """What the API's own routes leave of its paths is a mistake of a sender, and not a page."""
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from collectors.api.app import stray
    from collectors.api.refusal import answer

    async def refused(request: Request) -> Response:
        return answer(stray(made, request), request)

    methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    others = sorted({route.path for route in made if not route.path.startswith("/v1/")})
    return [Route(path, refused, methods=methods) for path in ("/v1/{rest:path}", *others)]
