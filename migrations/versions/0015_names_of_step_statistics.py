"""`rows` is a reserved word, and what is below 1e-3 is not below 1e3."""

from vanishing_gradients.migrations.steps import rename_column

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


NAMES = {"rows": "row_count", "below_1e3": "below_1em3", "below_1e5": "below_1em5"}


def upgrade() -> None:
    for old, new in NAMES.items():
        rename_column("step_statistics", old, new)


def downgrade() -> None:
    for old, new in NAMES.items():
        rename_column("step_statistics", new, old)
