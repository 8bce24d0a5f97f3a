"""A conflict that is sent again is found by its digest, and not put aside twice.

Revision 0005, after 0004. Frozen: later changes are later revisions.
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_quarantine_digest_new"), "quarantine", ["digest_new"])


def downgrade() -> None:
    op.drop_index(op.f("ix_quarantine_digest_new"), "quarantine")
