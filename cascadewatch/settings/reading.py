"""From a file, the environment and the command line to `Settings`."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

from cascadewatch.errors import ConfigError
from cascadewatch.settings.tables import Settings
from cascadewatch.settings.values import parse_database_url

DEFAULT_FILE = "cascadewatch.toml"
CONFIG_VARIABLE = "CASCADEWATCH_CONFIG"
DATABASE_VARIABLE = "CASCADEWATCH_DATABASE_URL"


def load(
    path: Path | None = None, env: Mapping[str, str] = os.environ, database_url: str | None = None
) -> Settings:
    """The settings in force.

    The file is `path`, else the one CASCADEWATCH_CONFIG names, else ./cascadewatch.toml, which
    may be missing. The database is `database_url`, else CASCADEWATCH_DATABASE_URL, else the
    file's. Relative paths in the file start at its folder, all others at the current one.

    ConfigError with one sentence per problem; a named file that is missing is a problem.
    """
    from pydantic import ValidationError

    file = path or Path(env.get(CONFIG_VARIABLE) or DEFAULT_FILE)
    named = path is not None or bool(env.get(CONFIG_VARIABLE))
    text = _read(file, named)
    values = _parse(text, file)
    override = _override(env, database_url)
    if override is not None:
        values["database_url"] = override
    try:
        return Settings.model_validate(values, context={"folder": file.absolute().parent, "env": env})
    except ValidationError as error:
        from cascadewatch.settings.problems import sentences

        raise ConfigError("\n".join(sentences(error, text, file.name))) from None


def _read(file: Path, named: bool) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        if not named:
            return ""
        raise ConfigError(f"{file} does not exist; `cascadewatch init` writes a first one.") from None
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file} is not UTF-8 text; save it as UTF-8.") from error


def _parse(text: str, file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{file.name} is not valid TOML: {error}.") from None


def _override(env: Mapping[str, str], database_url: str | None) -> str | None:
    """The database named outside the file, checked under the name of what named it."""
    # An empty variable is as good as none; an empty option is a variable of a script that was not set.
    for name, url in (("--db", database_url), (DATABASE_VARIABLE, env.get(DATABASE_VARIABLE) or None)):
        if url is not None:
            try:
                return parse_database_url(url, Path.cwd())
            except ValueError as error:
                raise ConfigError(f"{name} {error}.") from None
    return None
