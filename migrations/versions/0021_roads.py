"""By which road the rows of a run went into the server, since its newest start."""

from vanishing_gradients.migrations.steps import add_column, drop_column

revision, down_revision = "0021", "0020"


def upgrade() -> None:
    add_column("runs", "road", "VARCHAR(8) NULL")


def downgrade() -> None:
    drop_column("runs", "road")
