"""Every call to the outside, HTTP and SMTP alike.

A name is resolved once, every address it has is judged (addresses.py), and one of those very
addresses is connected to: a name that means another machine a moment later leads nowhere. No redirect is
followed, no proxy is taken from the environment, the whole call ends in time, answers are cut. Errors name
the host alone, since paths and queries of such addresses are secrets.
"""

import logging
import os
import socket
import ssl
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cache, partial
from typing import Any
from urllib.parse import SplitResult, urlsplit

import httpx

from cascadewatch import __version__
from cascadewatch.errors import CascadewatchError
from cascadewatch.outgoing.addresses import reach
from cascadewatch.outgoing.deadline import Deadline, within

CONNECT_SECONDS = 10.0
TOTAL_SECONDS = 30.0
ANSWER_BYTES = 64 * 1024  # far more than any answer that says something
USER_AGENT = f"cascadewatch/{__version__}"
PORTS = {"https": 443, "http": 80}
logging.getLogger("httpcore").setLevel(logging.INFO)  # below that it logs whole answers


class OutgoingError(CascadewatchError):
    """A call that was not made, or that brought no answer.

    `permanent`: it can only work once a person has changed a setting. `sent`: the other side may have got
    it. `late`: time ran out.
    """

    def __init__(
        self, message: str, permanent: bool = False, *, sent: bool = False, late: bool = False
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.sent = sent
        self.late = late


@dataclass(frozen=True, slots=True)
class Response:
    """An answer of any status. Names of headers are in lower case; `body` is its first bytes.

    `cut`: the body ended before it was whole.
    """

    host: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: bool = False


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    content: bytes = b"",
    allow_private: bool = False,
    timeout: float = TOTAL_SECONDS,
    answer_bytes: int = ANSWER_BYTES,
) -> Response:
    """One HTTP call; OutgoingError when it must not be made, or no answer came within `timeout` seconds.

    Only https is called; with `allow_private` also http, at private addresses. Of the answer's body
    `answer_bytes` are read.
    """
    parts = _parts(url, allow_private)
    with Deadline(timeout) as deadline:
        found = addresses(
            parts.hostname or "",
            parts.port or PORTS[parts.scheme],
            allow_private=allow_private,
            encrypted=parts.scheme == "https",
            deadline=deadline,
        )
        make = partial(_request, method, parts, headers or {}, content, deadline)
        return _first_answer(parts, [make(address) for address in found], deadline, answer_bytes)


def addresses(host: str, port: int, *, allow_private: bool, encrypted: bool, deadline: Deadline) -> list[str]:
    """The addresses of a name, all of which may be called; OutgoingError when one of them may not."""
    try:
        look = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        rows = within(deadline.left(CONNECT_SECONDS), look)
    except TimeoutError:
        raise OutgoingError(f"{host} could not be looked up in time.") from None
    except (OSError, ValueError):
        raise OutgoingError(
            f"{host} could not be looked up: no such name, or no name server answers."
        ) from None
    found = list(dict.fromkeys(str(row[4][0]) for row in rows))
    for address in found:
        _permit(host, address, allow_private, encrypted)
    return found


def connect(
    host: str, port: int, *, allow_private: bool, encrypted: bool, deadline: Deadline
) -> socket.socket:
    """A connection that is not yet encrypted, to a checked address, which ends with `deadline`."""
    reason = ""
    for address in addresses(host, port, allow_private=allow_private, encrypted=encrypted, deadline=deadline):
        try:
            connection = socket.create_connection((address, port), deadline.left(CONNECT_SECONDS))
        except OSError as error:
            reason = _words(error)
        else:
            deadline.hold(connection)
            return connection
    raise OutgoingError(f"{host} could not be reached: {reason}.")


def certificates() -> ssl.SSLContext:
    """Checks certificates against the public authorities and those this system trusts (or SSL_CERT_FILE)."""
    return _context(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@cache
def _context(file: str | None, folder: str | None) -> ssl.SSLContext:
    """Read once for each place: it takes longer than a call."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context


def _parts(url: str, allow_private: bool) -> SplitResult:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise OutgoingError("The address is no URL.", permanent=True) from None
    if (
        not host
        or parts.scheme not in PORTS
        or not (url.isascii() and url.isprintable())
        or set(url) & set(" \\")
    ):
        raise OutgoingError("The address is no URL that starts with https://.", permanent=True)
    if "@" in parts.netloc:
        raise OutgoingError(f"The address at {host} must not hold a user name.", permanent=True)
    if parts.scheme == "http" and not allow_private:
        raise OutgoingError(
            f"{host} would be called without encryption. Write https://, or set allow_private = true if it "
            "lies in your own network.",
            permanent=True,
        )
    return parts


def _permit(host: str, address: str, allow_private: bool, encrypted: bool) -> None:
    """OutgoingError unless the address may be called; not permanent where another answer of DNS may do."""
    where, given = reach(address), _is_numeric(host)
    if where == "never":
        raise OutgoingError(f"{host} resolves to {address}, which is an address that is never called.", given)
    if where == "private" and not allow_private:
        raise OutgoingError(
            f"{host} resolves to {address}, which lies in a private network. Set allow_private = "
            "true if that is where it should be.",
            given,
        )
    if where == "public" and not encrypted:
        raise OutgoingError(
            f"{host} resolves to {address}, a public address, where encryption is a must.", given
        )


def _is_numeric(host: str) -> bool:
    """Whether no DNS is asked: 127.0.0.1, but also 127.1, 0x7f.1 and 2130706433."""
    with suppress(OSError, ValueError):
        socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)
        return True
    return False


def _request(
    method: str,
    parts: SplitResult,
    headers: Mapping[str, str],
    content: bytes,
    deadline: Deadline,
    address: str,
) -> httpx.Request:
    """A request to the address; the name it is for stands in its Host and in the TLS handshake."""
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    url = httpx.URL(scheme=parts.scheme, host=address, port=parts.port, raw_path=target.encode("ascii"))

    def hold(event: str, info: dict[str, Any]) -> None:
        if event == "connection.connect_tcp.complete":
            deadline.hold(info["return_value"].get_extra_info("socket"))

    seconds = deadline.left(TOTAL_SECONDS)
    waits = {"connect": min(seconds, CONNECT_SECONDS), "read": seconds, "write": seconds, "pool": seconds}
    told = {"Host": parts.netloc, "User-Agent": USER_AGENT, "Connection": "close", **headers}
    extensions = {"sni_hostname": parts.hostname, "timeout": waits, "trace": hold}
    try:
        return httpx.Request(method, url, headers=told, content=content, extensions=extensions)
    except UnicodeEncodeError:
        raise _odd_header(parts.hostname or "") from None


def _odd_header(host: str) -> OutgoingError:
    return OutgoingError(f"{host} was not called: a header holds what none may.", True)


def _first_answer(
    parts: SplitResult, requests: list[httpx.Request], deadline: Deadline, answer_bytes: int
) -> Response:
    """From the first address that can be connected to."""
    host, reason = parts.hostname or "", ""  # no reason: it only took too long
    sent = True
    verify = certificates() if parts.scheme == "https" else False
    # The transport alone: a client on top of it would log the whole address, and keep cookies.
    with httpx.HTTPTransport(verify=verify, trust_env=False) as transport:
        for asked in requests:
            try:
                return _answer(host, transport, asked, answer_bytes)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                reason, sent = _words(error), False  # the next address may do better
            except httpx.LocalProtocolError:
                raise _odd_header(host) from None
            except httpx.TimeoutException:
                reason, sent = "", True
                break
            except httpx.TransportError as error:
                reason, sent = _words(error), True
                break
            if deadline.over:
                break
    if deadline.over or not reason:
        raise OutgoingError(f"{host} did not answer within {deadline.seconds:g} s.", sent=sent, late=True)
    raise OutgoingError(f"{host} gave no answer: {reason}.", sent=sent)


def _answer(host: str, transport: httpx.HTTPTransport, asked: httpx.Request, answer_bytes: int) -> Response:
    with closing(transport.handle_request(asked)) as response:
        body, cut = b"", True
        # The status stands: that a body is cut, endless or never comes is told beside it.
        with suppress(httpx.TransportError):
            for chunk in response.iter_raw():
                body += chunk
                if len(body) >= answer_bytes:
                    break
            cut = False
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Response(host, response.status_code, headers, body[:answer_bytes], cut)


def _words(error: Exception) -> str:
    """Why there is no connection or answer, without anything the other side has said."""
    text = str(error)
    if isinstance(error, (httpx.ConnectTimeout, TimeoutError)):
        return "it does not take the connection"
    if isinstance(error, ssl.SSLError) or "SSL" in text:
        return f"no secure connection ({text.partition('] ')[2].partition(' (_ssl')[0] or 'TLS failed'})"
    if isinstance(error, httpx.RemoteProtocolError):
        return "the connection was closed, or what came is not HTTP"
    if isinstance(error, (httpx.ReadError, httpx.WriteError)):
        return "the connection was cut"
    return text.partition("] ")[2] or "it cannot be reached"
