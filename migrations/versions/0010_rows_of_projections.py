"""Projections have rows as dense layers have."""

from alembic import op

from vanishing_gradients.sql.registry import replace_view

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    replace_view(op.get_bind(), "expected_rows", 2)


def downgrade() -> None:
    replace_view(op.get_bind(), "expected_rows", 1)
