"""Baselines, rules' states, episodes and their deliveries.

Revision 0002, after 0001. Frozen: later changes are later revisions.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")

SCOPE = [("rule", sa.Text), ("cascade", sa.Text), ("route", sa.Text)]
INDEXES = (
    ("baselines", ["metric", "cascade", "route"]),
    ("episodes", ["opened"]),
    ("transitions", ["episode"]),
    ("deliveries", ["state", "due"]),
    ("deliveries", ["episode"]),
    ("silences", ["ends"]),
)
TABLES = (
    "baselines", "drift_states", "rule_states", "episodes", "transitions", "deliveries",
    "channel_states", "silences",
)  # fmt: skip


def _table(
    name: str, columns: list[tuple[str, object]], primary: list[str], unique: str | None = None
) -> None:
    """Creates a table; a column whose name ends in "?" may be NULL."""
    made: list[sa.schema.SchemaItem] = [
        sa.Column(column.rstrip("?"), kind, nullable=column.endswith("?"), autoincrement=False)  # type: ignore[arg-type]
        for column, kind in columns
    ]
    made.append(sa.PrimaryKeyConstraint(*primary, name=op.f(f"pk_{name}")))
    if unique:
        made.append(sa.UniqueConstraint(unique, name=op.f(f"uq_{name}_{unique}")))
    op.create_table(name, *made, sqlite_with_rowid=primary == ["seq"])


def upgrade() -> None:
    _table(
        "baselines",
        [
            ("seq", BIG), ("metric", sa.Text), ("cascade", sa.Text), ("route", sa.Text), ("pinned", BIG),
            ("author", sa.Text), ("how", sa.Text), ("note?", sa.Text), ("start", BIG), ("end", BIG),
            ("fields", sa.Text), ("retired?", BIG),
        ],
        ["seq"],
    )  # fmt: skip
    _table(
        "drift_states",
        [*SCOPE, ("baseline?", BIG), ("look", BIG), ("state", sa.Text)],
        ["rule", "cascade", "route"],
    )
    _table(
        "rule_states",
        [
            *SCOPE, ("state", sa.Text), ("since", BIG), ("evaluated", BIG), ("value?", sa.Double),
            ("low?", sa.Double), ("high?", sa.Double), ("n", BIG), ("message?", sa.Text),
            ("detail", sa.Text),
        ],
        ["rule", "cascade", "route"],
    )  # fmt: skip
    _table(
        "episodes",
        [
            ("seq", BIG), ("rule", sa.Text), ("kind", sa.Text), ("metric?", sa.Text), ("cascade", sa.Text),
            ("route", sa.Text), ("direction", sa.Text), ("severity", sa.Text), ("state", sa.Text),
            ("opened", BIG), ("since", BIG), ("easing?", BIG), ("resolved?", BIG), ("parent?", BIG),
            ("acknowledged?", BIG), ("acknowledged_by?", sa.Text), ("updated", BIG), ("version", BIG),
            ("detail", sa.Text), ("open_key?", sa.Text),
        ],
        ["seq"],
        unique="open_key",
    )  # fmt: skip
    _table(
        "transitions",
        [
            ("seq", BIG), ("episode", BIG), ("time", BIG), ("before", sa.Text), ("state", sa.Text),
            ("reason", sa.Text),
        ],
        ["seq"],
    )  # fmt: skip
    _table(
        "deliveries",
        [
            ("seq", BIG), ("episode", BIG), ("transition", BIG), ("channel", sa.Text), ("kind", sa.Text),
            ("state", sa.Text), ("created", BIG), ("due", BIG), ("attempts", BIG), ("owner?", sa.Text),
            ("claimed?", BIG), ("delivered?", BIG), ("error?", sa.Text), ("message?", sa.Text),
        ],
        ["seq"],
    )  # fmt: skip
    _table(
        "channel_states",
        [
            ("channel", sa.Text), ("off?", BIG), ("failing?", BIG), ("not_before?", BIG), ("sent?", BIG),
            ("error?", sa.Text),
        ],
        ["channel"],
    )  # fmt: skip
    _table(
        "silences",
        [
            ("seq", BIG), ("rule?", sa.Text), ("cascade?", sa.Text), ("route?", sa.Text), ("starts", BIG),
            ("ends", BIG), ("author", sa.Text), ("comment?", sa.Text), ("created", BIG),
        ],
        ["seq"],
    )  # fmt: skip
    for table, columns in INDEXES:
        op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, columns)


def downgrade() -> None:
    for name in TABLES:
        op.drop_table(name)
