"""The trainer's counts for every neuron, and all that it recorded of a step, for verification."""

from vanishing_gradients.migrations.steps import views

revision, down_revision = "0009", "0008"

upgrade, downgrade = views(
    replaced=("recorded_statistics",), recorded_neurons=1, recorded_statistics=2
)
