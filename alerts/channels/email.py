"""Mail by SMTP, over a connection that is checked like every other call (cascadewatch/outgoing)."""

import logging
import re
import smtplib
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from email.message import Message as Mail
from typing import BinaryIO

from alerts.channels.error import ChannelError
from alerts.channels.mail import envelope, mail
from alerts.message import Message
from cascadewatch.outgoing import OutgoingError, certificates, connect
from cascadewatch.outgoing.deadline import Deadline
from cascadewatch.settings.alerting import Email

REFUSED = {
    smtplib.SMTPAuthenticationError: "refused the login",
    smtplib.SMTPSenderRefused: "refused the sender",
    smtplib.SMTPDataError: "refused the mail",
    smtplib.SMTPConnectError: "takes no mail now",
    smtplib.SMTPHeloError: "refused the greeting",
}
ANSWER_BYTES = 2 * 1024 * 1024  # all replies of one connection together

logger = logging.getLogger(__name__)


def send(channel: Email, message: Message, *, timeout: float) -> None:
    """One mail to all recipients. Refused for some of them only, it counts as sent, with a warning."""
    written = mail(channel, message)
    password = channel.password.reveal() if channel.password else ""
    with Deadline(timeout) as deadline:
        try:
            _submit(channel, written, password, deadline)
        except OutgoingError as error:
            raise ChannelError(str(error), permanent=error.permanent) from None
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise _failure(channel.host, error, deadline) from None


def _submit(channel: Email, written: Mail, password: str, deadline: Deadline) -> None:
    sender, to = envelope(channel)
    smtp = _Smtp(channel, deadline)
    try:
        if channel.security == "starttls":
            smtp.starttls(context=certificates())
        if channel.username is not None:
            smtp.login(channel.username, password)
        refused = smtp.send_message(written, sender, to)
        if refused:
            logger.warning(
                "%s refused %d of %d recipients: %s.", channel.host, len(refused), len(to), _codes(refused)
            )
        with suppress(smtplib.SMTPException, OSError):  # taken is taken, however the farewell goes
            smtp.quit()
    finally:
        smtp.close()


class _Smtp(smtplib.SMTP):
    """SMTP over a checked connection; endless replies end it."""

    def __init__(self, channel: Email, deadline: Deadline) -> None:
        self._channel, self._deadline = channel, deadline
        # A name given here keeps smtplib from asking DNS for one, without a time-out.
        super().__init__(channel.host, channel.port, "localhost", deadline.left(deadline.seconds))
        assert isinstance(self.sock, socket.socket)
        self.local_hostname = _own_name(self.sock)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connection = connect(
            host,
            port,
            allow_private=self._channel.allow_private,
            encrypted=self._channel.security != "none",
            deadline=self._deadline,
        )
        connection.settimeout(timeout)
        if self._channel.security != "tls":
            return connection
        return certificates().wrap_socket(connection, server_hostname=host)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = _Replies(self.sock.makefile("rb"))
        return super().getreply()


class _Replies:
    """What a server says, as far as it is read at all."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = ANSWER_BYTES

    def readline(self, size: int) -> bytes:
        line = self._file.readline(size)
        self._left -= len(line)
        if len(line) >= size or self._left < 0:
            raise OSError("a reply too long")
        return line

    def close(self) -> None:
        self._file.close()


def _own_name(connection: socket.socket) -> str:
    """How we greet: the full name of this machine, else its address, which every server must take."""
    name = socket.gethostname()
    if "." in name and name.isascii():
        return name
    address = str(connection.getsockname()[0])
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _failure(host: str, error: Exception, deadline: Deadline) -> ChannelError:
    """What went wrong, without the server's own words: they may repeat the login or the message."""
    if deadline.over or isinstance(error, TimeoutError):
        return ChannelError(f"{host} did not take the mail within {deadline.seconds:g} s.")
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        gone = all(_is_permanent(code) for code, _ in error.recipients.values())
        return ChannelError(f"{host} refused every recipient: {_codes(error.recipients)}.", permanent=gone)
    if isinstance(error, smtplib.SMTPResponseException):
        code, text = error.smtp_code, error.smtp_error
        text = text.encode() if isinstance(text, str) else text
        what = next((words for kind, words in REFUSED.items() if isinstance(error, kind)), "refused to go on")
        return ChannelError(f"{host} {what}: {_code(code, text)}.", permanent=_is_permanent(code))
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return ChannelError(f"{host} closed the connection, or does not speak SMTP.")
    if isinstance(error, smtplib.SMTPException):
        return ChannelError(
            f"{host} cannot do what this channel needs: STARTTLS, a login, or addresses in other scripts.",
            permanent=True,
        )
    if isinstance(error, ssl.SSLError):
        return ChannelError(f"{host} gave no secure connection ({error.reason or 'TLS failed'}).")
    if isinstance(error, OSError):
        return ChannelError(f"{host}: the connection was cut.")
    return ChannelError(
        f"{host} was not asked: a setting holds a character that SMTP cannot carry.", permanent=True
    )


def _is_permanent(code: int) -> bool:
    """By the code alone: 4xx, greylisting among them, passes; what is no code may pass too."""
    return 500 <= code < 600


def _codes(refused: Mapping[str, tuple[int, bytes]]) -> str:
    return ", ".join(sorted({_code(code, text) for code, text in refused.values()}))


def _code(code: int, text: bytes) -> str:
    """
    >>> _code(550, b"5.1.1 <alice@example.com> is unknown")
    '550 5.1.1'
    """
    detail = re.match(rb"[245]\.[0-9]{1,3}\.[0-9]{1,3}\b", text)
    return f"{code} {detail[0].decode()}" if detail else str(code)
