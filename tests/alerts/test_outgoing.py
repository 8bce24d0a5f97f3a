"""What calls to the outside never do: reach where they must not, follow, wait for ever, or tell secrets."""

import logging
import socket
import ssl
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

import pytest

from cascadewatch import outgoing
from cascadewatch.outgoing import ANSWER_BYTES, OutgoingError, request
from tests.alerts.certificates import authority
from tests.alerts.http_receiver import drip, flood, receiving, status

Lookup = Callable[..., list[Any]]


def failure(url: str, **options: Any) -> OutgoingError:
    with pytest.raises(OutgoingError) as caught:
        request("POST", url, **options)
    return caught.value


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Names the test may give addresses, one answer after another; each answer is a list with commas."""
    table: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def look(host: str, port: int, *args: Any, **options: Any) -> list[Any]:
        if host not in table or options.get("flags"):
            return real(host, port, *args, **options)
        answer = table[host].pop(0)
        return [row for one in answer.split(",") for row in real(one, port, *args, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", look)
    return table


LOOPBACK = [
    *("127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f.1", "0x7f000001", "0177.0.0.1", "017700000001"),
    *(
        "0x7f.0x0.0x0.0x1",
        "127.0.0.1.",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "[::1]",
        "[::ffff:127.0.0.1]",
    ),
    *(
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:0:0:1]",
        "[0:0:0:0:0:ffff:127.0.0.1]",
        "127.255.255.254",
        "0",
        "0.0.0.0",
    ),
    *(
        "[::]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]",
        "[::ffff:0:0]",
    ),
]
PRIVATE = [
    *("10.0.0.1", "10.1", "167772161", "172.16.0.1", "172.31.255.255", "192.168.1.1", "192.168.257"),
    *(
        "3232235777",
        "0xc0a80101",
        "100.64.0.1",
        "100.127.255.255",
        "[fc00::1]",
        "[fd00::1]",
        "[::ffff:10.0.0.1]",
    ),
    *("[::ffff:192.168.1.1]", "192.168.0.255", "[64:ff9b::a00:1]", "[2002:a00:1::]", "[2002:c0a8:101::]"),
]
SPECIAL = [
    *("169.254.169.254", "2852039166", "0xa9fea9fe", "169.254.43518", "[::ffff:169.254.169.254]"),
    *("[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]", "[fe80::1]", "[fd00:ec2::254]", "100.100.100.200"),
    *(
        "224.0.0.1",
        "239.255.255.250",
        "255.255.255.255",
        "[ff02::1]",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
    ),
    *("198.18.0.1", "198.51.100.1", "203.0.113.1", "240.0.0.1", "[2001:db8::1]", "[2001::1]", "[100::1]"),
]


class TestWhereTheyLead:
    @pytest.mark.parametrize("host", [*LOOPBACK, *PRIVATE, *SPECIAL])
    def test_no_special_address_in_any_form(self, host: str) -> None:
        with receiving() as canary:
            error = failure(f"https://{host}:{canary.port}/canary")
            assert canary.connections == 0
        assert "canary" not in str(error)

    @pytest.mark.parametrize("host", SPECIAL)
    def test_some_not_even_where_private_ones_are_allowed(self, host: str) -> None:
        error = failure(f"http://{host}:9/", allow_private=True)
        assert "never called" in str(error)
        assert error.permanent

    def test_there_are_seventy_of_them(self) -> None:
        assert len({*LOOPBACK, *PRIVATE, *SPECIAL}) >= 70

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433"])
    def test_private_ones_where_they_are_allowed(self, host: str) -> None:
        with receiving() as receiver:
            answer = request("POST", f"http://{host}:{receiver.port}/", allow_private=True)
        assert (answer.status, answer.body, answer.host) == (200, b"ok", host)

    def test_ipv6(self) -> None:
        try:
            running = receiving(host="::1")
            with running as receiver:
                assert request("POST", receiver.url("/a"), allow_private=True).status == 200
                assert receiver.received[0].headers["host"] == f"[::1]:{receiver.port}"
        except OSError:
            pytest.skip("this machine has no IPv6")

    def test_a_name_that_means_a_private_address(self, names: dict[str, list[str]]) -> None:
        names["hooks.example.com"] = ["127.0.0.1"]
        error = failure("https://hooks.example.com/canary")
        assert str(error) == (
            "hooks.example.com resolves to 127.0.0.1, which lies in a private network. "
            "Set allow_private = true if that is where it should be."
        )
        assert not error.permanent, "the name may mean another address later, as on a train's network"

    def test_one_bad_address_among_good_ones_is_enough(self, names: dict[str, list[str]]) -> None:
        names["hooks.example.com"] = ["8.8.8.8,169.254.169.254"]
        assert "never called" in str(failure("https://hooks.example.com/"))

    def test_a_name_is_asked_for_once_and_then_kept_to(self, names: dict[str, list[str]]) -> None:
        with receiving() as first, receiving() as second:
            names["hooks.example.com"] = ["127.0.0.1", "127.0.0.2", "127.0.0.2"]
            answer = request("POST", f"http://hooks.example.com:{first.port}/a", allow_private=True)
            assert answer.status == 200
            assert (len(first.received), second.connections) == (1, 0)
            assert len(names["hooks.example.com"]) == 2
            assert first.received[0].headers["host"] == f"hooks.example.com:{first.port}"

    def test_the_next_address_is_tried_when_nobody_listens_at_the_first(
        self, names: dict[str, list[str]]
    ) -> None:
        with receiving() as receiver:
            names["hooks.example.com"] = ["127.0.0.9,127.0.0.1"]
            assert (
                request("POST", f"http://hooks.example.com:{receiver.port}/", allow_private=True).status
                == 200
            )

    def test_no_encryption_to_a_public_address(self, names: dict[str, list[str]]) -> None:
        names["hooks.example.com"] = ["8.8.8.8"]
        assert "encryption is a must" in str(failure("http://hooks.example.com/", allow_private=True))

    def test_no_encryption_where_private_ones_are_not_allowed(self) -> None:
        error = failure("http://127.0.0.1/canary")
        assert error.permanent
        assert str(error) == (
            "127.0.0.1 would be called without encryption. Write https://, "
            "or set allow_private = true if it lies in your own network."
        )

    @pytest.mark.parametrize(
        "url",
        [
            *("", "hooks.example.com/canary", "ftp://hooks.example.com/canary", "file:///etc/passwd"),
            *("https://", "https:///canary", "https://[::1/canary", "https://h.example.com:99999/canary"),
            *(
                "https://user:canary@h.example.com/",
                "https://canary@h.example.com/",
                "https://h.example.com:/@\\x",
            ),
            *(
                "https://evil.example\\@h.example.com/",
                "https://h.example.com/a b",
                "https://h.example.com/\r\nX: y",
            ),
            *("https://h.example.com/\tcanary", "https://h\x00.example.com/", "https://hööks.example.com/"),
            *("gopher://127.0.0.1:25/_canary", "https:127.0.0.1/canary", "//127.0.0.1/canary"),
        ],
    )
    def test_what_is_no_plain_address(self, url: str) -> None:
        error = failure(url, allow_private=True)
        assert error.permanent
        assert "canary" not in str(error)

    def test_a_name_nobody_knows(self) -> None:
        error = failure("https://hooks.invalid/canary")
        assert not error.permanent
        assert str(error).startswith("hooks.invalid could not be looked up")

    def test_a_name_server_that_does_not_answer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def never(*_: Any, **__: Any) -> list[Any]:
            Event().wait(30)
            return []

        monkeypatch.setattr(socket, "getaddrinfo", never)
        start = monotonic()
        assert "could not be looked up in time" in str(failure("https://hooks.example.com/", timeout=0.3))
        assert monotonic() - start < 20

    def test_no_proxy_of_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with receiving() as receiver, receiving() as proxy:
            for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
                monkeypatch.setenv(name, proxy.url())
            request("POST", receiver.url(), allow_private=True)
            assert (receiver.connections, proxy.connections) == (1, 0)

    @pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
    def test_no_redirect_is_followed(self, code: int) -> None:
        with receiving() as canary, receiving(status(code, Location=canary.url("/x"))) as receiver:
            assert request("POST", receiver.url(), allow_private=True).status == code
            assert canary.connections == 0


class TestHowLongAndHowMuch:
    @pytest.mark.parametrize("text", [b"HTTP/1.1 200 OK\r\nX: y\r\n", b"x"])
    def test_the_whole_call_ends_in_time_however_it_drips(self, text: bytes) -> None:
        with receiving(drip(text)) as receiver:
            start = monotonic()
            error = failure(receiver.url("/canary"), allow_private=True, timeout=0.5)
            assert 0.4 < monotonic() - start < 20
        assert str(error) == "127.0.0.1 did not answer within 0.5 s."

    def test_a_receiver_that_takes_nothing(self) -> None:
        with ExitStack() as stack:
            full, *waiting = (stack.enter_context(socket.socket()) for _ in range(5))
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            port = full.getsockname()[1]
            for one in waiting:
                one.setblocking(False)
                one.connect_ex(("127.0.0.1", port))
            start = monotonic()
            error = failure(f"http://127.0.0.1:{port}/", allow_private=True, timeout=0.5)
            assert monotonic() - start < 20
        assert not error.permanent

    def test_a_body_is_cut(self) -> None:
        with receiving(flood(b"HTTP/1.1 500 No\r\n\r\n")) as receiver:
            start = monotonic()
            answer = request("POST", receiver.url(), allow_private=True)
            assert monotonic() - start < 20
        assert (answer.status, len(answer.body)) == (500, ANSWER_BYTES)

    def test_a_compressed_body_stays_compressed(self) -> None:
        bomb = status(200, b"\x1f\x8b\x08\x00nonsense", Content_Encoding="gzip")
        with receiving(bomb) as receiver:
            assert request("POST", receiver.url(), allow_private=True).body.startswith(b"\x1f\x8b")


class TestCertificates:
    """TLS to a name that the test makes mean loopback; SSL_CERT_FILE is how a company adds its authority."""

    @pytest.fixture
    def server(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
        file, context = authority(tmp_path, "hooks.example.com", "127.0.0.1")
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        return context

    def test_the_name_is_what_is_checked_not_the_address(
        self, server: ssl.SSLContext, names: dict[str, list[str]]
    ) -> None:
        asked: list[str | None] = []
        server.sni_callback = lambda _, name, __: asked.append(name)
        names["hooks.example.com"] = ["127.0.0.1"]
        with receiving(tls=server) as receiver:
            url = f"https://hooks.example.com:{receiver.port}/a?b=c"
            assert request("POST", url, content=b"{}", allow_private=True).status == 200
            assert receiver.received[0].path == "/a?b=c"
        assert asked == ["hooks.example.com"]

    def test_a_certificate_for_an_address(self, server: ssl.SSLContext) -> None:
        with receiving(tls=server) as receiver:
            assert request("POST", receiver.url(scheme="https"), allow_private=True).status == 200

    def test_a_certificate_of_another_name(self, server: ssl.SSLContext, names: dict[str, list[str]]) -> None:
        names["other.example.com"] = ["127.0.0.1"]
        with receiving(tls=server) as receiver:
            error = failure(f"https://other.example.com:{receiver.port}/canary", allow_private=True)
            assert receiver.received == []
        assert "certificate is not valid for 'other.example.com'" in str(error)
        assert not error.permanent

    def test_a_certificate_of_an_unknown_authority(
        self, server: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("SSL_CERT_FILE")
        with receiving(tls=server) as receiver:
            error = failure(receiver.url("/canary", "https"), allow_private=True)
            assert receiver.received == []
        assert str(error).startswith(
            "127.0.0.1 gave no answer: no secure connection (certificate verify failed"
        )

    def test_public_authorities_are_known(self) -> None:
        assert outgoing.certificates().cert_store_stats()["x509_ca"] > 50


class TestWhatIsSaid:
    def test_nothing_of_path_query_or_header_is_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.DEBUG), receiving(status(404, b"canary", X_Canary="canary")) as receiver:
            answer = request(
                "POST",
                receiver.url("/canary?canary=canary"),
                headers={"X-Secret": "canary"},
                content=b"canary",
                allow_private=True,
            )
        assert answer.headers["x-canary"] == "canary"
        assert "canary" not in caplog.text

    def test_who_calls_is_said_to_the_receiver(self) -> None:
        with receiving() as receiver:
            request("POST", receiver.url(), allow_private=True)
            assert receiver.received[0].headers["user-agent"] == outgoing.USER_AGENT

    def test_a_header_that_would_become_two(self) -> None:
        with receiving() as receiver:
            error = failure(receiver.url(), headers={"X-A": "b\r\nX-Canary: c"}, allow_private=True)
            assert receiver.received == []
        assert error.permanent
        assert "Canary" not in str(error)
