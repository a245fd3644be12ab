"""What is watched of a model, independent of its library: its layers, and the data of a step.

Layers are numbered and named here, in the order in which they come.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from vanishing_gradients.telemetry.errors import WatchError
from vanishing_gradients.telemetry.recording import FULL, STATISTICS, WIDTH_MAX, kept
from vanishing_gradients.telemetry.runs import RunLayer

LAYERS_MAX = 999
"""Layer numbers have three digits."""
OUTPUT = "output"


@dataclass(frozen=True)
class WatchedLayer:
    """A tensor whose gradient is watched.

    `source_name` is its path in the model; `role` ends the name of the layer; `kind`,
    `row_meaning`, `gain` and `flat` are as in `layers`. `rows` and `width` are its gradient's; if
    a row is a sample, `rows` is that of the first batch. `tensor` describes it, ready for JSON;
    `dimensions` is their number; `parameters`, for weights, is their number; `frozen` says that
    none is trained.
    """

    source_name: str
    role: str
    kind: str
    row_meaning: str
    rows: int
    width: int
    tensor: dict[str, Any]
    dimensions: int = 2
    parameters: int | None = None
    gain: float | None = None
    flat: str | None = None
    frozen: bool = False


@dataclass
class StepGradient:
    """A layer's gradient at one step; implements recording.RecordedLayer.

    `counts`, shape (width,), is the number of samples for which each neuron was saturated.
    """

    number: int
    gradient: np.ndarray
    counts: np.ndarray | None = None
    row_index: np.ndarray | None = None

    def saturated(self) -> np.ndarray | None:
        """Return `counts`."""
        return self.counts


@dataclass
class StepUpdate:
    """A step's effect on the weights of a layer; implements recording.RecordedUpdate.

    An unknown norm is NaN.
    """

    clipped_norm: float
    weight_norm: float
    update_norm: float


@dataclass(frozen=True)
class Wanted:
    """The user's choice: globs of source names to take and to skip, and which layers keep every
    row: all, none, or by globs."""

    layers: Sequence[str] = ("*",)
    skip: Sequence[str] = ()
    telemetry: str | Mapping[str, str] = STATISTICS

    def takes(self, source_name: str) -> bool:
        """Return whether a layer of that name is watched."""
        return _matches(source_name, self.layers) and not _matches(source_name, self.skip)

    def asked(self, layer: WatchedLayer) -> str:
        """Return 'full' if every row of a layer is asked for, else 'statistics'.

        "full" for all layers excludes those whose rows are samples at many positions, unless named.
        """
        if isinstance(self.telemetry, str):
            many = layer.row_meaning == "sample" and layer.dimensions > 2
            return STATISTICS if many else self.telemetry
        matching = [
            rows for glob, rows in self.telemetry.items() if _matches(layer.source_name, [glob])
        ]
        return matching[-1] if matching else STATISTICS


def run_layers(found: Sequence[WatchedLayer], wanted: Wanted) -> tuple[RunLayer, ...]:
    """Number and name layers, in the given order.

    Raises WatchError if there are none, or more than three digits can number.
    """
    if not found:
        raise WatchError(
            "nothing of this model is watched: it has no weights that the optimizer trains, or "
            "`layers` and `skip` leave none"
        )
    if len(found) > LAYERS_MAX:
        raise WatchError(
            f"the model has {len(found)} tensors to watch, but at most {LAYERS_MAX} fit: choose "
            "some with `layers` or `skip`, by globs of their names, such as layers=['encoder.*'], "
            "or leave activations out with activations=False"
        )
    first = next((each for each in found if each.kind == "dense"), None)
    return tuple(
        RunLayer(
            layer=number,
            layer_name=f"layer_{number}_{'input' if each is first else each.role}",
            kind=each.kind,
            row_count=each.rows,
            width=each.width,
            row_meaning=each.row_meaning,
            gain=each.gain,
            flat=each.flat,
            kept=kept(each.width, wanted.asked(each)),
            parameters=each.parameters,
            source_name=shortened(each.source_name),
            tensor=each.tensor,
            frozen=each.frozen,
        )
        for number, each in enumerate(found, 1)
    )


def too_wide(found: Sequence[WatchedLayer], wanted: Wanted) -> list[WatchedLayer]:
    """Return the layers that should keep every row but are wider than any table."""
    return [each for each in found if each.width > WIDTH_MAX and wanted.asked(each) == FULL]


def shortened(path: str, longest: int = 255) -> str:
    """Return a path, with its middle left out if it is longer than its column."""
    if len(path) <= longest:
        return path
    half = (longest - 3) // 2
    return f"{path[:half]}...{path[-half:]}"


def _matches(name: str, globs: Sequence[str]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)
