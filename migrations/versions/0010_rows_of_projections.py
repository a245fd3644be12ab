"""Projections have rows like dense layers."""

from vanishing_gradients.migrations.steps import views

revision, down_revision = "0010", "0009"

upgrade, downgrade = views(replaced=("expected_rows",), expected_rows=2)
