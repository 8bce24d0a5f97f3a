"""Every other service, through Apprise (the extra `notify`).

Apprise makes its own calls: of the checks in cascadewatch/outgoing only the time limit holds here.
So only the owner of the installation may write its addresses.
"""

import logging
from importlib import import_module
from typing import Any

from alerts.channels.error import ChannelError
from alerts.channels.text import cleaned, plain
from alerts.message import Message
from cascadewatch.outgoing.deadline import within
from cascadewatch.settings.alerting import Apprise

MISSING = (
    "Apprise is not installed, which this channel needs: install cascadewatch with its extra `notify`, "
    'such as pip install "cascadewatch[notify]".'
)


def send(channel: Apprise, message: Message, *, timeout: float) -> None:
    """One message to the service. Apprise does not say why it failed, so every failure may be tried again."""
    library = _library()
    message = cleaned(message)
    service = library.Apprise(
        asset=library.AppriseAsset(
            app_id="cascadewatch",
            async_mode=False,
            storage_mode="memory",
        )
    )
    if not service.add(channel.url.reveal()):
        raise ChannelError("Apprise knows no service for the address of this channel.", permanent=True)

    def notify() -> bool:
        return bool(
            service.notify(
                title=message.subject,
                body=plain(message),
                notify_type=_type(message),
                body_format="text",
            )
        )

    try:
        taken = within(timeout, notify)
    except TimeoutError:
        raise ChannelError(f"The service did not answer Apprise within {timeout:g} s.") from None
    except Exception as error:  # noqa: BLE001 - any of a hundred services; the text may hold its address
        raise ChannelError(f"Apprise failed with {type(error).__name__}.") from None
    if not taken:
        raise ChannelError("Apprise could not deliver the message; the service did not take it.")


def _library() -> Any:
    try:
        library = import_module("apprise")
    except ImportError:
        raise ChannelError(MISSING, permanent=True) from None
    # At these levels they write whole addresses, which hold the secrets.
    for name in ("apprise", "urllib3", "requests"):
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.CRITICAL if name == "apprise" else logging.WARNING))
    return library


def _type(message: Message) -> str:
    statuses = {item.status for item in message.items}
    if not statuses:
        return "info"
    if statuses <= {"resolved", "missed"}:
        return "success"
    return "failure" if any(item.severity == "page" for item in message.items) else "warning"
