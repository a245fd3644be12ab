"""`rows` is a reserved word: a chunk's are its row_count."""

from vanishing_gradients.migrations.steps import rename_column

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    rename_column("telemetry_progress", "rows", "row_count")


def downgrade() -> None:
    rename_column("telemetry_progress", "row_count", "rows")
