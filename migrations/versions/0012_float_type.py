"""`precision` is a reserved word: rename it to float_type."""

from vanishing_gradients.migrations.steps import renames

revision, down_revision = "0012", "0011"

upgrade, downgrade = renames("runs", precision="float_type")
