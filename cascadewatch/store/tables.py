"""Every table. Times are UTC epoch milliseconds, money is nano-dollars, flags are 0 or 1.

Rows are keyed by ascending integers and the caller's text ids stand in one unique index (random
keys cost 2.5 times as much). The rollups are in rollup_tables.py.
"""

from typing import Any

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

from cascadewatch.metrics.measures import PARTS

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


def big(name: str, **options: object) -> Column[int]:
    """A 64-bit column, NOT NULL unless said."""
    options.setdefault("nullable", False)
    return Column(name, Big, **options)  # type: ignore[arg-type]


def _small(name: str, **options: object) -> Column[int]:
    options.setdefault("nullable", False)
    return Column(name, SmallInteger, **options)  # type: ignore[arg-type]


def key(name: str, kind: type = Text) -> Column[object]:
    """A part of a primary key: text, or a 64-bit number for `int`."""
    return Column(name, Big if kind is int else kind, primary_key=True, nullable=False)


def _optional(*names: str, kind: Any = Text) -> list[Column[Any]]:
    return [Column(name, kind) for name in names]


events = Table(
    "events",
    metadata,
    Column("seq", Big, primary_key=True, autoincrement=False),
    _text("source"),
    _text("id"),
    big("time"),
    big("received"),
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
    *(big(f"cost_{part}") for part in PARTS),
    big("extra_cost"),
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
    *_optional(
        "verify_input",
        "verify_cache_read",
        "verify_cache_write",
        "verify_output",
        "verify_reasoning",
        kind=Integer,
    ),
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
    big("seq"),
    big("time"),
    sqlite_with_rowid=False,
)

labels = Table(
    "labels",
    metadata,
    Column("event", Big, primary_key=True, autoincrement=False),
    Column("attempt", SmallInteger, primary_key=True, autoincrement=False),
    key("source"),
    _small("correct"),
    _text("sampling"),
    Column("probability", Double, nullable=False),
    big("time"),
    sqlite_with_rowid=False,
)

waiting_labels = Table(
    "waiting_labels",  # early ones, until their event comes
    metadata,
    Column("key", LargeBinary(16), primary_key=True),
    Column("attempt", SmallInteger, primary_key=True, autoincrement=False),
    key("source"),
    _small("correct"),
    _text("sampling"),
    Column("probability", Double, nullable=False),
    big("time"),
    big("received"),
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
    big("received"),
    Column("digest_kept", LargeBinary(16)),
    Column("digest_new", LargeBinary(16)),
    _text("payload"),
    Index(None, "digest_new"),  # is it there already?
)

annotations = Table(
    "annotations",
    metadata,
    Column("seq", Big, primary_key=True, autoincrement=False),
    big("time"),
    *_optional("cascade", "route"),
    _text("kind"),  # `user`, or what was found: `tiers`, ...
    _text("text"),
    _text("author"),
    Index(None, "time"),
)

ingest_counters = Table(
    "ingest_counters",
    metadata,
    key("bucket", int),  # hour of arrival
    key("source"),
    key("outcome"),  # accepted, duplicate, conflict, rejected
    key("reason"),  # of a refusal: field and sentence, "" otherwise
    big("n"),
    big("lag_ms"),  # arrival minus event time, summed over accepted events
    big("last"),  # latest arrival
    sqlite_with_rowid=False,
)

sources = Table(
    "sources",
    metadata,
    key("source"),
    key("cascade"),
    big("events"),
    big("first_received"),
    big("last_received"),
    big("last_time"),
    sqlite_with_rowid=False,
)

tiers = Table(
    "tiers",
    metadata,
    key("cascade"),
    key("tier"),
    _text("kind"),
    *_optional("provider", "model"),  # the newest model seen on it: prices the counterfactual
    Column("model_time", Big),
    sqlite_with_rowid=False,
)

tier_pairs = Table(
    "tier_pairs",  # `lower` was followed by `upper` in some event: how the order is learned
    metadata,
    key("cascade"),
    key("lower"),
    key("upper"),
    sqlite_with_rowid=False,
)

names = Table(
    "names",  # what rollups know by name; the rest folds into __other__
    metadata,
    key("kind"),
    key("scope"),
    key("name"),
    # The number of the batch of new names this one came in; readers fetch only later batches.
    big("added", server_default="0"),
    Index(None, "added"),
    sqlite_with_rowid=False,
)

# generation, horizons, the zone of local days, and each cascade's order of tiers
meta = Table("meta", metadata, key("key"), _text("value"))
sequences = Table("sequences", metadata, key("name"), big("value"))

keys = Table(
    "keys",
    metadata,
    _text("name", index=True),
    key("prefix"),
    _text("hash"),
    _text("scopes"),
    big("created"),
    *_optional("expires", "last_used", "revoked", kind=Big),
)

leases = Table("leases", metadata, key("name"), _text("owner"), big("fence"), big("expires"))

jobs = Table(
    "jobs",
    metadata,
    key("job"),
    key("slot", int),  # the scheduled time; the key makes each slot run once
    _text("owner"),
    big("fence"),
    _text("state"),  # running, done, failed
    big("started"),
    Column("finished", Big),
    Column("message", Text),
)

audit = Table(
    "audit",  # what people did to the installation; rows are added, and go only when they are too old
    metadata,
    Column("seq", Big, primary_key=True, autoincrement=False),
    big("time"),
    _text("who"),
    _text("via"),  # key, user, local, command, itself
    _text("act"),
    _text("subject"),
    *_optional("before", "after"),  # JSON, secrets masked
    Index(None, "time"),
)
