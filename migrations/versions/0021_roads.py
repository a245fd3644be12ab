"""The road by which a run's rows reached the server, since its latest start."""

from vanishing_gradients.migrations.steps import add_column, drop_column, require_no_training

revision, down_revision = "0021", "0020"


def upgrade() -> None:
    require_no_training()
    add_column("runs", "road", "VARCHAR(8) NULL")


def downgrade() -> None:
    require_no_training()
    drop_column("runs", "road")
