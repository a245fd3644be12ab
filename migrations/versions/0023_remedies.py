"""Runs that try a remedy of another run know which."""

from vanishing_gradients.migrations.steps import (
    add_column,
    drop_column,
    require_no_training,
    views,
)

revision, down_revision = "0023", "0022"

REMEDY_OF = "INTEGER NULL COMMENT 'the run that this one tries a remedy of; NULL: it is none'"

replace, go_back = views(replaced=["experiment_summary"], experiment_summary=4)


def upgrade() -> None:
    require_no_training()
    add_column("runs", "remedy_of", REMEDY_OF)
    replace()


def downgrade() -> None:
    require_no_training()
    go_back()
    drop_column("runs", "remedy_of")
