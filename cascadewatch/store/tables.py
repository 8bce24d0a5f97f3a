"""Every table. Times are UTC epoch milliseconds, money is nano-dollars, flags are 0 or 1.

Rows are keyed by ascending integers and the caller's text ids stand in one unique index (random
keys cost 2.5 times as much). Rollup tables come from the tuples of metrics/measures.py.
"""

from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
)

from cascadewatch.metrics.measures import (
    ATTEMPT_MEASURES,
    CALLER_MEASURES,
    EVENT_MEASURES,
    LABEL_MEASURES,
    PARTS,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)
Big = BigInteger().with_variant(Integer, "sqlite")  # SQLite's own key is the INTEGER one


def _text(name: str, **options: object) -> Column[str]:
    options.setdefault("nullable", False)
    return Column(name, Text, **options)  # type: ignore[arg-type]


def _big(name: str, **options: object) -> Column[int]:
    options.setdefault("nullable", False)
    return Column(name, Big, **options)  # type: ignore[arg-type]


def _small(name: str, **options: object) -> Column[int]:
    options.setdefault("nullable", False)
    return Column(name, SmallInteger, **options)  # type: ignore[arg-type]


def _key(name: str, kind: type = Text) -> Column[object]:
    return Column(name, Big if kind is int else kind, primary_key=True, nullable=False)


def _optional(*names: str, kind: object = Text) -> list[Column[object]]:
    return [Column(name, kind) for name in names]  # type: ignore[call-overload]


events = Table(
    "events",
    metadata,
    Column("seq", Big, primary_key=True, autoincrement=False),
    _text("source"),
    _text("id"),
    _big("time"),
    _big("received"),
    _text("cascade"),
    _text("route"),
    _text("origin"),
    *_optional("caller", "session", "revision"),
    Column("latency_ms", Double),
    _text("path"),
    *_optional("cause", "served_tier"),
    *(
        _small(name)
        for name in ("completed", "judged", "escalated", "escalations", "exhausted", "retries", "flagship")
    ),
    # places of the last cheap-tier attempt, of the answer served, of the flagship's answer
    *_optional("cheap_index", "served_index", "flagship_index", kind=SmallInteger),
    *(_big(f"cost_{part}") for part in PARTS),
    _big("extra_cost"),
    _small("priceable"),
    _small("priced"),
    _small("comparable"),  # fully priced, not cached, and the cascade has a flagship
    *_optional("counterfactual_input", "counterfactual_output", kind=Big),
    *_optional("tags", "prefix", "suffix"),
    Index(None, "time"),  # rebuild, verify, retention: a range of days
    Index(None, "cascade", "time"),  # the drill-down: newest first within a cascade
)

attempts = Table(
    "attempts",
    metadata,
    Column("event", Big, primary_key=True, autoincrement=False),
    Column("position", SmallInteger, primary_key=True, autoincrement=False),
    _text("tier"),
    _text("kind"),
    *_optional("provider", "model", "service_tier"),
    _text("status"),
    *_optional("input", "cache_read", "cache_write", "output", "reasoning", kind=Integer),
    *_optional("cost", kind=Big),
    *_optional("price_source"),
    Column("latency_ms", Double),
    *_optional("outcome", "verifier", "mechanism"),
    *_optional("score", "threshold", kind=Double),
    *_optional("reason", "verify_provider", "verify_model", "verify_service_tier"),
    *_optional("verify_input", "verify_cache_read", "verify_cache_write", "verify_output",
               "verify_reasoning", kind=Integer),  # fmt: skip
    *_optional("verify_cost", kind=Big),
    *_optional("verify_price_source"),
    Column("verify_latency_ms", Double),
    sqlite_with_rowid=False,
)

event_keys = Table(
    "event_keys",
    metadata,
    Column("key", LargeBinary(16), primary_key=True),  # blake2b of source and id
    Column("digest", LargeBinary(16), nullable=False),
    _big("seq"),
    _big("time"),
    sqlite_with_rowid=False,
)

labels = Table(
    "labels",
    metadata,
    Column("event", Big, primary_key=True, autoincrement=False),
    Column("attempt", SmallInteger, primary_key=True, autoincrement=False),
    _key("source"),
    _small("correct"),
    _text("sampling"),
    Column("probability", Double, nullable=False),
    _big("time"),
    sqlite_with_rowid=False,
)

waiting_labels = Table(
    "waiting_labels",  # early ones, until their event comes
    metadata,
    Column("key", LargeBinary(16), primary_key=True),
    Column("attempt", SmallInteger, primary_key=True, autoincrement=False),
    _key("source"),
    _small("correct"),
    _text("sampling"),
    Column("probability", Double, nullable=False),
    _big("time"),
    _big("received"),
    sqlite_with_rowid=False,
)

texts = Table(
    "texts",
    metadata,
    Column("event", Big, primary_key=True, autoincrement=False),
    *_optional("prompt", "answers"),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("seq", Big, primary_key=True, autoincrement=False),
    _text("source"),
    _text("id"),
    _text("reason"),
    _big("received"),
    Column("digest_kept", LargeBinary(16)),
    Column("digest_new", LargeBinary(16)),
    _text("payload"),
)

annotations = Table(
    "annotations",
    metadata,
    Column("seq", Big, primary_key=True, autoincrement=False),
    _big("time"),
    *_optional("cascade", "route"),
    _text("kind"),  # `user`, or what was found: `tiers`, ...
    _text("text"),
    _text("author"),
    Index(None, "time"),
)

ingest_counters = Table(
    "ingest_counters",
    metadata,
    _key("bucket", int),  # hour of arrival
    _key("source"),
    _key("outcome"),  # accepted, duplicate, conflict, rejected
    _key("reason"),  # of a refusal: field and sentence, "" otherwise
    _big("n"),
    _big("lag_ms"),  # arrival minus event time, summed over accepted events
    _big("last"),  # latest arrival
    sqlite_with_rowid=False,
)

sources = Table(
    "sources",
    metadata,
    _key("source"),
    _key("cascade"),
    _big("events"),
    _big("first_received"),
    _big("last_received"),
    _big("last_time"),
    sqlite_with_rowid=False,
)

tiers = Table(
    "tiers",
    metadata,
    _key("cascade"),
    _key("tier"),
    _text("kind"),
    *_optional("provider", "model"),  # the newest model seen on it: prices the counterfactual
    Column("model_time", Big),
    sqlite_with_rowid=False,
)

tier_pairs = Table(
    "tier_pairs",  # `lower` was followed by `upper` in some event: how the order is learned
    metadata,
    _key("cascade"),
    _key("lower"),
    _key("upper"),
    sqlite_with_rowid=False,
)

names = Table(
    "names",  # what rollups know by name; the rest folds into __other__
    metadata,
    _key("kind"),
    _key("scope"),
    _key("name"),
    sqlite_with_rowid=False,
)

# generation, horizons, the zone of local days, and each cascade's order of tiers
meta = Table("meta", metadata, _key("key"), _text("value"))
sequences = Table("sequences", metadata, _key("name"), _big("value"))

keys = Table(
    "keys",
    metadata,
    _key("name"),
    Column("prefix", Text, unique=True, nullable=False),
    _text("hash"),
    _text("scopes"),
    _big("created"),
    *_optional("expires", "last_used", "revoked", kind=Big),
)

leases = Table("leases", metadata, _key("name"), _text("owner"), _big("fence"), _big("expires"))

jobs = Table(
    "jobs",
    metadata,
    _key("job"),
    _key("slot", int),  # the scheduled time; the key makes each slot run once
    _text("owner"),
    _big("fence"),
    _text("state"),  # running, done, failed
    _big("started"),
    Column("finished", Big),
    Column("message", Text),
)


class Rollup(NamedTuple):
    """One family of rollup tables: the same columns in each tier it is kept in."""

    dimensions: tuple[str, ...]
    measures: tuple[str, ...]
    tiers: dict[str, Table]


_SERIES = ("cascade", "origin", "route", "bucket")  # route "" is the sum over all routes
_WHOLE = {"bucket", "bin", "correct"}


def _rollup(
    family: str, dimensions: tuple[str, ...], measures: tuple[str, ...], kept: tuple[str, ...]
) -> Rollup:
    built = {}
    for tier in kept:
        built[tier] = Table(
            f"rollup_{family}_{tier}",
            metadata,
            *(_key(name, int if name in _WHOLE else Text) for name in dimensions),
            *(_big(name) for name in measures),
            sqlite_with_rowid=False,
        )
    return Rollup(dimensions, measures, built)


ROLLUPS: dict[str, Rollup] = {
    "events": _rollup("events", (*_SERIES, "revision"), EVENT_MEASURES, ("minute", "quarter", "day")),
    "attempts": _rollup(
        "attempts",
        (*_SERIES, "revision", "tier", "model", "verifier"),
        ATTEMPT_MEASURES,
        ("minute", "quarter", "day"),
    ),
    "bins": _rollup("bins", (*_SERIES, "family", "label", "bin"), ("n",), ("quarter", "day")),
    "labels": _rollup(
        "labels",
        (*_SERIES, "source", "sampling", "role", "outcome", "path", "correct"),
        LABEL_MEASURES,
        ("quarter", "day"),
    ),
    "callers": _rollup(
        "callers", ("cascade", "origin", "bucket", "caller"), CALLER_MEASURES, ("hour", "utc_day")
    ),
}
