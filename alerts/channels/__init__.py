"""Where messages go: one small module per kind, one line in `CHANNELS`."""

from importlib import import_module

from alerts.channels.error import ChannelError
from alerts.message import Message
from cascadewatch.errors import ConfigError
from cascadewatch.settings import Channel

# Imported when first used: some bring libraries that not everybody has.
CHANNELS = {
    "slack": "alerts.channels.slack:send",
    "email": "alerts.channels.email:send",
    "webhook": "alerts.channels.webhook:send",
    "alertmanager": "alerts.channels.alertmanager:send",
    "apprise": "alerts.channels.apprise:send",
}
TOTAL_SECONDS = 30.0


def send(channel: Channel, message: Message, *, timeout: float = TOTAL_SECONDS) -> None:
    """Returns once the receiver has taken the message; ChannelError when it has not, or not for sure.

    A message whose fate is unknown may have arrived: sent again it carries the same `Message.id`.
    """
    module, _, function = CHANNELS[channel.kind].partition(":")
    try:
        getattr(import_module(module), function)(channel, message, timeout=timeout)
    except ConfigError as error:  # a secret that is not where the settings say; it may come back
        raise ChannelError(str(error)) from None
