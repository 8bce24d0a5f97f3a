"""What a mail looks like, and how it gets to the server."""

import socket
import ssl
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from alerts.channels import send
from alerts.channels.error import ChannelError
from tests.alerts.certificates import authority
from tests.alerts.channel_material import ITEM, LINK, MESSAGE, Make, hostile_message, several
from tests.alerts.http_receiver import flood, receiving
from tests.alerts.mail_receiver import LOGIN, PASSWORD, Mailbox, receiving_mail

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return Make(tmp_path)


def sent(make: Make, message: Any = MESSAGE, **changes: Any) -> EmailMessage:
    with receiving_mail() as mailbox:
        send(make("email", mailbox.port, **changes), message)
    (mail,) = mailbox.mails
    return mail


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


class TestWords:
    def test_the_whole_text(self, make: Make) -> None:
        mail = sent(make)
        assert mail["Subject"] == "support: escalation rose to about 36 %"
        assert part(mail, "plain") == (
            "What moved: About 36 % escalate (34–38, n 4,210), 6 points above the baseline of 30 %\n"
            "Since: Sat 21 Nov, 11:00\n"
            "Likeliest cause: verifier changed: judge-v3 since 10:52; low_score explains 5 of the 6 points\n"
            "Costs: About $146 a day ($120–170)\n"
            "Next: Run the verifier check\n"
            "Episode 17 · rule escalation-drift · page · times in UTC\n"
            "\n"
            f"Open in cascadewatch: {LINK}\n"
        )

    def test_the_html_says_the_same_in_the_same_order(self, make: Make) -> None:
        mail = sent(make, replace(several(2), more=3))
        html, at = part(mail, "html"), 0
        for line in part(mail, "plain").replace(": ", "\n", 1).splitlines():
            for piece in line.split(": ", 1):
                if piece and piece != LINK:
                    found = html.find(piece.replace("&", "&amp;"), at)
                    assert found > 0, piece
            at = max(at, html.find(line.split(": ", 1)[0]))

    def test_the_text_comes_first_so_that_programs_prefer_the_html(self, make: Make) -> None:
        mail = sent(make)
        assert mail.get_content_type() == "multipart/alternative"
        assert [one.get_content_type() for one in mail.iter_parts()] == ["text/plain", "text/html"]

    def test_the_html_has_one_button(self, make: Make) -> None:
        html = part(sent(make), "html")
        assert html.count("<a ") == 1
        assert 'href="https://watch.example.com/incidents?episode=17&amp;from=1795258800000"' in html

    def test_the_html_leaves_ground_and_text_colour_to_the_program(self, make: Make) -> None:
        html = part(sent(make), "html")
        assert "prefers-color-scheme:dark" in html
        assert "background" not in html.replace("background:#0072B2", "")
        assert "<script" not in html
        assert "<img" not in html
        assert "url(" not in html


class TestHeaders:
    def test_for_filters(self, make: Make) -> None:
        mail = sent(make)
        found = {name: value for name, value in mail.items() if name.startswith("X-Cascadewatch-")}
        assert found == {
            "X-Cascadewatch-Message": "m-17-1",
            "X-Cascadewatch-Kind": "alert",
            "X-Cascadewatch-Episode": "17",
            "X-Cascadewatch-Status": "firing",
            "X-Cascadewatch-Severity": "page",
            "X-Cascadewatch-Rule": "escalation-drift",
            "X-Cascadewatch-Cascade": "support",
        }
        assert mail["Auto-Submitted"] == "auto-generated"

    def test_a_copy_has_the_same_message_id(self, make: Make) -> None:
        first, second = sent(make), sent(make)
        assert first["Message-ID"] == second["Message-ID"] == "<m-17-1@example.com>"

    def test_all_mails_about_an_episode_are_one_thread(self, make: Make) -> None:
        later = replace(MESSAGE, id="m-17-2", items=(replace(ITEM, status="resolved"),))
        first, second = sent(make), sent(make, later)
        assert first["Message-ID"] != second["Message-ID"]
        assert first["References"] == second["References"] == "<episode-17.watch.example.com@example.com>"
        assert second["In-Reply-To"] == first["In-Reply-To"]

    def test_a_mail_about_several_belongs_to_each_of_their_threads(self, make: Make) -> None:
        mail = sent(make, several(3))
        assert mail["References"].split() == [
            f"<episode-{n}.watch.example.com@example.com>" for n in (1, 2, 3)
        ]

    def test_an_id_that_would_break_the_header(self, make: Make) -> None:
        mail = sent(make, replace(MESSAGE, id="a b\r\nBcc: <eve@evil.example>"))
        assert mail["Message-ID"] == "<a-b-Bcc-eve-evil.example-@example.com>"
        assert mail["Bcc"] is None

    def test_no_line_is_longer_than_servers_take(self, make: Make) -> None:
        with receiving_mail() as mailbox:
            for text in ("x" * 3_000, "名" * 3_000, "word " * 1_000):
                send(make("email", mailbox.port), hostile_message(text))
            for one in mailbox.envelopes:
                assert isinstance(one.content, bytes)
                assert max(map(len, one.content.split(b"\r\n"))) <= 998

    @pytest.mark.parametrize(
        ("sender", "header", "domain"),
        [
            ("alerts@example.com", "alerts@example.com", "example.com"),
            ("Watch Dog <alerts@sub.example.org>", "Watch Dog <alerts@sub.example.org>", "sub.example.org"),
            ("Wächter <alerts@example.com>", "Wächter <alerts@example.com>", "example.com"),
            ("root@localhost", "root@localhost", "localhost"),
        ],
    )
    def test_senders(self, sender: str, header: str, domain: str, make: Make) -> None:
        mail = sent(make, **{"from": sender})
        assert mail["From"] == header
        assert mail["Message-ID"] == f"<m-17-1@{domain}>"

    @pytest.mark.parametrize("key", ["from", "to"])
    @pytest.mark.parametrize(
        "text",
        [
            *("alerts", "alerts@", "@example.com", "a@b@c", "<>", "ä@example.com", "a b@example.com"),
            *("a@example.com\nBcc: b@c.example", "a@example.com, b@example.com", "a@exa mple.com"),
        ],
    )
    def test_what_is_no_address(self, key: str, text: str, make: Make) -> None:
        with receiving_mail() as mailbox, pytest.raises(ChannelError, match="no mail address") as caught:
            send(make("email", mailbox.port, **{key: text if key == "from" else [text]}), MESSAGE)
        assert caught.value.permanent
        assert f"`{key}`" in str(caught.value)
        assert mailbox.greeted == []


class TestConnection:
    @pytest.fixture
    def server(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
        file, context = authority(tmp_path, "127.0.0.1")
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        return context

    def test_everybody_named_gets_it(self, make: Make) -> None:
        with receiving_mail() as mailbox:
            send(make("email", mailbox.port), MESSAGE)
        (envelope,) = mailbox.envelopes
        assert envelope.mail_from == "alerts@example.com"
        assert envelope.rcpt_tos == ["team@example.com", "boss@example.com"]
        assert mailbox.mails[0]["To"] == "team@example.com, boss@example.com"

    def test_it_greets_with_a_name_or_an_address(self, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
        with receiving_mail() as mailbox:
            for name in ("watch", "watch.example.com"):
                monkeypatch.setattr(socket, "gethostname", lambda name=name: name)
                send(make("email", mailbox.port), MESSAGE)
        assert mailbox.greeted == ["[127.0.0.1]", "watch.example.com"]

    @pytest.mark.parametrize("security", ["tls", "starttls"])
    def test_encrypted_with_a_login(self, security: str, server: ssl.SSLContext, make: Make) -> None:
        first, later = (server, None) if security == "tls" else (None, server)
        with receiving_mail(login=True, tls=first, starttls=later) as mailbox:
            password = make.secret("password", PASSWORD)
            options = {"security": security, "username": LOGIN, "password": password}
            send(make("email", mailbox.port, **options), MESSAGE)
        assert mailbox.encrypted == [True]

    @pytest.mark.parametrize("security", ["tls", "starttls"])
    def test_a_certificate_nobody_vouches_for(
        self, security: str, server: ssl.SSLContext, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("SSL_CERT_FILE")
        first, later = (server, None) if security == "tls" else (None, server)
        with receiving_mail(tls=first, starttls=later) as mailbox, pytest.raises(ChannelError) as caught:
            send(make("email", mailbox.port, security=security), MESSAGE)
        assert str(caught.value) == "127.0.0.1 gave no secure connection (CERTIFICATE_VERIFY_FAILED)."
        assert not caught.value.permanent
        assert mailbox.mails == []

    def test_a_server_without_starttls_gets_nothing(self, make: Make) -> None:
        with receiving_mail() as mailbox, pytest.raises(ChannelError) as caught:
            send(make("email", mailbox.port, security="starttls"), MESSAGE)
        assert caught.value.permanent
        assert "STARTTLS" in str(caught.value)
        assert mailbox.mails == []

    def test_a_private_server_only_where_that_is_allowed(self, make: Make) -> None:
        with receiving(b"220 canary", read=False) as canary, pytest.raises(ChannelError) as caught:
            send(make("email", canary.port, security="starttls", allow_private=False), MESSAGE)
        assert canary.connections == 0
        assert caught.value.permanent
        assert "allow_private" in str(caught.value)

    @pytest.mark.parametrize(
        "host", ["169.254.169.254", "0.0.0.0", "224.0.0.1", "2852039166", "::ffff:169.254.1.1"]
    )
    def test_some_servers_never(self, host: str, make: Make) -> None:
        with pytest.raises(ChannelError, match="never called"):
            send(make("email", 25, host=host), MESSAGE)

    def test_no_clear_text_to_a_public_server(self, make: Make) -> None:
        with pytest.raises(ChannelError, match="encryption is a must"):
            send(make("email", 25, host="8.8.8.8"), MESSAGE)

    def test_endless_replies_are_not_read_for_ever(self, make: Make) -> None:
        with receiving(flood(b"", b"220-more to come\r\n" * 1_000), read=False) as receiver:
            start = monotonic()
            with pytest.raises(ChannelError, match="does not speak SMTP") as caught:
                send(make("email", receiver.port), MESSAGE)
            assert monotonic() - start < 20
        assert not caught.value.permanent

    def test_a_farewell_that_fails_changes_nothing(self, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
        async def no_farewell(self: Mailbox, server: Any, session: Any, envelope: Any) -> str:
            server.transport.abort()
            return "221 never heard"

        monkeypatch.setattr(Mailbox, "handle_QUIT", no_farewell, raising=False)
        with receiving_mail() as mailbox:
            send(make("email", mailbox.port), MESSAGE)
        assert len(mailbox.mails) == 1
