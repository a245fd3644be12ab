"""`rows` is a reserved word, and what is below 1e-3 is not below 1e3."""

from vanishing_gradients.migrations.steps import renames

revision, down_revision = "0015", "0014"

upgrade, downgrade = renames(
    "step_statistics", rows="row_count", below_1e3="below_1em3", below_1e5="below_1em5"
)
