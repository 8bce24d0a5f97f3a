"""What every channel keeps to, whatever its receiver does: done, try again, or never again; and no secret."""

import json
import logging
import socket
import traceback
from collections.abc import Iterator
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from time import monotonic, time
from typing import ClassVar

import pytest

from alerts.channels import CHANNELS, send
from alerts.channels.error import ChannelError
from alerts.channels.posting import action
from alerts.channels.slack import REFUSALS
from cascadewatch.settings import Channel
from cascadewatch.settings.alerting import CHANNELS as SETTINGS
from tests.alerts.channel_material import CANARIES, HTTP_KINDS, KINDS, MESSAGE, POSTING_KINDS, Make
from tests.alerts.http_receiver import Answer, drip, flood, receiving, reset, silent, status
from tests.alerts.mail_receiver import LOGIN, receiving_mail

pytestmark = [
    pytest.mark.filterwarnings(
        "ignore:'imghdr' is deprecated:DeprecationWarning"
    ),  # in one of Apprise's services
    pytest.mark.filterwarnings(
        "ignore:Requiring AUTH while not requiring TLS:UserWarning"
    ),  # on loopback it may
]
DRIP_HEADERS = drip(b"HTTP/1.1 200 OK\r\nX: y\r\n")
# Every way to fail that is no answer; a mail server speaks first.
BROKEN: dict[str, Answer] = {
    "silent": silent,
    "reset": reset,
    "closed": b"",
    "garbage": b"\x00\xff\x13garbage\r\n\r\n",
    "drip of headers": DRIP_HEADERS,
    "endless headers": flood(b"HTTP/1.1 200 OK\r\n", b"x-more: yes\r\n" * 1_000),
    "endless line": flood(b"220 "),
    "endless greeting": flood(b"", b"220-more to come\r\n" * 1_000),
    "drip of greeting": drip(b"220-wait\r\n"),
    "only a start": status(100),
}


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return Make(tmp_path)


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.DEBUG):
        yield caplog


def failure(channel: Channel, timeout: float = 20.0) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        send(channel, MESSAGE, timeout=timeout)
    return caught.value


def everything_said(error: BaseException) -> str:
    shown = traceback.format_exception(error)
    return "\n".join([str(error), repr(error), repr(error.args), repr(vars(error)), *shown])


def secrets_in(text: str) -> list[str]:
    return [name for name, canary in CANARIES.items() if canary in text]


def test_every_kind_of_the_settings_has_a_channel() -> None:
    assert set(CHANNELS) == set(SETTINGS) == set(KINDS)


class TestTaken:
    @pytest.mark.parametrize("kind", HTTP_KINDS)
    def test_a_message_that_is_taken_raises_nothing(self, kind: str, make: Make) -> None:
        with receiving() as receiver:
            send(make(kind, receiver.port), MESSAGE)
            assert len(receiver.received) == 1
            assert receiver.received[0].method == "POST"

    @pytest.mark.parametrize("kind", POSTING_KINDS)
    def test_sent_again_it_is_the_same_to_the_byte(self, kind: str, make: Make) -> None:
        with receiving() as receiver:
            for _ in range(2):
                send(make(kind, receiver.port), MESSAGE)
            first, second = (json.loads(one.body) for one in receiver.received)
        if kind == "alertmanager":  # which has to know until when it holds
            assert first[0].pop("endsAt") <= second[0].pop("endsAt")
        assert first == second

    @pytest.mark.parametrize("kind", POSTING_KINDS)
    def test_what_follows_the_status_changes_nothing(self, kind: str, make: Make) -> None:
        endless: list[Answer] = [
            flood(b"HTTP/1.1 200 OK\r\n\r\n"),
            b"HTTP/1.1 202 OK\r\nContent-Length: 99\r\n\r\ncut",
        ]
        with receiving() as receiver:
            for answer in endless:
                receiver.answer = answer
                send(make(kind, receiver.port), MESSAGE)

    @pytest.mark.parametrize("kind", POSTING_KINDS)
    def test_a_body_that_drips_is_not_waited_for_longer_than_agreed(self, kind: str, make: Make) -> None:
        def begin(connection: socket.socket) -> None:
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            drip(b"ok")(connection)

        with receiving(begin) as receiver:
            start = monotonic()
            send(make(kind, receiver.port), MESSAGE, timeout=0.5)
            assert monotonic() - start < 20


class TestStatus:
    """The table of actions, over every status there is."""

    @pytest.mark.parametrize("kind", POSTING_KINDS)
    def test_every_status_has_its_action(self, kind: str, make: Make) -> None:
        found: dict[str, set[int]] = {"done": set(), "retry": set(), "permanent": set()}
        with receiving() as receiver:
            channel = make(kind, receiver.port)
            for code in range(100, 600):
                receiver.answer = status(code)
                try:
                    send(channel, MESSAGE)
                except ChannelError as error:
                    found["permanent" if error.permanent else "retry"].add(code)
                else:
                    found["done"].add(code)
            assert len(receiver.received) == 500, "one call for each, no redirect followed, no try of its own"
        assert found == {
            "done": set(range(200, 300)),
            "retry": {*range(100, 200), 408, 425, 429, *range(500, 600)},
            "permanent": {*range(300, 500)} - {408, 425, 429},
        }

    def test_apprise_says_only_that_it_failed(self, make: Make) -> None:
        with receiving() as receiver:
            channel = make("apprise", receiver.port)
            for code in (301, 400, 404, 429, 500, 503):
                receiver.answer = status(code)
                assert not failure(channel).permanent

    @pytest.mark.parametrize("word", sorted(REFUSALS))
    @pytest.mark.parametrize("code", [200, 400, 403, 404, 410, 500])
    def test_slack_refuses_for_good_by_its_words(self, word: str, code: int, make: Make) -> None:
        with receiving(status(code, word.encode())) as receiver:
            error = failure(make("slack", receiver.port))
        assert error.permanent
        assert word in str(error)

    def test_a_redirect_says_what_to_do(self, make: Make) -> None:
        with receiving() as canary, receiving(status(302, Location=canary.url("/there"))) as receiver:
            error = failure(make("webhook", receiver.port))
            assert canary.connections == 0
        assert str(error) == (
            "127.0.0.1 answered 302: a redirect, which is never followed; write the address it leads to."
        )

    def test_the_pure_table_agrees(self) -> None:
        assert {action(code) for code in range(200, 300)} == {"done"}
        assert [action(code) for code in (199, 300, 404, 408, 425, 429, 499, 500, 599)] == [
            *("retry", "permanent", "permanent", "retry", "retry", "retry", "permanent", "retry", "retry")
        ]


class TestRetryAfter:
    @pytest.mark.parametrize("kind", POSTING_KINDS)
    @pytest.mark.parametrize("code", [408, 425, 429, 500, 502, 503])
    def test_seconds_are_passed_on(self, kind: str, code: int, make: Make) -> None:
        with receiving(status(code, Retry_After="37")) as receiver:
            error = failure(make(kind, receiver.port))
        assert (error.permanent, error.retry_after) == (False, 37)

    @pytest.mark.parametrize("kind", POSTING_KINDS)
    def test_a_date_is_passed_on_as_seconds(self, kind: str, make: Make) -> None:
        with receiving(status(503, Retry_After=formatdate(time() + 90, usegmt=True))) as receiver:
            error = failure(make(kind, receiver.port))
        assert error.retry_after is not None
        assert 85 <= error.retry_after <= 91

    def test_none_is_passed_on_where_none_was_said(self, make: Make) -> None:
        with receiving(status(429)) as receiver:
            assert failure(make("slack", receiver.port)).retry_after is None

    def test_none_is_passed_on_with_what_is_permanent(self, make: Make) -> None:
        with receiving(status(404, Retry_After="30")) as receiver:
            assert failure(make("slack", receiver.port)).retry_after is None


class TestNoAnswer:
    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("way", BROKEN)
    def test_it_is_tried_again_and_ends_in_time(self, kind: str, way: str, make: Make) -> None:
        with receiving(BROKEN[way], read=kind != "email") as receiver:
            start = monotonic()
            error = failure(make(kind, receiver.port), timeout=0.3)
            assert monotonic() - start < 20
        assert (error.permanent, error.retry_after) == (False, None)

    @pytest.mark.parametrize("kind", KINDS)
    def test_nobody_listens(self, kind: str, make: Make) -> None:
        with receiving() as receiver:
            pass
        assert not failure(make(kind, receiver.port)).permanent

    @pytest.mark.parametrize("kind", ["slack", "webhook", "alertmanager"])
    def test_tls_with_somebody_who_speaks_none(self, kind: str, make: Make) -> None:
        key = {"slack": "webhook_url", "webhook": "url", "alertmanager": "url"}[kind]
        with receiving(silent, read=False) as receiver:
            there = receiver.url("/canary-slack-path", "https")
            value = there if kind == "alertmanager" else make.secret("there", there)
            error = failure(make(kind, receiver.port, **{key: value}), timeout=0.3)
        assert not error.permanent
        assert secrets_in(everything_said(error)) == []

    @pytest.mark.parametrize("security", ["tls", "starttls"])
    def test_mail_over_tls_with_somebody_who_speaks_none(self, security: str, make: Make) -> None:
        with receiving(b"220 here\r\n250 yes\r\n220 go\r\nnonsense", read=False) as receiver:
            error = failure(make("email", receiver.port, security=security), timeout=0.5)
        assert not error.permanent or "STARTTLS" in str(error)

    def test_a_secret_that_is_not_there_may_come_back(self, make: Make) -> None:
        error = failure(make("slack", 1, webhook_url="file:missing"))
        assert not error.permanent
        assert "missing" in str(error)


class TestMailCodes:
    @pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
    def test_every_code_has_its_action(self, step: str, make: Make) -> None:
        codes = [*range(400, 460), *range(500, 560)]
        with receiving_mail() as mailbox:
            channel = make("email", mailbox.port)
            found = {}
            for code in codes:
                mailbox.replies = {step: f"{code} 4.7.1 because of canary-smtp-password"}
                found[code] = failure(channel).permanent
        # 421 says that the connection ends, which passes too.
        assert found == {code: code >= 500 for code in codes}

    def test_greylisting_passes(self, make: Make) -> None:
        with receiving_mail() as mailbox:
            channel = make("email", mailbox.port)
            mailbox.replies = {"RCPT": "451 4.7.1 Greylisted, try again in 5 minutes"}
            error = failure(channel)
            assert str(error) == "127.0.0.1 refused every recipient: 451 4.7.1."
            assert not error.permanent
            mailbox.replies = {}
            send(channel, MESSAGE)
            assert len(mailbox.mails) == 1

    def test_a_wrong_password_is_permanent(self, make: Make) -> None:
        with receiving_mail(login=True) as mailbox:
            password = make.secret("password", CANARIES["SMTP_PASSWORD"])
            error = failure(make("email", mailbox.port, username=LOGIN, password=password))
        assert error.permanent
        assert str(error) == "127.0.0.1 refused the login: 535 5.7.8."

    def test_a_login_that_cannot_be_checked_now_passes(self, make: Make) -> None:
        with receiving_mail(login=True) as mailbox:
            mailbox.replies = {"AUTH": "454 4.7.0 Temporary authentication failure"}
            password = make.secret("password", CANARIES["SMTP_PASSWORD"])
            assert not failure(make("email", mailbox.port, username=LOGIN, password=password)).permanent

    def test_refused_by_some_it_is_sent_to_the_others(
        self, make: Make, caplog: pytest.LogCaptureFixture
    ) -> None:
        with receiving_mail() as mailbox:
            mailbox.replies = {"boss@example.com": "550 5.1.1 boss@example.com is unknown"}
            send(make("email", mailbox.port), MESSAGE)
            assert [one.rcpt_tos for one in mailbox.envelopes] == [["team@example.com"]]
        assert "refused 1 of 2 recipients: 550 5.1.1" in caplog.text

    def test_one_recipient_who_may_come_back_is_enough_to_try_again(self, make: Make) -> None:
        with receiving_mail() as mailbox:
            mailbox.replies = {"boss@example.com": "550 gone", "team@example.com": "450 busy"}
            assert not failure(make("email", mailbox.port)).permanent


class TestSecrets:
    """Twelve ways to fail, and everything that is said or logged on the way."""

    ANSWERS: ClassVar[list[Answer]] = [
        status(302, b"", Location="/canary-slack-path"),
        status(400, b"canary-slack-path canary-webhook-path"),
        status(404, b"no /services/canary-slack-path"),
        status(429, b"canary-webhook-secret"),
        status(500, b"canary-webhook-path"),
        b"HTTP/1.1 canary-slack-path\r\n\r\n",
        b"canary-webhook-path\r\n\r\n",
        DRIP_HEADERS,
        reset,
        b"",
        silent,
        flood(b"HTTP/1.1 400 No\r\n\r\n", b"canary-slack-path"),
    ]

    @pytest.mark.parametrize("kind", HTTP_KINDS)
    @pytest.mark.parametrize("number", range(12))
    def test_none_is_said_or_logged(
        self, kind: str, number: int, make: Make, everything_logged: pytest.LogCaptureFixture
    ) -> None:
        with receiving(self.ANSWERS[number]) as receiver:
            channel = make(kind, receiver.port)
            said = everything_said(failure(channel, timeout=0.3))
        assert secrets_in(said + repr(channel) + everything_logged.text) == []

    @pytest.mark.parametrize("kind", HTTP_KINDS)
    def test_none_is_logged_when_all_goes_well(
        self, kind: str, make: Make, everything_logged: pytest.LogCaptureFixture
    ) -> None:
        with receiving() as receiver:
            send(make(kind, receiver.port), MESSAGE)
        assert secrets_in(everything_logged.text) == []

    @pytest.mark.parametrize("reply", ["535 5.7.8 {}", "454 {}", "{}", "535 {}"])
    def test_none_of_the_mail_server(
        self, reply: str, make: Make, everything_logged: pytest.LogCaptureFixture
    ) -> None:
        with receiving_mail(login=True) as mailbox:
            mailbox.replies = {"AUTH": reply.format(CANARIES["SMTP_PASSWORD"])}
            password = make.secret("password", CANARIES["SMTP_PASSWORD"])
            channel = make("email", mailbox.port, username=LOGIN, password=password)
            said = everything_said(failure(channel))
        assert secrets_in(said + repr(channel)) == []
        assert (
            secrets_in("\n".join(r.getMessage() for r in everything_logged.records if "alerts" in r.name))
            == []
        )

    def test_a_password_that_no_login_can_carry(self, make: Make) -> None:
        with receiving_mail(login=True) as mailbox:
            password = make.secret("password", "canary-smtp-password-ü")
            error = failure(make("email", mailbox.port, username=LOGIN, password=password))
        assert error.permanent
        assert secrets_in(everything_said(error)) == []


def test_a_message_no_channel_may_choke_on(make: Make) -> None:
    """Digests and notices have no episode; every kind takes them."""
    bare = replace(MESSAGE, kind="digest", items=(), lines=("Saved $4,396 this week.",), link="")
    with receiving() as receiver, receiving_mail() as mailbox:
        for kind in KINDS:
            for message in (bare, replace(bare, kind="notice"), replace(bare, kind="test", lines=())):
                send(make(kind, mailbox.port if kind == "email" else receiver.port), message)
