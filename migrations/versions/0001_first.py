"""The first schema.

Revision 0001, after an empty database. Frozen: later changes are later revisions.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")

ATTEMPTS_COLUMNS: list[tuple[str, object]] = [
    ("cascade", sa.Text), ("origin", sa.Text), ("route", sa.Text), ("bucket", BIG),
    ("revision", sa.Text), ("tier", sa.Text), ("model", sa.Text), ("verifier", sa.Text),
    ("attempts", BIG), ("reached", BIG), ("served", BIG), ("ended", BIG), ("ok", BIG),
    ("error", BIG), ("timeout", BIG), ("refused", BIG), ("rate_limited", BIG), ("cost", BIG),
    ("priceable", BIG), ("priced", BIG), ("tokens_known", BIG), ("input", BIG), ("cache_read", BIG),
    ("cache_write", BIG), ("output", BIG), ("reasoning", BIG), ("cache_known", BIG),
    ("cache_known_prompt", BIG), ("latency_known", BIG), ("latency_us", BIG), ("accept", BIG),
    ("reject", BIG), ("judge_error", BIG), ("judge_timeout", BIG), ("judge_unparseable", BIG),
    ("skipped", BIG), ("verify_cost", BIG), ("verify_priceable", BIG), ("verify_priced", BIG),
    ("verify_latency_known", BIG), ("verify_latency_us", BIG),
]  # fmt: skip
ATTEMPTS_KEY = ["cascade", "origin", "route", "bucket", "revision", "tier", "model", "verifier"]

BINS_COLUMNS: list[tuple[str, object]] = [
    ("cascade", sa.Text), ("origin", sa.Text), ("route", sa.Text), ("bucket", BIG),
    ("family", sa.Text), ("label", sa.Text), ("bin", BIG), ("n", BIG),
]  # fmt: skip
BINS_KEY = ["cascade", "origin", "route", "bucket", "family", "label", "bin"]

CALLERS_COLUMNS: list[tuple[str, object]] = [
    ("cascade", sa.Text), ("origin", sa.Text), ("bucket", BIG), ("caller", sa.Text),
    ("events", BIG), ("judged", BIG), ("escalated", BIG), ("cost", BIG), ("extra_cost", BIG),
    ("priceable", BIG), ("priced", BIG),
]  # fmt: skip
CALLERS_KEY = ["cascade", "origin", "bucket", "caller"]

EVENTS_COLUMNS: list[tuple[str, object]] = [
    ("cascade", sa.Text), ("origin", sa.Text), ("route", sa.Text), ("bucket", BIG),
    ("revision", sa.Text), ("events", BIG), ("completed", BIG), ("judged", BIG), ("escalated", BIG),
    ("double_escalated", BIG), ("escalations", BIG), ("exhausted", BIG), ("fallbacks", BIG),
    ("fallback_error", BIG), ("fallback_timeout", BIG), ("fallback_refused", BIG),
    ("fallback_rate_limited", BIG), ("fallback_judge", BIG), ("fallback_unknown", BIG),
    ("cached", BIG), ("routed", BIG), ("accepted", BIG), ("unverified", BIG),
    ("cheap_accepted", BIG), ("retried", BIG), ("flagship", BIG), ("cost_cheap", BIG),
    ("cost_verify", BIG), ("cost_escalated", BIG), ("cost_fallback", BIG), ("cost_routed", BIG),
    ("cost_other", BIG), ("priceable", BIG), ("priced", BIG), ("comparable", BIG),
    ("comparable_cost", BIG), ("real", BIG), ("real_cost", BIG), ("counterfactual", BIG),
    ("counterfactual_input", BIG), ("counterfactual_output", BIG), ("averaged", BIG),
    ("pairs", BIG), ("pair_cheap_input", BIG), ("pair_cheap_output", BIG),
    ("pair_flagship_input", BIG), ("pair_flagship_output", BIG), ("even", BIG), ("even_cheap", BIG),
    ("even_escalated", BIG), ("even_after", BIG), ("even_real", BIG), ("even_real_cost", BIG),
    ("even_counterfactual", BIG), ("even_counterfactual_input", BIG),
    ("even_counterfactual_output", BIG), ("even_averaged", BIG),
]  # fmt: skip
EVENTS_KEY = ["cascade", "origin", "route", "bucket", "revision"]

LABELS_COLUMNS: list[tuple[str, object]] = [
    ("cascade", sa.Text), ("origin", sa.Text), ("route", sa.Text), ("bucket", BIG),
    ("source", sa.Text), ("sampling", sa.Text), ("role", sa.Text), ("outcome", sa.Text),
    ("path", sa.Text), ("correct", BIG), ("labels", BIG), ("n", BIG), ("weight", BIG),
    ("weight_sq", BIG), ("extra_cost", BIG), ("extra_n", BIG),
]  # fmt: skip
LABELS_KEY = [
    "cascade",
    "origin",
    "route",
    "bucket",
    "source",
    "sampling",
    "role",
    "outcome",
    "path",
    "correct",
]

TABLES = [
    "waiting_labels", "tiers", "tier_pairs", "texts", "sources", "sequences",
    "rollup_labels_quarter", "rollup_labels_day", "rollup_events_quarter", "rollup_events_minute",
    "rollup_events_day", "rollup_callers_utc_day", "rollup_callers_hour", "rollup_bins_quarter",
    "rollup_bins_day", "rollup_attempts_quarter", "rollup_attempts_minute", "rollup_attempts_day",
    "quarantine", "names", "meta", "leases", "labels", "keys", "jobs", "ingest_counters", "events",
    "event_keys", "attempts", "annotations",
]  # fmt: skip


def _table(
    name: str,
    columns: list[tuple[str, object]],
    key: list[str],
    without_rowid: bool = True,
    unique: str | None = None,
) -> None:
    """A table whose columns are NOT NULL, except those whose names end in "?"."""
    made: list[sa.Column[object]] = [
        sa.Column(column.rstrip("?"), kind, nullable=column.endswith("?"), autoincrement=False)  # type: ignore[arg-type]
        for column, kind in columns
    ]
    constraints: list[sa.Constraint] = [sa.PrimaryKeyConstraint(*key, name=f"pk_{name}")]
    if unique:
        constraints.append(sa.UniqueConstraint(unique, name=f"uq_{name}_{unique}"))
    op.create_table(
        name, *made, *constraints, sqlite_with_rowid=not without_rowid,
    )  # fmt: skip


def upgrade() -> None:
    _table(
        "annotations",
        [
            ("seq", BIG), ("time", BIG), ("cascade?", sa.Text), ("route?", sa.Text),
            ("kind", sa.Text), ("text", sa.Text), ("author", sa.Text),
        ],
        ["seq"],
        without_rowid=False,
    )  # fmt: skip
    op.create_index("ix_annotations_time", "annotations", ["time"])
    _table(
        "attempts",
        [
            ("event", BIG), ("position", sa.SmallInteger), ("tier", sa.Text), ("kind", sa.Text),
            ("provider?", sa.Text), ("model?", sa.Text), ("service_tier?", sa.Text),
            ("status", sa.Text), ("input?", sa.Integer), ("cache_read?", sa.Integer),
            ("cache_write?", sa.Integer), ("output?", sa.Integer), ("reasoning?", sa.Integer),
            ("cost?", BIG), ("price_source?", sa.Text), ("latency_ms?", sa.Double),
            ("outcome?", sa.Text), ("verifier?", sa.Text), ("mechanism?", sa.Text),
            ("score?", sa.Double), ("threshold?", sa.Double), ("reason?", sa.Text),
            ("verify_provider?", sa.Text), ("verify_model?", sa.Text),
            ("verify_service_tier?", sa.Text), ("verify_input?", sa.Integer),
            ("verify_cache_read?", sa.Integer), ("verify_cache_write?", sa.Integer),
            ("verify_output?", sa.Integer), ("verify_reasoning?", sa.Integer),
            ("verify_cost?", BIG), ("verify_price_source?", sa.Text),
            ("verify_latency_ms?", sa.Double),
        ],
        ["event", "position"],
        without_rowid=True,
    )  # fmt: skip
    _table(
        "event_keys",
        [
            ("key", sa.LargeBinary(16)), ("digest", sa.LargeBinary(16)), ("seq", BIG), ("time", BIG),
        ],
        ["key"],
        without_rowid=True,
    )  # fmt: skip
    _table(
        "events",
        [
            ("seq", BIG), ("source", sa.Text), ("id", sa.Text), ("time", BIG), ("received", BIG),
            ("cascade", sa.Text), ("route", sa.Text), ("origin", sa.Text), ("caller?", sa.Text),
            ("session?", sa.Text), ("revision?", sa.Text), ("latency_ms?", sa.Double),
            ("path", sa.Text), ("cause?", sa.Text), ("served_tier?", sa.Text),
            ("completed", sa.SmallInteger), ("judged", sa.SmallInteger),
            ("escalated", sa.SmallInteger), ("escalations", sa.SmallInteger),
            ("exhausted", sa.SmallInteger), ("retries", sa.SmallInteger),
            ("flagship", sa.SmallInteger), ("cheap_index?", sa.SmallInteger),
            ("served_index?", sa.SmallInteger), ("flagship_index?", sa.SmallInteger),
            ("cost_cheap", BIG), ("cost_verify", BIG), ("cost_escalated", BIG),
            ("cost_fallback", BIG), ("cost_routed", BIG), ("cost_other", BIG), ("extra_cost", BIG),
            ("priceable", sa.SmallInteger), ("priced", sa.SmallInteger),
            ("comparable", sa.SmallInteger), ("counterfactual_input?", BIG),
            ("counterfactual_output?", BIG), ("tags?", sa.Text), ("prefix?", sa.Text),
            ("suffix?", sa.Text),
        ],
        ["seq"],
        without_rowid=False,
    )  # fmt: skip
    op.create_index("ix_events_cascade_time", "events", ["cascade", "time"])
    op.create_index("ix_events_time", "events", ["time"])
    _table(
        "ingest_counters",
        [
            ("bucket", BIG), ("source", sa.Text), ("outcome", sa.Text), ("reason", sa.Text),
            ("n", BIG), ("lag_ms", BIG), ("last", BIG),
        ],
        ["bucket", "source", "outcome", "reason"],
        without_rowid=True,
    )  # fmt: skip
    _table(
        "jobs",
        [
            ("job", sa.Text), ("slot", BIG), ("owner", sa.Text), ("fence", BIG), ("state", sa.Text),
            ("started", BIG), ("finished?", BIG), ("message?", sa.Text),
        ],
        ["job", "slot"],
        without_rowid=False,
    )  # fmt: skip
    _table(
        "keys",
        [
            ("name", sa.Text), ("prefix", sa.Text), ("hash", sa.Text), ("scopes", sa.Text),
            ("created", BIG), ("expires?", BIG), ("last_used?", BIG), ("revoked?", BIG),
        ],
        ["name"],
        without_rowid=False,
        unique="prefix",
    )  # fmt: skip
    _table(
        "labels",
        [
            ("event", BIG), ("attempt", sa.SmallInteger), ("source", sa.Text),
            ("correct", sa.SmallInteger), ("sampling", sa.Text), ("probability", sa.Double),
            ("time", BIG),
        ],
        ["event", "attempt", "source"],
        without_rowid=True,
    )  # fmt: skip
    _table(
        "leases",
        [
            ("name", sa.Text), ("owner", sa.Text), ("fence", BIG), ("expires", BIG),
        ],
        ["name"],
        without_rowid=False,
    )  # fmt: skip
    _table(
        "meta",
        [
            ("key", sa.Text), ("value", sa.Text),
        ],
        ["key"],
        without_rowid=False,
    )  # fmt: skip
    _table(
        "names",
        [
            ("kind", sa.Text), ("scope", sa.Text), ("name", sa.Text),
        ],
        ["kind", "scope", "name"],
        without_rowid=True,
    )  # fmt: skip
    _table(
        "quarantine",
        [
            ("seq", BIG), ("source", sa.Text), ("id", sa.Text), ("reason", sa.Text),
            ("received", BIG), ("digest_kept?", sa.LargeBinary(16)),
            ("digest_new?", sa.LargeBinary(16)), ("payload", sa.Text),
        ],
        ["seq"],
        without_rowid=False,
    )  # fmt: skip
    _table("rollup_attempts_day", ATTEMPTS_COLUMNS, ATTEMPTS_KEY)
    _table("rollup_attempts_minute", ATTEMPTS_COLUMNS, ATTEMPTS_KEY)
    _table("rollup_attempts_quarter", ATTEMPTS_COLUMNS, ATTEMPTS_KEY)
    _table("rollup_bins_day", BINS_COLUMNS, BINS_KEY)
    _table("rollup_bins_quarter", BINS_COLUMNS, BINS_KEY)
    _table("rollup_callers_hour", CALLERS_COLUMNS, CALLERS_KEY)
    _table("rollup_callers_utc_day", CALLERS_COLUMNS, CALLERS_KEY)
    _table("rollup_events_day", EVENTS_COLUMNS, EVENTS_KEY)
    _table("rollup_events_minute", EVENTS_COLUMNS, EVENTS_KEY)
    _table("rollup_events_quarter", EVENTS_COLUMNS, EVENTS_KEY)
    _table("rollup_labels_day", LABELS_COLUMNS, LABELS_KEY)
    _table("rollup_labels_quarter", LABELS_COLUMNS, LABELS_KEY)
    _table(
        "sequences",
        [
            ("name", sa.Text), ("value", BIG),
        ],
        ["name"],
        without_rowid=False,
    )  # fmt: skip
    _table(
        "sources",
        [
            ("source", sa.Text), ("cascade", sa.Text), ("events", BIG), ("first_received", BIG),
            ("last_received", BIG), ("last_time", BIG),
        ],
        ["source", "cascade"],
        without_rowid=True,
    )  # fmt: skip
    _table(
        "texts",
        [
            ("event", BIG), ("prompt?", sa.Text), ("answers?", sa.Text),
        ],
        ["event"],
        without_rowid=False,
    )  # fmt: skip
    _table(
        "tier_pairs",
        [
            ("cascade", sa.Text), ("lower", sa.Text), ("upper", sa.Text),
        ],
        ["cascade", "lower", "upper"],
        without_rowid=True,
    )  # fmt: skip
    _table(
        "tiers",
        [
            ("cascade", sa.Text), ("tier", sa.Text), ("kind", sa.Text), ("provider?", sa.Text),
            ("model?", sa.Text), ("model_time?", BIG),
        ],
        ["cascade", "tier"],
        without_rowid=True,
    )  # fmt: skip
    _table(
        "waiting_labels",
        [
            ("key", sa.LargeBinary(16)), ("attempt", sa.SmallInteger), ("source", sa.Text),
            ("correct", sa.SmallInteger), ("sampling", sa.Text), ("probability", sa.Double),
            ("time", BIG), ("received", BIG),
        ],
        ["key", "attempt", "source"],
        without_rowid=True,
    )  # fmt: skip


def downgrade() -> None:
    for name in TABLES:
        op.drop_table(name)
