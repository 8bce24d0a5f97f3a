"""Secrets stay out of the file: a setting says where one is, and it is read when it is needed."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cascadewatch.errors import ConfigError

FORMS = 'write "env:NAME" to read it from an environment variable, or "file:PATH" to read it from a file'


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a secret is. Its repr names the place, never the secret itself."""

    kind: Literal["env", "file"]
    name: str
    env: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False, compare=False)

    def reveal(self) -> str:
        """The secret, read now, without the white space around it.

        ConfigError when the variable or file is missing or empty.
        """
        secret = self._from_env() if self.kind == "env" else self._from_file()
        if not secret.strip():
            raise ConfigError(f"{self._place()} is empty; a secret was expected there.")
        return secret.strip()

    def _from_env(self) -> str:
        if self.name not in self.env:
            raise ConfigError(f"{self._place()} is not set; set it, or name another place for the secret.")
        return self.env[self.name]

    def _from_file(self) -> str:
        try:
            return Path(self.name).read_text(encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{self._place()} cannot be read: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            raise ConfigError(f"{self._place()} is not UTF-8 text.") from error

    def _place(self) -> str:
        return f"Environment variable {self.name}" if self.kind == "env" else f"Secret file {self.name}"


def secrets_in(value: object, at: str = "") -> Iterator[tuple[str, Secret]]:
    """(dotted place, secret) of everything secret in settings, or in a part of them."""
    if isinstance(value, Secret):
        yield at, value
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from secrets_in(item, f"{at}.{index}")
    else:
        inside = value if isinstance(value, Mapping) else getattr(value, "__dict__", {})
        for name, item in inside.items():
            yield from secrets_in(item, f"{at}.{name}".lstrip("."))


def parse_secret(text: object, folder: Path, env: Mapping[str, str]) -> Secret:
    """A `Secret` from "env:NAME" or "file:PATH", a relative path taken from `folder`.

    ValueError, which never repeats what was given, for anything else: it may be the secret itself.
    """
    kind, colon, name = text.partition(":") if isinstance(text, str) else ("", "", "")
    name = name.strip()
    if not colon or not name or kind not in ("env", "file"):
        raise ValueError(f"must not hold the secret itself: {FORMS}")
    if kind == "env":
        return Secret("env", name, env)
    return Secret("file", str(folder / name), env)
