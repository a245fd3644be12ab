"""Views for the reports, and norms and storages in versions that serve many runs."""

from vanishing_gradients.migrations.steps import views

revision, down_revision = "0004", "0003"

upgrade, downgrade = views(
    replaced=("gradient_norms", "storage_hypotheses"),
    gradient_norms=2, storage_hypotheses=2, epoch_means=1, run_provenance=1, layer_sizes=1,
    dense_norm_ratios=1, first_cells=1,
)  # fmt: skip
