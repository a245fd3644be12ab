"""Views for diagnosing a network that does not learn."""

from vanishing_gradients.migrations.steps import views

revision, down_revision = "0008", "0007"

upgrade, downgrade = views(
    numbers=1, neurons=1, dead_neurons=1, saturation=1, update_ratios=1, step_norms=1,
    layer_neurons=1, distribution=1, noise_scale=1,
)  # fmt: skip
