"""Norms whose squares a double does not hold count in every view; no order leaves ties."""

from vanishing_gradients.migrations.steps import views

revision, down_revision = "0019", "0018"

VERSIONS = {
    "epoch_statistics": 3, "experiment_norms": 3, "gradient_norm_avg": 3, "ratio_avg": 3,
    "gradient_norm_ratios": 3, "dense_norm_ratios": 3, "update_ratios": 3, "step_norms": 3,
    "noise_scale": 3,
}  # fmt: skip

upgrade, downgrade = views(replaced=list(VERSIONS), **VERSIONS)
