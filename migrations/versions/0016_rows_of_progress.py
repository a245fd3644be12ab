"""`rows` is a reserved word: a chunk's are its row_count."""

from vanishing_gradients.migrations.steps import renames

revision, down_revision = "0016", "0015"

upgrade, downgrade = renames("telemetry_progress", rows="row_count")
