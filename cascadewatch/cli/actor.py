"""Who gives commands, for the audit."""

import getpass
import os
from typing import TYPE_CHECKING, Any

from cascadewatch.cli.clock import clock

if TYPE_CHECKING:
    from cascadewatch.store.audit import Actor
    from cascadewatch.store.engine import Store


def commander() -> "Actor":
    """The user of this machine under whose name the command runs."""
    from cascadewatch.store.audit import Actor

    try:
        return Actor(getpass.getuser(), "command")
    except (KeyError, OSError):  # a container's user without a name
        return Actor(f"uid {os.getuid()}", "command")


def noted(store: "Store", act: str, subject: str, **after: Any) -> None:
    """Leaves the audit's row of a command that changes no row by itself, such as an export."""
    from cascadewatch.store import audit

    with store.writing() as connection:
        audit.record(connection, commander(), act, subject, clock(), after=after or None)
