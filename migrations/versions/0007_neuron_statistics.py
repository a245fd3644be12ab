"""What a step did to the weights, how many cells were saturated, and statistics of every neuron."""

import sqlalchemy as sa
from alembic import op

from vanishing_gradients.migrations.steps import add_column, drop_column

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

COLUMNS = ("clipped_norm", "weight_norm", "update_norm", "saturated")


def upgrade() -> None:
    for name in COLUMNS:
        add_column("step_statistics", name, "DOUBLE NULL")
    op.create_table(
        "neuron_statistics",
        sa.Column(
            "run_id", sa.Integer, sa.ForeignKey("runs.run_id", ondelete="CASCADE"), primary_key=True
        ),
        *(
            sa.Column(key, sa.Integer, primary_key=True, autoincrement=False)
            for key in ("layer", "epoch", "neuron")
        ),
        sa.Column("cells", sa.BigInteger, nullable=False),
        sa.Column("zeros", sa.BigInteger, nullable=False),
        sa.Column("non_finite", sa.BigInteger, nullable=False),
        sa.Column("magnitude_sum", sa.Double, nullable=False),
        sa.Column("saturated", sa.BigInteger),
        if_not_exists=True,
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_unicode_ci",
    )


def downgrade() -> None:
    op.drop_table("neuron_statistics", if_exists=True)
    for name in reversed(COLUMNS):
        drop_column("step_statistics", name)
