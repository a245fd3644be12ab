"""`precision` is a reserved word: a run's is its float_type."""

from vanishing_gradients.migrations.steps import renames

revision, down_revision = "0012", "0011"

upgrade, downgrade = renames("runs", precision="float_type")
