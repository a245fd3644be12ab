"""All views, in their first version."""

from alembic import op

from vanishing_gradients.sql.registry import replace_view

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

VIEWS = (
    "norm_avg",
    "gradient_norm_avg",
    "mean_avg",
    "ratio_avg",
    "near_zero",
    "epoch_statistics",
    "experiment_norms",
    "gradient_norms",
    "ratio_thresholds",
    "gradient_norm_ratios",
    "training_curves",
    "experiment_summary",
)


def upgrade() -> None:
    for name in VIEWS:
        replace_view(op.get_bind(), name, 1)


def downgrade() -> None:
    for name in reversed(VIEWS):
        replace_view(op.get_bind(), name, None)
