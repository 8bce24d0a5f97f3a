"""Options that commands share, so that they are named and explained in one way."""

from pathlib import Path
from typing import Annotated, Literal

import typer

Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Settings file; else the one CASCADEWATCH_CONFIG names, else ./cascadewatch.toml.",
    ),
]
Db = Annotated[
    str | None,
    typer.Option("--db", metavar="URL", help="Database, instead of the settings' database_url."),
]
Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document; everything else goes to stderr.")
]
From = Annotated[
    str | None, typer.Option("--from", metavar="TIME", help="A date in the settings' zone, or RFC 3339.")
]
To = Annotated[
    str | None, typer.Option("--to", metavar="TIME", help="The same; left out: now. Not included.")
]
Host = Annotated[str, typer.Option("--host", help="Address to listen on.")]
Port = Annotated[
    int, typer.Option("--port", min=0, max=65535, help="Port to listen on; 0 takes any free one.")
]
Open = Annotated[
    bool,
    typer.Option("--i-know-this-is-open", help="Listen beyond this machine even without keys or a login."),
]
LogFormat = Annotated[
    Literal["text", "json"], typer.Option("--log-format", help="How log lines look on stderr.")
]

HOST = "127.0.0.1"
PORT = 8765
