"""Views by which a run's rows are verified."""

from alembic import op

from vanishing_gradients.sql.registry import replace_view

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

VIEWS = ("cell_sums", "index_sums", "expected_rows", "recorded_statistics", "recorded_chunks")


def upgrade() -> None:
    for name in VIEWS:
        replace_view(op.get_bind(), name, 1)


def downgrade() -> None:
    for name in reversed(VIEWS):
        replace_view(op.get_bind(), name, None)
