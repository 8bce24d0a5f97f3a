"""The one way in which sending fails."""

from cascadewatch.errors import CascadewatchError


class ChannelError(CascadewatchError):
    """A message that was not taken, in words for the owner of the channel and without any secret.

    `permanent`: trying again is in vain until a person has changed something. `retry_after`: seconds that
    the receiver asked to be left alone.
    """

    def __init__(self, message: str, permanent: bool = False, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.retry_after = retry_after
