"""Restores all views under the new names, except seven kinds that only commands used."""

from vanishing_gradients.migrations.steps import require_no_training, views

revision, down_revision = "0018", "0017"

upgrade, drop = views(
    norm_avg=2, gradient_norm_avg=2, mean_avg=2, ratio_avg=2, near_zero=2, epoch_statistics=2,
    experiment_norms=2, gradient_norms=3, ratio_thresholds=2, gradient_norm_ratios=2,
    training_curves=2, experiment_summary=2, storage_hypotheses=3, stored_norm_avg=2,
    stored_ratio_avg=2, epoch_means=2, run_provenance=2, layer_sizes=2, dense_norm_ratios=2,
    expected_rows=3, numbers=2, neurons=2, dead_neurons=2, saturation=2, update_ratios=2,
    step_norms=2, distribution=2, noise_scale=2,
)  # fmt: skip
"""Each after those that it reads."""


def downgrade() -> None:
    require_no_training()
    drop()
