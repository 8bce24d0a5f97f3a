"""A function of the user's own, from a Python file that an administrator wrote and the settings name."""

from collections.abc import Callable
from hashlib import sha256
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from cascadewatch.errors import ConfigError


def function_of(file: Path, name: str) -> Callable[..., Any]:
    """The function; ConfigError where the file or the function is missing or fails to load."""
    spec = spec_from_file_location(f"cascadewatch_user_{hash_of_file(file)}", file)
    if spec is None or spec.loader is None:
        raise ConfigError(f"{file} is no Python file; its name must end in .py")
    module = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ConfigError(f"{file} cannot be loaded: {type(error).__name__}: {error}") from error
    found = getattr(module, name, None)
    if not callable(found):
        raise ConfigError(f"{file} has no function `{name}`; define it or name another with `function`")
    return found  # type: ignore[no-any-return]


def hash_of_file(file: Path) -> str:
    """First 16 hex digits of the content's SHA-256; ConfigError where it cannot be read."""
    return sha256(read(file)).hexdigest()[:16]


def read(file: Path) -> bytes:
    """The content; ConfigError where it cannot be read."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from None
