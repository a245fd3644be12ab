"""Updates of weights per step, counts of saturated cells, and statistics of every neuron."""

import sqlalchemy as sa
from alembic import op

from vanishing_gradients.migrations.steps import add_column, create_table_of_runs, drop_column

revision, down_revision = "0007", "0006"

COLUMNS = ("clipped_norm", "weight_norm", "update_norm", "saturated")
COUNTS = ("cells", "zeros", "non_finite")


def upgrade() -> None:
    for name in COLUMNS:
        add_column("step_statistics", name, "DOUBLE NULL")
    create_table_of_runs(
        "neuron_statistics",
        ("layer", "epoch", "neuron"),
        *(
            sa.Column(each, sa.BigInteger, nullable=False)
            for each in ("cells", "zeros", "non_finite")
        ),
        sa.Column("magnitude_sum", sa.Double, nullable=False),
        sa.Column("saturated", sa.BigInteger),
    )


def downgrade() -> None:
    op.drop_table("neuron_statistics", if_exists=True)
    for name in reversed(COLUMNS):
        drop_column("step_statistics", name)
