"""What the trainer counted of every neuron, and of a step all that it recorded, to be verified."""

from vanishing_gradients.migrations.steps import views

revision, down_revision = "0009", "0008"

upgrade, downgrade = views(
    replaced=("recorded_statistics",), recorded_neurons=1, recorded_statistics=2
)
