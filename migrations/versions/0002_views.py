"""All views, in their first version."""

from vanishing_gradients.migrations.steps import views

revision, down_revision = "0002", "0001"

upgrade, downgrade = views(
    norm_avg=1, gradient_norm_avg=1, mean_avg=1, ratio_avg=1, near_zero=1, epoch_statistics=1,
    experiment_norms=1, gradient_norms=1, ratio_thresholds=1, gradient_norm_ratios=1,
    training_curves=1, experiment_summary=1,
)  # fmt: skip
