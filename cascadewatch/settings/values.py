"""The kinds of values that settings take.

Each parser raises ValueError with words that fit after the name of the setting.
"""

import os
import re
from collections.abc import Mapping
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, ValidationInfo

from cascadewatch.model import NAME_LENGTH
from cascadewatch.settings.duration import parse_duration
from cascadewatch.settings.secret import Secret, parse_secret

POSTGRES = "postgresql+psycopg"
_OPTIONS = re.compile(r"\w+=[^/&]*(?:&\w+=[^/&]*)*")  # what is no option may be the rest of a path
DATABASE_FORMS = '"sqlite:///cascadewatch.db" or "postgresql://user@host/name"'


def parse_database_url(text: str, folder: Path) -> str:
    """The URL with an absolute SQLite path (from `folder` if relative) or the psycopg driver."""
    scheme, separator, rest = text.partition("://")
    if not separator:
        raise ValueError(f"is no URL; write {DATABASE_FORMS}")
    if scheme in ("postgresql", POSTGRES):
        try:
            _ = urlsplit(text).port
        except ValueError:
            raise ValueError(f"has no host and port that can be read; write {DATABASE_FORMS}") from None
        return f"{POSTGRES}://{rest}"
    if scheme != "sqlite":
        raise ValueError(f"starts with {scheme}://, which is not supported; write {DATABASE_FORMS}")
    name, question, query = rest.removeprefix("/").partition("?")
    if not rest.startswith("/"):
        raise ValueError('needs three slashes before the file, such as "sqlite:///cascadewatch.db"')
    if name in ("", ":memory:"):
        raise ValueError("must name a file, since a database in memory would end with its process")
    if question and not _OPTIONS.fullmatch(query):
        raise ValueError('has a "?", after which a URL has options; write %3F for one in the name of a file')
    return f"{sqlite_url(_sqlite_file(name, folder))}{question}{query}"


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file, with %25 and %3F for what a URL would not take for part of its name."""
    return f"sqlite:///{str(path).replace('%', '%25').replace('?', '%3F')}"


def _sqlite_file(name: str, folder: Path) -> Path:
    """The file that a URL names: %20 is a space, as in any URL. ValueError where only a file or folder with
    the percent sign itself in its name is there."""
    path, literal = (Path(os.path.abspath(folder / each)) for each in (unquote(name), name))
    if _how_much_of(literal) > _how_much_of(path):
        raise ValueError(f"stands for {path}; write %25 for a percent sign in the name of a file or folder")
    return path


def _how_much_of(path: Path) -> int:
    return path.parent.is_dir() + path.exists()


def parse_timezone(name: str) -> str:
    """The name itself, once the time zone database knows it."""
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        nearest = get_close_matches(name, sorted(available_timezones()), n=1)
        hint = f'did you mean "{nearest[0]}"?' if nearest else 'write an IANA name such as "Europe/Berlin"'
        raise ValueError(f'is "{name}", which is no known time zone; {hint}') from None
    return name


def parse_http_url(text: str) -> str:
    """The URL without a slash at its end."""
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError("must be a URL that starts with http:// or https://")
    return text.rstrip("/")


def parse_trace_url(text: str) -> str:
    """The URL as it is, once it has a place for the event's id."""
    parse_http_url(text)
    if "{id}" not in text:
        raise ValueError('must contain "{id}", where the id of the event goes')
    return text


def parse_time_of_day(text: str) -> str:
    """The text itself, once it is a time such as 08:00."""
    hours, colon, minutes = text.partition(":")
    if not (colon and len(text) == 5 and hours.isdecimal() and minutes.isdecimal()):
        raise ValueError(f'is "{text}"; write hours and minutes, such as "08:00"')
    if not (int(hours) < 24 and int(minutes) < 60):
        raise ValueError(f'is "{text}", which no clock shows; write a time from "00:00" to "23:59"')
    return text


def _duration(value: object) -> int:
    if not isinstance(value, str):
        raise ValueError('must be a length of time in quotes, such as "7d"')
    return parse_duration(value)


def _exact(value: object) -> object:
    """The decimal that was written: 0.1 is a tenth, not the nearest binary fraction."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Decimal(str(value))
    return value


def _context(info: ValidationInfo) -> tuple[Path, Mapping[str, str]]:
    context: dict[str, Any] = info.context or {}
    return context.get("folder", Path.cwd()), context.get("env", os.environ)


def _database_url(value: str, info: ValidationInfo) -> str:
    return parse_database_url(value, _context(info)[0])


def _file(value: object, info: ValidationInfo) -> Path:
    if isinstance(value, Path):
        return value
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError('must be the path of a file in quotes, such as "evals/faq.jsonl"')
    return Path(os.path.abspath(_context(info)[0] / Path(value).expanduser()))


def _secret(value: object, info: ValidationInfo) -> Secret:
    return value if isinstance(value, Secret) else parse_secret(value, *_context(info))


def _url_or_secret(value: object, info: ValidationInfo) -> Secret | str:
    if isinstance(value, str) and not value.startswith(("env:", "file:")):
        return parse_http_url(value)
    return _secret(value, info)


Name = Annotated[str, Field(min_length=1, max_length=NAME_LENGTH)]
Share = Annotated[float, Field(ge=0, le=1)]
PositiveShare = Annotated[float, Field(gt=0, le=1)]
Days = Annotated[int, Field(ge=1, le=36_500)]
Cap = Annotated[int, Field(ge=1, le=10_000_000)]
UsdPer1m = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, le=1_000_000)]
Usd = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, le=1_000_000)]
Factor = Annotated[Decimal, BeforeValidator(_exact), Field(gt=0, le=1)]
Duration = Annotated[int, PlainValidator(_duration)]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
TimeZone = Annotated[str, AfterValidator(parse_timezone)]
HttpUrl = Annotated[str, AfterValidator(parse_http_url)]
TimeOfDay = Annotated[str, AfterValidator(parse_time_of_day)]
Port = Annotated[int, Field(ge=1, le=65_535)]
TraceUrl = Annotated[str, AfterValidator(parse_trace_url)]
HostName = Annotated[str, Field(pattern=r"^[^/\s]+$")]
FilePlace = Annotated[Path, PlainValidator(_file)]
SecretPlace = Annotated[Secret, PlainValidator(_secret)]
UrlOrSecret = Annotated[str | Secret, PlainValidator(_url_or_secret)]
