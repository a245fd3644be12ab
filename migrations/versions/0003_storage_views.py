"""Views of what a lossy storage makes of the norms and their ratios."""

from alembic import op

from vanishing_gradients.sql.registry import replace_view

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

VIEWS = ("storage_hypotheses", "stored_norm_avg", "stored_ratio_avg")


def upgrade() -> None:
    for name in VIEWS:
        replace_view(op.get_bind(), name, 1)


def downgrade() -> None:
    for name in reversed(VIEWS):
        replace_view(op.get_bind(), name, None)
