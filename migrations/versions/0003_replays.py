"""Eval sets, replays, their results and reports.

Revision 0003, after 0002. Frozen: later changes are later revisions.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TABLES = ("eval_sets", "replays", "replay_results", "reports", "replay_baselines")


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
        "eval_sets",
        [("hash", sa.Text), ("name", sa.Text), ("seen", BIG), ("cases", BIG), ("detail", sa.Text)],
        ["hash"],
    )
    _table(
        "replays",
        [
            ("seq", BIG), ("name", sa.Text), ("cascade?", sa.Text), ("eval_set", sa.Text),
            ("state", sa.Text), ("cause", sa.Text), ("author", sa.Text), ("started", BIG),
            ("finished?", BIG), ("cases", BIG), ("done", BIG), ("failed", BIG), ("spent", BIG),
            ("reserved", BIG), ("limit?", BIG), ("config", sa.Text), ("config_hash", sa.Text),
            ("owner?", sa.Text), ("claimed?", BIG), ("message?", sa.Text),
        ],
        ["seq"],
    )  # fmt: skip
    _table(
        "replay_results",
        [
            ("replay", BIG), ("case", sa.Text), ("repeat", sa.SmallInteger), ("state", sa.Text),
            ("outcome?", sa.Text), ("correct?", sa.SmallInteger), ("accepted?", sa.SmallInteger),
            ("score?", sa.Double), ("verdict?", sa.Text), ("reason?", sa.Text), ("cost?", BIG),
            ("reserved", BIG), ("attempts", BIG), ("detail", sa.Text),
        ],
        ["replay", "case", "repeat"],
    )  # fmt: skip
    _table(
        "reports",
        [
            ("seq", BIG), ("replay", BIG), ("name", sa.Text), ("cascade?", sa.Text), ("created", BIG),
            ("verdict", sa.Text), ("body", sa.Text),
        ],
        ["seq"],
        unique="replay",
    )  # fmt: skip
    _table(
        "replay_baselines",
        [("name", sa.Text), ("report", BIG), ("pinned", BIG), ("author", sa.Text)],
        ["name"],
    )
    op.create_index(op.f("ix_replays_name_started"), "replays", ["name", "started"])
    op.create_index(op.f("ix_reports_name_created"), "reports", ["name", "created"])


def downgrade() -> None:
    for name in TABLES:
        op.drop_table(name)
