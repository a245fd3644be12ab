"""Views that the reports read: means of many runs, where a run comes from, sizes of layers."""

from alembic import op

from sql.registry import replace_view

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

VIEWS = ("epoch_means", "run_provenance", "layer_sizes")


def upgrade() -> None:
    for name in VIEWS:
        replace_view(op.get_bind(), name, 1)


def downgrade() -> None:
    for name in reversed(VIEWS):
        replace_view(op.get_bind(), name, None)
