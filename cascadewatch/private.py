"""Files for their owner alone, whatever the umask: they hold what people wrote, or who called."""

import os


def for_owner(path: str, flags: int) -> int:
    """As `opener` of open(): a new file is made with mode 0600; one that is there keeps its own."""
    return os.open(path, flags, 0o600)
