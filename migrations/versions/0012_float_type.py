"""`precision` is a reserved word: a run's is its float_type."""

from vanishing_gradients.migrations.steps import rename_column

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    rename_column("runs", "precision", "float_type")


def downgrade() -> None:
    rename_column("runs", "float_type", "precision")
