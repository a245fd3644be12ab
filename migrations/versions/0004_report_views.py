"""Views that the reports read, and norms and storages in versions that many runs ask for."""

from alembic import op

from vanishing_gradients.sql.registry import replace_view

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SECOND_VERSIONS = ("gradient_norms", "storage_hypotheses")
NEW = ("epoch_means", "run_provenance", "layer_sizes", "dense_norm_ratios", "first_cells")


def upgrade() -> None:
    for name in SECOND_VERSIONS:
        replace_view(op.get_bind(), name, 2)
    for name in NEW:
        replace_view(op.get_bind(), name, 1)


def downgrade() -> None:
    for name in reversed(NEW):
        replace_view(op.get_bind(), name, None)
    for name in reversed(SECOND_VERSIONS):
        replace_view(op.get_bind(), name, 1)
