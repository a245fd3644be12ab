"""Rename validation metrics to test metrics, which they are."""

from vanishing_gradients.migrations.steps import rename_column

revision, down_revision = "0014", "0013"

LOSS, ACCURACY = "DOUBLE NULL", "DOUBLE NOT NULL"
HELD_OUT = " COMMENT 'over the test set; of a model that is watched, over data held out'"


def upgrade() -> None:
    rename_column("epoch_metrics", "validation_loss", "test_loss", LOSS + HELD_OUT)
    rename_column("epoch_metrics", "validation_accuracy", "test_accuracy", ACCURACY + HELD_OUT)


def downgrade() -> None:
    rename_column("epoch_metrics", "test_loss", "validation_loss", LOSS)
    rename_column("epoch_metrics", "test_accuracy", "validation_accuracy", ACCURACY)
