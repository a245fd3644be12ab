"""What was called validation is the test set."""

from vanishing_gradients.migrations.steps import rename_column

revision, down_revision = "0014", "0013"

TYPES = {"loss": "DOUBLE NULL", "accuracy": "DOUBLE NOT NULL"}
HELD_OUT = "COMMENT 'over the test set; of a model that is watched, over data held out'"


def upgrade() -> None:
    for name, kind in TYPES.items():
        rename_column("epoch_metrics", f"validation_{name}", f"test_{name}", f"{kind} {HELD_OUT}")


def downgrade() -> None:
    for name, kind in TYPES.items():
        rename_column("epoch_metrics", f"test_{name}", f"validation_{name}", kind)
