"""How SQLite is told which file to open."""

from pathlib import Path


def read_only_uri(path: Path) -> str:
    """The address at which SQLite opens a file for reading only; nothing is made where there is none. What
    means something else in an address (`#`, `?`, `%`) is taken for what it is in the file's name."""
    return f"{path.absolute().as_uri()}?mode=ro"
