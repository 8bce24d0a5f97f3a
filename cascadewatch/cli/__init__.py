"""The command `cascadewatch`: reads arguments, puts the parts together, prints answers."""

import io
import sys

from cascadewatch import ownership
from cascadewatch.errors import CascadewatchError

__all__ = ["main"]


def main() -> None:
    """Runs the command line and exits: 0 done, 1 done and something is wrong, 2 could not be done."""
    from cascadewatch.cli.output import complain
    from cascadewatch.cli.program import program

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that knows no dash is shown a question mark
    try:
        ownership.check()
        program(prog_name="cascadewatch")
    except CascadewatchError as error:
        complain(str(error))
        sys.exit(2)
    except OSError as error:
        if error.filename is None:  # of no file, so no mistake of whoever called
            raise
        hint = "; run it as the user whom it belongs to" if isinstance(error, PermissionError) else ""
        complain(f"{error.filename}: {error.strerror}{hint}")
        sys.exit(2)
