"""Rename `rows`, a reserved word, to row_count in chunks."""

from vanishing_gradients.migrations.steps import renames

revision, down_revision = "0016", "0015"

upgrade, downgrade = renames("telemetry_progress", rows="row_count")
