"""Drops all views, since columns that they read are renamed; the way down restores them."""

from vanishing_gradients.migrations.steps import require_no_training, views

revision, down_revision = "0011", "0010"

put_in_force, drop = views(
    norm_avg=1, gradient_norm_avg=1, mean_avg=1, ratio_avg=1, near_zero=1, epoch_statistics=1,
    experiment_norms=1, gradient_norms=2, ratio_thresholds=1, gradient_norm_ratios=1,
    training_curves=1, experiment_summary=1, storage_hypotheses=2, stored_norm_avg=1,
    stored_ratio_avg=1, epoch_means=1, run_provenance=1, layer_sizes=1, dense_norm_ratios=1,
    first_cells=1, cell_sums=1, index_sums=1, expected_rows=2, recorded_statistics=2,
    recorded_chunks=1, numbers=1, neurons=1, dead_neurons=1, saturation=1, update_ratios=1,
    step_norms=1, layer_neurons=1, distribution=1, noise_scale=1, recorded_neurons=1,
)  # fmt: skip
"""The views at revision 0010 with their versions, each after those that it reads."""


def upgrade() -> None:
    require_no_training()
    drop()


def downgrade() -> None:
    put_in_force()
