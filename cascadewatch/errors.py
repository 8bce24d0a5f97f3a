"""Every error this project raises on purpose.

    CascadewatchError
    ├── ConfigError       a setting is wrong; names the key and the way out
    ├── InputError        a body or file cannot be read at all (an HTTP 400)
    ├── StoreError        the database cannot do what was asked
    │   ├── SchemaError   its schema is older or newer than this program
    │   └── BusyError     try again in a moment (an HTTP 503)
    │       └── FullError once there is room on the disk
    ├── UsageError        a command was called in a way that cannot work
    └── NotFoundError     what was named is not there (an HTTP 404)

Messages are written for the person who reads them: what is wrong, where, and what to do.
"""


class CascadewatchError(Exception):
    """Base of all expected errors; the CLI prints its message and exits with 2."""


class ConfigError(CascadewatchError):
    """A setting is unknown or has a value that cannot be used."""


class InputError(CascadewatchError):
    """A body or file that cannot be read as a whole, so no part of it was taken."""


class StoreError(CascadewatchError):
    """The database refused or lacks something."""


class SchemaError(StoreError):
    """The schema in the database is not the one this program expects."""


class BusyError(StoreError):
    """The database could not take the write now; nothing was stored, trying again is right.

    `retry_after` is in seconds.
    """

    def __init__(self, message: str, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class FullError(BusyError):
    """There is no room for the write; nothing was stored, trying again is right once there is."""


class UsageError(CascadewatchError):
    """A command whose arguments cannot work together."""


class NotFoundError(CascadewatchError):
    """A row or name that was asked for does not exist."""
