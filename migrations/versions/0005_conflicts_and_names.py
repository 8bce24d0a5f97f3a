"""A conflict that is sent again is found by its digest, and not put aside twice. Names are numbered as they
come in, so that a process reads only those it has not seen.

Revision 0005, after 0004. Frozen: later changes are later revisions.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_quarantine_digest_new"), "quarantine", ["digest_new"])
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.add_column("names", sa.Column("added", number, nullable=False, server_default="0"))
    op.create_index(op.f("ix_names_added"), "names", ["added"])


def downgrade() -> None:
    op.drop_index(op.f("ix_names_added"), "names")
    op.drop_column("names", "added")
    op.drop_index(op.f("ix_quarantine_digest_new"), "quarantine")
