"""The list of all settings, for the documentation and for help."""

from typing import NamedTuple

from pydantic.fields import FieldInfo

from cascadewatch.settings.tables import TABLES, Settings

PREFIXES = {"cascade": "cascade.NAME."}


class Setting(NamedTuple):
    """One key as documented; `default` is written as in the file, or `required` or `not set`."""

    key: str
    default: str
    help: str


def reference() -> tuple[Setting, ...]:
    """Every key of the file, in its order."""
    found = []
    for name, field in Settings.model_fields.items():
        if name in TABLES:
            prefix = PREFIXES.get(name, f"{name}.")
            found += [_setting(prefix, key, inner) for key, inner in TABLES[name].model_fields.items()]
        else:
            found.append(_setting("", name, field))
    return tuple(found)


def _setting(prefix: str, name: str, field: FieldInfo) -> Setting:
    default = "required" if field.is_required() else _written(field.default)
    return Setting(prefix + (field.alias or name), default, field.description or "")


def _written(default: object) -> str:
    if default is None or default == ():
        return "not set"
    if isinstance(default, bool):
        return str(default).lower()
    return f'"{default}"' if isinstance(default, str) else str(default)
