"""Several keys under one name, so that one can take the place of another while both are valid; and an id of
the installation, by which it knows its own backups.

Revision 0006, after 0005. Frozen: later changes are later revisions.
"""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INSTALLATION = "installation"


def upgrade() -> None:
    with op.batch_alter_table("keys") as keys:
        keys.drop_constraint(op.f("uq_keys_prefix"), type_="unique")
        keys.drop_constraint(op.f("pk_keys"), type_="primary")
        keys.create_primary_key(op.f("pk_keys"), ["prefix"])
    op.create_index(op.f("ix_keys_name"), "keys", ["name"])
    meta = sa.table("meta", sa.column("key", sa.Text), sa.column("value", sa.Text))
    held = sa.select(meta.c.key).where(meta.c.key == INSTALLATION)
    if op.get_bind().execute(held).first() is None:
        op.execute(meta.insert().values(key=INSTALLATION, value=secrets.token_hex(4)))


def downgrade() -> None:
    """Of each name the newest key that is not revoked stays, else the newest. The id stays: nobody minds it,
    and an upgrade finds it again."""
    keys = sa.table("keys", *(sa.column(name) for name in ("name", "prefix", "created", "revoked")))
    order = [keys.c.revoked.is_not(None), keys.c.created.desc(), keys.c.prefix]
    kept: dict[str, str] = {}
    for name, prefix in op.get_bind().execute(sa.select(keys.c.name, keys.c.prefix).order_by(*order)):
        kept.setdefault(name, prefix)
    op.execute(keys.delete().where(keys.c.prefix.not_in(list(kept.values()))))
    op.drop_index(op.f("ix_keys_name"), "keys")
    with op.batch_alter_table("keys") as table:
        table.drop_constraint(op.f("pk_keys"), type_="primary")
        table.create_primary_key(op.f("pk_keys"), ["name"])
        table.create_unique_constraint(op.f("uq_keys_prefix"), ["prefix"])
