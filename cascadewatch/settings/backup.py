"""[backup]: copies of the database that the worker makes."""

from typing import Annotated

from pydantic import AfterValidator, Field

from cascadewatch.settings.cron import parse_schedule
from cascadewatch.settings.table import Table
from cascadewatch.settings.values import FilePlace

OFF = "off"
NIGHTLY = "0 3 * * *"


def _schedule(text: str) -> str:
    if text != OFF:
        parse_schedule(text)
    return text


class Backup(Table):
    """[backup]: where copies of the database go, how many are kept, and when they are made."""

    folder: FilePlace | None = Field(
        default=None, description="Folder they go to; not set: `backups` beside the SQLite file."
    )
    keep: int = Field(default=7, ge=1, le=10_000, description="How many are kept; older ones are deleted.")
    schedule: Annotated[str, AfterValidator(_schedule)] | None = Field(
        default=None,
        description='When one is made: cron, a length or "off"; not set: nightly at 3 for SQLite alone.',
    )
