"""Views of what a network that does not learn suffers from."""

from alembic import op

from vanishing_gradients.sql.registry import replace_view

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

VIEWS = (
    "numbers",
    "neurons",
    "dead_neurons",
    "saturation",
    "update_ratios",
    "step_norms",
    "layer_neurons",
    "distribution",
    "noise_scale",
)


def upgrade() -> None:
    for name in VIEWS:
        replace_view(op.get_bind(), name, 1)


def downgrade() -> None:
    for name in reversed(VIEWS):
        replace_view(op.get_bind(), name, None)
