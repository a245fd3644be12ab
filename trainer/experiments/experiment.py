"""An experiment is one frozen record of what is trained and how, checked once.

Each field's description is what an error message says is allowed there.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from trainer.experiments.layer_spec import LayerSpec
from trainer.network.naming import layer_names

LAYERS_MAX = 50

# One neuron is one column of a gradient table, in an experiment that must fit on every server. As
# DOUBLE columns MySQL 9.7 takes 995 (a row of InnoDB has 8,126 bytes), but MariaDB 10.11 only 824
# (the generated columns' expressions must fit into the table's definition).
WIDTH_MAX = 800


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


LearningRate = Annotated[
    float, Field(gt=0, le=1e6, description="a number above 0, at most 1,000,000")
]
Decay = Annotated[float, Field(ge=0, le=1e6, description="a number from 0 to 1,000,000")]
Strength = Annotated[float, Field(ge=0, le=1e6, description="a number from 0 to 1,000,000")]
Fraction = Annotated[float, Field(ge=0, lt=1, description="a number from 0 to below 1")]
Width = Annotated[int, Field(ge=1, le=WIDTH_MAX)]


class SGDSettings(_Record):
    """Stochastic gradient descent: learning rate, its decay a step, and momentum."""

    kind: Literal["sgd"]
    learning_rate: LearningRate = 1.0
    decay: Decay = 0.0
    momentum: Fraction = 0.0


class AdamSettings(_Record):
    """Adam: learning rate, its decay a step, the denominator's epsilon, and the moments' betas."""

    kind: Literal["adam"]
    learning_rate: LearningRate = 0.001
    decay: Decay = 0.0
    epsilon: Annotated[float, Field(ge=1e-16, le=1, description="a number from 1e-16 to 1")] = 1e-7
    beta_1: Fraction = 0.9
    beta_2: Fraction = 0.999


class Penalties(_Record):
    """L1 and L2 strengths, on the weights and on the biases of every dense layer; 0 is off."""

    weight_l1: Strength = 0.0
    weight_l2: Strength = 0.0
    bias_l1: Strength = 0.0
    bias_l2: Strength = 0.0


class Experiment(_Record):
    """What is trained and how; `model_dump(mode="json")` and `model_validate` are inverse.

    The network is, for each hidden width: dense, batch normalisation if on, activation, dropout
    if on; and at the end a dense layer as wide as there are classes, and softmax.
    """

    name: Annotated[
        str,
        Field(
            pattern=r"\A[a-z][a-z0-9_]{0,31}\z",
            description="a lower-case letter, then at most 31 lower-case letters, digits and "
            "underscores, since tables are named after it",
        ),
    ]
    description: Annotated[
        str, Field(max_length=1000, description="a text of at most 1,000 characters")
    ] = ""
    hidden_widths: Annotated[
        tuple[Width, ...],
        Field(
            strict=False,
            max_length=LAYERS_MAX,
            description=f"a list of at most {LAYERS_MAX} whole numbers from 1 to {WIDTH_MAX:,}, "
            "since each neuron is a column, and no more fit into a table of MySQL and MariaDB",
        ),
    ] = (128, 128, 64, 32, 16)
    activation: Annotated[Literal["sigmoid", "relu"], Field(description="'sigmoid' or 'relu'")]
    optimizer: Annotated[
        SGDSettings | AdamSettings,
        Field(discriminator="kind", description="a table whose kind is 'sgd' or 'adam'"),
    ]
    penalties: Annotated[Penalties, Field(description="a table")] = Penalties()
    dropout: Fraction = 0.0
    batch_normalization: Annotated[bool, Field(description="true or false")] = False
    initial_weight_scale: Annotated[
        float, Field(gt=0, le=1000, description="a number above 0, at most 1,000")
    ] = 0.01
    batch_size: Annotated[
        int, Field(ge=1, le=60_000, description="a whole number from 1 to 60,000")
    ] = 128
    epochs: Annotated[
        int, Field(ge=1, le=10_000, description="a whole number from 1 to 10,000")
    ] = 10

    def layer_specs(self, features: int = 784, classes: int = 10) -> list[LayerSpec]:
        """Return the layers of the network, first to last, without building it.

        Args:
            features: pixels of an image.
            classes: how many labels there are.
        """
        layers: list[tuple[str, int | None, int]] = []
        inputs = features
        for width in self.hidden_widths:
            layers.append(("dense", inputs, width))
            if self.batch_normalization:
                layers.append(("batch_normalization", None, width))
            layers.append((self.activation, None, width))
            if self.dropout:
                layers.append(("dropout", None, width))
            inputs = width
        layers += [("dense", inputs, classes), ("softmax", None, classes)]
        names = layer_names(kind for kind, _, _ in layers)
        return [
            LayerSpec(number, name, kind, rows, width)
            for number, (name, (kind, rows, width)) in enumerate(
                zip(names, layers, strict=True), start=1
            )
        ]
