"""A checkpoint in parts, so that none is larger than what a server takes in one packet."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import LONGBLOB

from vanishing_gradients.sql.checkpoint_parts import IN_PARTS, WHOLE

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

CHECKPOINTS = sa.table(
    "checkpoints",
    sa.column("run_id", sa.Integer),
    sa.column("epoch", sa.Integer),
    sa.column("part", sa.Integer),
    sa.column("state", LONGBLOB),
)


def upgrade() -> None:
    if not _in_parts():  # a migration that was killed is begun again
        op.execute(IN_PARTS)


def downgrade() -> None:
    if not _in_parts():
        return
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
    op.execute(WHOLE)


def _in_parts() -> bool:
    columns = sa.inspect(op.get_bind()).get_columns("checkpoints")
    return any(column["name"] == "part" for column in columns)
