"""Where a server may listen, and what it says when it may not."""

import socket
from collections.abc import Iterator

import pytest

from cascadewatch.cli.listening import is_loopback, locked, needs_keys, reserve, url_of
from cascadewatch.cli.processes import reachable
from cascadewatch.errors import UsageError
from cascadewatch.settings import Dashboard, Ingest, Secret, Settings
from cascadewatch.settings.login import Login
from cascadewatch.store import keys
from cascadewatch.store.engine import Store


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = Store(store_url)
    yield opened
    opened.close()


def test_a_taken_port_names_the_option() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(UsageError, match="--port"):
            reserve("127.0.0.1", other.getsockname()[1])


def test_an_address_of_another_machine_names_the_option() -> None:
    with pytest.raises(UsageError, match=r"203\.0\.113\.7"):
        reserve("203.0.113.7", 0)


def test_the_socket_says_it_is_tcp_so_that_answers_are_not_delayed() -> None:
    with reserve("127.0.0.1", 0) as sock:
        assert sock.proto == socket.IPPROTO_TCP
        assert url_of(sock) == f"http://127.0.0.1:{sock.getsockname()[1]}"


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True),
        ("0.0.0.0", False), ("::", False), ("192.168.1.5", False), ("localhost.example.com", False),
    ],
)  # fmt: skip
def test_which_addresses_only_this_machine_reaches(host: str, loopback: bool) -> None:
    assert is_loopback(host) == loopback


@pytest.mark.parametrize(
    ("keys_setting", "host", "needed"),
    [
        ("auto", "127.0.0.1", False), ("auto", "0.0.0.0", True), ("on", "127.0.0.1", True),
        ("off", "0.0.0.0", False),
    ],
)  # fmt: skip
def test_when_senders_need_keys(keys_setting: str, host: str, needed: bool) -> None:
    assert needs_keys(Settings(ingest=Ingest(keys=keys_setting)), host) == needed  # type: ignore[arg-type]


LOGIN = Dashboard(login="header", user_header="X-User")
OIDC = Settings(
    dashboard=Dashboard(login="oidc"),
    login=Login(
        users=("*",), metadata_url="https://id.example.com/x", client_id="watch",
        client_secret=Secret("env", "A"), cookie_secret=Secret("env", "B"),
    ),
)  # fmt: skip


@pytest.mark.parametrize("settings", [Settings(dashboard=LOGIN), OIDC], ids=["header", "oidc"])
def test_behind_a_login_the_api_wants_keys_on_loopback_too(settings: Settings) -> None:
    """Else whoever may only look could act through the proxy that calls from there."""
    assert needs_keys(settings, "127.0.0.1")


class TestOtherMachines:
    def test_everything_missing_is_said_at_once(self, store: Store) -> None:
        with pytest.raises(UsageError) as refused:
            locked(Settings(), store, "0.0.0.0", dashboard=True)
        said = str(refused.value)
        assert "keys create" in said
        assert "dashboard.login" in said
        assert "--i-know-this-is-open" in said

    def test_keys_that_are_off_are_named(self, store: Store) -> None:
        with pytest.raises(UsageError, match=r"ingest\.keys"):
            locked(Settings(ingest=Ingest(keys="off")), store, "0.0.0.0", dashboard=False)

    def test_a_key_and_a_login_open_the_way(self, store: Store, now: int) -> None:
        keys.create(store, "checkout", ["ingest"], now)
        locked(Settings(dashboard=LOGIN), store, "0.0.0.0", dashboard=True)
        locked(OIDC, store, "0.0.0.0", dashboard=True)
        locked(Settings(), store, "0.0.0.0", dashboard=False)

    def test_a_revoked_key_does_not(self, store: Store, now: int) -> None:
        keys.create(store, "checkout", ["ingest"], now)
        keys.revoke(store, "checkout", now)
        with pytest.raises(UsageError, match="keys create"):
            locked(Settings(dashboard=LOGIN), store, "0.0.0.0", dashboard=True)

    def test_said_to_be_open_it_is_logged_and_told_what_lacks(
        self, store: Store, caplog: pytest.LogCaptureFixture
    ) -> None:
        lacking = locked(Settings(), store, "0.0.0.0", dashboard=True, is_open=True)
        assert [words.partition(" is ")[0] for words in lacking] == ["there", "dashboard.login"]
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        assert locked(Settings(), store, "127.0.0.1", dashboard=True, is_open=True) == []

    def test_the_address_listened_on_is_answered_to(self) -> None:
        assert reachable(Settings(), "192.168.1.5").ingest.allowed_hosts == ("192.168.1.5",)
        assert reachable(Settings(), "0.0.0.0").ingest.allowed_hosts == ()


def test_on_loopback_nothing_is_asked(store: Store) -> None:
    locked(Settings(ingest=Ingest(keys="off")), store, "127.0.0.1", dashboard=True)
