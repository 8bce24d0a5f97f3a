"""Behind the proxies of docs/deploy.md, run for real: who is who, what gets through, and what does not."""

import sys
from collections.abc import Iterator

import httpx
import pytest

from cascadewatch.settings import Settings
from cascadewatch.store import keys
from cascadewatch.store.engine import Store
from dashboard import text_login as text
from tests.behind_proxies import NAME, SIGN_IN, Front, Ports, front, installed, provider, running, shown
from tests.dashboard.test_browser import START, free_port

EVENT = {"id": "e", "time": "2026-11-21T11:00:00Z", "cascade": "support", "attempts": [{"tier": "small"}]}
SPELLINGS = (
    *("/x/../v1/status", "/v1/../", "/v1/..%2f", "/%761/status", "//v1//../", "/v1/%2e%2e/", "/healthz/../"),
    *("/metrics/..", "/v1/..;/", "/V1/", "/v1", "/healthz/", "/v1/_stcore/host-config", "/oauth2/.."),
    *("/v1/_stcore/stream", "/oauth2/../v1/status", "/oauth2%2f..%2f", "/%2f", "/./", "/healthz%00"),
    *("/v1/%00/../../", "/oauth2/auth", "/_stcore/health", "/oauth2/auth/../../"),
)
GROUPS = 'groups_header = "X-Forwarded-Groups"\nadmin_groups = ["leads"]\n'


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ports, str]]:
    """`up` with the settings of the page, and a key to send with."""
    folder = tmp_path_factory.mktemp("behind")
    with provider() as knows:
        ports = Ports(free_port(), knows, free_port())
        settings = shown("toml", "/var/lib/cascadewatch").replace("/var/lib/cascadewatch", str(folder))
        settings = settings.replace(f"https://{NAME}", f"https://{NAME}:{ports.proxy}") + GROUPS
        (folder / "cascadewatch.toml").write_text(settings)
        store = Store(f"sqlite:///{folder / 'cascadewatch.db'}")
        from cascadewatch.store import migrate

        migrate.prepare(store, Settings(), 0)
        key = keys.create(store, "checkout", ["ingest", "read"], 0)
        store.close()
        command = [sys.executable, "-c", START, "up", "--port", str(ports.program)]
        health = f"http://127.0.0.1:{ports.program}/healthz"
        with running(command, folder / "up.log", health, cwd=folder):
            yield ports, key


@pytest.fixture(scope="module", params=["nginx", pytest.param("caddy", marks=pytest.mark.soak)])
def program(request: pytest.FixtureRequest) -> str:
    return installed(request.param)


@pytest.fixture(scope="module")
def site(
    program: str, behind: tuple[Ports, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Front]:
    with front(program, tmp_path_factory.mktemp("front"), *behind) as made:
        yield made


def test_who_has_a_session_gets_the_pages_and_nobody_else(site: Front) -> None:
    page = site("GET", "/", "of-bob")
    assert (page.status_code, "text/html" in page.headers["content-type"]) == (200, True)
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["strict-transport-security"] == "max-age=31536000"
    for session in ("", "of-nobody"):
        answer = site("GET", "/", session)
        assert answer.status_code in (200, 302, 401)
        assert "content-security-policy" not in answer.headers, "nothing of ours"


def test_the_pages_know_who_looks_and_nobody_names_themselves(site: Front) -> None:
    assert b"Signed in as ada@example.com" in site.told("of-ada")
    names = ("X-Forwarded-User", "X_Forwarded_User", "X-Auth-Request-Email", "Remote-User")
    claimed = dict.fromkeys(names, "ada@example.com")
    said = site.told("of-bob", **claimed)
    assert b"Signed in as bob@example.com" in said
    assert b"ada@example.com" not in said
    assert "content-security-policy" not in site("GET", "/", headers=claimed).headers


def test_nobody_joins_a_group_by_saying_so(site: Front) -> None:
    assert text.ADMIN.encode() not in site.told("of-bob", **{"X-Forwarded-Groups": "leads"})
    assert text.ADMIN.encode() in site.told("of-eve"), "who is in that group"


def test_a_websocket_needs_a_session_and_our_own_origin(site: Front) -> None:
    assert site.refused("of-bob", origin="https://evil.example") == 403
    assert site.refused("of-nobody") in (200, 302, 401)


def test_services_send_with_their_key_around_the_login(site: Front) -> None:
    bearer = {"Authorization": f"Bearer {site.key}"}
    assert site("POST", "/v1/events", json=[EVENT], headers=bearer).json()["received"] == 1
    assert site("GET", "/v1/status", headers=bearer).status_code == 200
    assert site("GET", "/metrics", headers=bearer).status_code == 200
    assert site("GET", "/healthz").status_code == 200
    assert site("GET", "/readyz").status_code == 200


def test_people_have_no_key(site: Front) -> None:
    spoofed = {"X-Forwarded-User": "ada@example.com", "X-Cascadewatch-User": "ada@example.com"}
    for session in ("of-ada", ""):
        assert site("POST", "/v1/events", session, json=[EVENT], headers=spoofed).status_code == 401
        assert site("GET", "/v1/audit", session, headers=spoofed).status_code == 401
        assert site("GET", "/metrics", session, headers=spoofed).status_code == 401


def test_no_spelling_of_a_path_leads_around_both(site: Front) -> None:
    """Neither to pages without a session, nor to anything of the API without a key."""
    for path in SPELLINGS:
        answer = site("GET", path, headers={"X-Forwarded-User": "ada@example.com"})
        assert answer.status_code != 200 or answer.text == SIGN_IN, path
        assert "<script" not in answer.text, path


def test_bodies_come_in_up_to_the_limit_of_the_settings(site: Front) -> None:
    bearer = {"Authorization": f"Bearer {site.key}", "Content-Type": "application/json"}
    most = 16 * 1024 * 1024
    assert site("POST", "/v1/events", content=b" " * (most - 2) + b"[]", headers=bearer).status_code == 200
    assert site("POST", "/v1/events", content=b" " * most + b"[]", headers=bearer).status_code == 413


def test_a_body_to_the_pages_keeps_nobody_waiting(site: Front) -> None:
    """Who is asked whether there is a session gets a question without a body."""
    assert site("POST", "/", "of-bob", content=b"x" * 1000).status_code == 405


def test_around_the_proxy_nobody_is_believed(site: Front) -> None:
    """From another address than the proxy's, as other machines have."""
    transport = httpx.HTTPTransport(local_address="127.0.0.9")
    with httpx.Client(base_url=site.behind, transport=transport) as client:
        claimed = {"X-Forwarded-User": "ada@example.com", "X-Real-IP": "127.0.0.1"}
        claimed |= {"X-Forwarded-For": "127.0.0.1", "Forwarded": "for=127.0.0.1"}
        answer = client.get("/", headers=claimed)
    assert (answer.status_code, "Only a proxy" in answer.text) == (403, True)
    assert httpx.get(site.behind).status_code == 403, "the proxy names nobody"
