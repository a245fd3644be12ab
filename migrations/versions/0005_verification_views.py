"""Views for verifying a run's rows."""

from vanishing_gradients.migrations.steps import views

revision, down_revision = "0005", "0004"

upgrade, downgrade = views(
    cell_sums=1, index_sums=1, expected_rows=1, recorded_statistics=1, recorded_chunks=1
)
