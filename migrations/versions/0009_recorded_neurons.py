"""What the trainer counted of every neuron, and of a step all that it recorded, to be verified."""

from alembic import op

from vanishing_gradients.sql.registry import replace_view

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    replace_view(op.get_bind(), "recorded_neurons", 1)
    replace_view(op.get_bind(), "recorded_statistics", 2)


def downgrade() -> None:
    replace_view(op.get_bind(), "recorded_statistics", 1)
    replace_view(op.get_bind(), "recorded_neurons", None)
