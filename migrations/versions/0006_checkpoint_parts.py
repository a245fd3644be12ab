"""Checkpoints in parts, so that none exceeds a server's packet size."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import LONGBLOB

from vanishing_gradients.migrations.steps import (
    add_column,
    columns,
    drop_column,
    execute,
    key_columns,
)
from vanishing_gradients.sql.names import quoted

revision, down_revision = "0006", "0005"

CHECKPOINTS = sa.table(
    "checkpoints",
    sa.column("run_id", sa.Integer),
    sa.column("epoch", sa.Integer),
    sa.column("part", sa.Integer),
    sa.column("state", LONGBLOB),
)


def upgrade() -> None:
    add_column("checkpoints", "part", "INTEGER NOT NULL AFTER epoch")
    _key("run_id, epoch, part")


def downgrade() -> None:
    if "part" in columns("checkpoints"):
        _join_parts()
        _key("run_id, epoch")
        drop_column("checkpoints", "part")


def _join_parts() -> None:
    connection, table = op.get_bind(), CHECKPOINTS.c
    parts = connection.execute(
        sa.select(table.run_id, table.epoch, table.part)
        .where(table.part > 0)
        .order_by(table.run_id, table.epoch, table.part)
    ).all()
    for run_id, epoch, part in parts:
        own = (table.run_id == run_id, table.epoch == epoch)
        state = connection.scalar(sa.select(table.state).where(*own, table.part == part))
        connection.execute(
            sa.update(CHECKPOINTS)
            .where(*own, table.part == 0)
            .values(state=sa.func.concat(table.state, state))
        )
        connection.execute(sa.delete(CHECKPOINTS).where(*own, table.part == part))


def _key(names: str) -> None:
    if key_columns("checkpoints", "PRIMARY") != names.split(", "):
        key = ", ".join([quoted(name) for name in names.split(", ")])
        execute(f"ALTER TABLE checkpoints DROP PRIMARY KEY, ADD PRIMARY KEY ({key})")
