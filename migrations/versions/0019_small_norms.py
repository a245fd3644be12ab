"""Every view handles norms whose squares no double holds; every ordering is total."""

from vanishing_gradients.migrations.steps import execute, require_no_training, views

revision, down_revision = "0019", "0018"

VERSIONS = {
    "epoch_statistics": 3, "experiment_norms": 3, "gradient_norm_avg": 3, "ratio_avg": 3,
    "gradient_norm_ratios": 3, "dense_norm_ratios": 3, "update_ratios": 3, "step_norms": 3,
    "noise_scale": 3,
}  # fmt: skip

replace, go_back = views(replaced=list(VERSIONS), **VERSIONS)


def upgrade() -> None:
    require_no_training()
    replace()
    # Norms that the old trainer could not compute are unknown, not 0.
    execute(
        "UPDATE step_statistics SET gradient_norm = NULL, row_norm_sum = NULL "
        "WHERE gradient_norm = 0 AND mean_abs > 0"
    )


def downgrade() -> None:
    require_no_training()
    go_back()
