"""Rename `rows`, a reserved word, and below_1e3, which meant below 1e-3."""

from vanishing_gradients.migrations.steps import renames

revision, down_revision = "0015", "0014"

upgrade, downgrade = renames(
    "step_statistics", rows="row_count", below_1e3="below_1em3", below_1e5="below_1em5"
)
