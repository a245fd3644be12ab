"""Initialisations as the file of an experiment asks for them: what weights are at first."""

from typing import Annotated, Literal

from pydantic import Field

from vanishing_gradients.trainer.experiments.record import Record, Size

Distribution = Annotated[Literal["normal", "uniform"], Field(description="'normal' or 'uniform'")]

Extent = Annotated[float, Field(ge=1e-30, le=1000, description="a number from 1e-30 to 1,000")]


class NormalSettings(Record):
    """A normal distribution of mean 0 and standard deviation `scale`."""

    kind: Literal["normal"]
    scale: Size = 0.01


class UniformSettings(Record):
    """A uniform distribution between -limit and limit."""

    kind: Literal["uniform"]
    limit: Extent = 0.05


class GlorotSettings(Record):
    """Glorot's, also called Xavier: variance 2 / (inputs + neurons)."""

    kind: Literal["glorot"]
    distribution: Distribution = "uniform"


class HeSettings(Record):
    """He's: variance 2 / inputs."""

    kind: Literal["he"]
    distribution: Distribution = "normal"


class LeCunSettings(Record):
    """LeCun's: variance 1 / inputs."""

    kind: Literal["lecun"]
    distribution: Distribution = "normal"


class OrthogonalSettings(Record):
    """Orthogonal weights times a gain, which without a number is the activation's own."""

    kind: Literal["orthogonal"]
    gain: Annotated[
        float | None, Field(ge=1e-30, le=1000, description="a number from 1e-30 to 1,000")
    ] = None


class ConstantWeightsSettings(Record):
    """Every weight the same, which no layer's neurons ever recover from."""

    kind: Literal["constant"]
    value: Annotated[
        float, Field(ge=-1000, le=1000, description="a number from -1,000 to 1,000")
    ] = 0.0


InitializationSettings = (
    NormalSettings
    | UniformSettings
    | GlorotSettings
    | HeSettings
    | LeCunSettings
    | OrthogonalSettings
    | ConstantWeightsSettings
)
