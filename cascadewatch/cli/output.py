"""What commands print: answers on stdout, everything else on stderr."""

import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

EVERY = "*"  # the cascade of what is about all of them together
OTHER = "__other__"  # the routes of a cascade that are too small to be watched one by one


def answer(document: Any, as_json: bool, text: Callable[[], str]) -> None:
    """Prints the document as JSON, or what `text` makes of it for people."""
    put(json.dumps(document, indent=2) if as_json else text())


def put(lines: str) -> None:
    """Prints to stdout. A reader that has gone, such as `| head`, leaves the command its own exit code."""
    try:
        if lines:
            print(lines, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(message: str) -> None:
    """A sentence beside the answer."""
    print(message, file=sys.stderr, flush=True)


def complain(message: str) -> None:
    """Why a command could not do its work."""
    lines = [shown(line) for line in message.splitlines()]
    say("\n".join(("cascadewatch: " + lines[0], *lines[1:])) if lines else "cascadewatch: failed")


def shown(text: str) -> str:
    """Text of unknown origin without control characters, which could rewrite the terminal.

    >>> shown("a\\x1b[2J\\nb")
    'a\\\\x1b[2J\\\\nb'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def scope(cascade: str | None, route: str | None) -> str:
    """What something is about, in a few words.

    >>> scope("support", ""), scope("support", "faq"), scope("support", "__other__"), scope(None, None)
    ('support', 'support / faq', 'support / small routes', 'all cascades')
    """
    if cascade in (None, EVERY):
        return "all cascades"
    if not route:
        return shown(cascade)
    return f"{shown(cascade)} / {'small routes' if route == OTHER else shown(route)}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> str:
    """Columns aligned under their heads; those at the places in `right` to the right."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        aligned = (
            cell.rjust(widths[i]) if i in right else cell.ljust(widths[i]) for i, cell in enumerate(cells)
        )
        return "  ".join(aligned).rstrip()

    return "\n".join(line(row) for row in (head, *rows))
