"""The list of all settings, for the documentation and for help."""

from typing import NamedTuple

from pydantic.fields import FieldInfo

from cascadewatch.settings.alerting import CHANNELS
from cascadewatch.settings.table import Table
from cascadewatch.settings.tables import TABLES, Settings

NAMED = ("cascade", "model", "verifier", "grader", "replay", "channel")  # tables with a name of their own


class Setting(NamedTuple):
    """One key as documented; `default` is written as in the file, or `required` or `not set`."""

    key: str
    default: str
    help: str


def reference() -> tuple[Setting, ...]:
    """Every key of the file, in its order. A channel's keys are those of its kind; the same key of two
    kinds stands there twice where it means something else."""
    found = []
    for name, field in Settings.model_fields.items():
        for table in _tables(name):
            prefix = f"{name}.NAME." if name in NAMED else f"{name}."
            found += [_setting(prefix, key, inner) for key, inner in table.model_fields.items()]
        if not _tables(name):
            found.append(_setting("", name, field))
    return tuple(dict.fromkeys(found))


def _tables(name: str) -> tuple[type[Table], ...]:
    if name == "channel":
        return tuple(CHANNELS.values())
    return (TABLES[name],) if name in TABLES else ()


def _setting(prefix: str, name: str, field: FieldInfo) -> Setting:
    default = "required" if field.is_required() else _written(field.default)
    return Setting(prefix + (field.alias or name), default, field.description or "")


def _written(default: object) -> str:
    if default is None or default == ():
        return "not set"
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, tuple):
        return "[" + ", ".join(_written(one) for one in default) + "]"
    return f'"{default}"' if isinstance(default, str) else str(default)
