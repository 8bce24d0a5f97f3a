"""`init`: a first settings file."""

from pathlib import Path
from typing import Annotated

import typer

from cascadewatch.cli.options import Config, Db, Json
from cascadewatch.cli.output import answer
from cascadewatch.errors import UsageError


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="Folder; made if it is not there.")
    ] = Path(),
    config: Config = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Write a first cascadewatch.toml, every line explained.

    Nothing is overwritten.

    \b
    Examples:
      cascadewatch init
      cascadewatch init monitoring --db postgresql://monitor@db/cascadewatch
    """
    file = config if config is not None else folder / "cascadewatch.toml"
    text = _with_database(db)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as new:
            new.write(text)
    except FileExistsError:
        raise UsageError(
            f"{file} exists and stays as it is; name another folder, or remove it first"
        ) from None
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from None
    answer({"written": str(file)}, as_json, lambda: _next_steps(file))


def _with_database(db: str | None) -> str:
    from cascadewatch.settings import template
    from cascadewatch.settings.values import parse_database_url

    if db is None:
        return template()
    try:
        url = parse_database_url(db, Path.cwd())
    except ValueError as error:
        raise UsageError(f"--db {error}") from None
    first, *rest = template().splitlines()
    quoted = url.replace("\\", "\\\\").replace('"', '\\"')
    return "\n".join([first, f'database_url = "{quoted}"', *rest]) + "\n"


def _next_steps(file: Path) -> str:
    given = "" if file == Path("cascadewatch.toml") else f" --config {file}"
    return (
        f"Wrote {file}. Next:\n"
        f"  cascadewatch ingest log.jsonl{given}   history first: it gives a baseline at once\n"
        f"  cascadewatch up{given}                 dashboard, API and jobs on http://127.0.0.1:8765\n"
        "and send each request as it happens to http://127.0.0.1:8765/v1/events"
    )
