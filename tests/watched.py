"""Runs of watched models, with gradients made by hand."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
from sqlalchemy import URL

from vanishing_gradients.telemetry.recording import EpochMetrics
from vanishing_gradients.telemetry.runs import RunDescription, RunLayer
from vanishing_gradients.telemetry.session import RecordingSession

SAMPLES = 16
RELU = {"gain": 2**0.5, "flat": "below"}
SIGMOID = {"gain": 1.0, "flat": "both"}
ADAM = {"optimizer": "Adam", "learning_rate": 0.001, "momentum": None, "weight_decay": 0.0}


@dataclass(frozen=True)
class Model:
    """A model: its layers, and by number how large their gradients are (default 1).

    `indices` has the touched rows of a layer that is touched in parts; `saturated` the share of
    samples for which the neurons of an activation are saturated; `updates` the ratio of update and
    weights, which `skipped` steps do not have.
    """

    layers: tuple[RunLayer, ...]
    sizes: Mapping[int, float] | None = None
    indices: Mapping[int, Sequence[int]] | None = None
    saturated: Mapping[int, float] | None = None
    updates: float | None = 1e-3
    skipped: tuple[int, ...] = ()

    def kept(self, kept: str, *numbers: int) -> "Model":
        """Return it with some layers, or all, kept full or as statistics only."""
        return replace(
            self,
            layers=tuple(
                replace(each, kept=kept) if each.layer in numbers or not numbers else each
                for each in self.layers
            ),
        )


def layer(
    number: int, role: str, kind: str, rows: int, width: int, name: str, **more: object
) -> RunLayer:
    """Return a layer as watch lists it, with statistics only."""
    meaning = more.pop("row_meaning", "sample")
    values = {"kept": "statistics", "source_name": name} | more
    if meaning != "sample":
        shape = [width, rows]
        values |= {"parameters": rows * width, "tensor": {"shape": shape, "dtype": "float32"}}
    return RunLayer(number, f"layer_{number}_{role}", kind, rows, width, meaning, **values)


def linear(number: int, rows: int, width: int, name: str, **more: object) -> RunLayer:
    """Return a Linear's weights."""
    return layer(number, "hidden", "dense", rows, width, name, row_meaning="input", **more)


MLP = Model(
    (
        replace(linear(1, 6, 8, "net.0.weight"), layer_name="layer_1_input"),
        layer(2, "relu", "relu", SAMPLES, 8, "net.1", **RELU),
        linear(3, 8, 8, "net.2.weight"),
        layer(4, "relu", "relu", SAMPLES, 8, "net.3", **RELU),
        linear(5, 8, 3, "net.4.weight"),
        layer(6, "output", "output", SAMPLES, 3, "output"),
    ),
    saturated={2: 0.5, 4: 0.5},
)
"""Linear and ReLU alternating, with the model's output."""

CONVOLUTIONS = Model(
    (
        layer(1, "convolution", "convolution", 9, 4, "features.conv1.weight", row_meaning="input"),
        layer(2, "normalization", "normalization", 1, 4, "features.bn1.weight",
              row_meaning="element"),
        layer(3, "relu", "relu", SAMPLES * 4, 4, "relu", **RELU),
        layer(4, "convolution", "convolution", 36, 4, "features.conv2.weight", row_meaning="input",
              frozen=True),
        layer(5, "relu", "relu", SAMPLES * 4, 4, "relu#2", **RELU),
        replace(linear(6, 4, 3, "fc.weight"), layer_name="layer_6_input"),
        layer(7, "output", "output", SAMPLES, 3, "output"),
    ),
    saturated={3: 0.4, 5: 0.5},
)  # fmt: skip
"""With a normalisation's scale, a frozen convolution that has no rows, and a shared ReLU."""

MIXED = Model(
    (
        layer(1, "embedding", "embedding", 50, 4, "embed.weight", row_meaning="element",
              kept="full"),
        linear(2, 4, 6, "encoder.layers.0.linear1.weight", kept="full"),
        layer(3, "gelu", "gelu", SAMPLES * 5, 6, "encoder.layers.0.activation", gain=1.0,
              flat="below"),
        linear(4, 6, 4, "encoder.layers.0.linear2.weight", kept="full"),
        layer(5, "parameter", "parameter", 3, 4, "position", row_meaning="element"),
        layer(6, "output", "output", SAMPLES, 4, "output", kept="full"),
    ),
    indices={1: (3, 7, 49)},
)  # fmt: skip
"""Some layers keep every gradient, the others statistics; of the embedding few rows are touched."""

WEIGHTS = Model(
    (
        layer(1, "parameter", "parameter", 5, 4, "a", row_meaning="element"),
        layer(2, "attention", "attention", 4, 4, "block.in_proj", row_meaning="input"),
    ),
    updates=None,
)
"""Neither dense layers nor activations nor an output, and no known updates."""


def description(experiment: str, model: Model, **changes: object) -> RunDescription:
    """Return the registration of such a run: watch may not know everything."""
    full = any(each.kept == "full" for each in model.layers)
    values = {
        "seed": None, "dataset": None, "dataset_sha256": None, "precision": "single",
        "telemetry": "full" if full else "statistics", "record_every": 1, "training_images": None,
        "epochs": None, "source": "torch", "recorded_at": "as_stepped",
        "config": {"watch": ADAM | {"batch_size": SAMPLES, "loss": None}},
        "layers": model.layers,
    }  # fmt: skip
    return RunDescription(experiment, **values | changes)


def watched_run(
    url: URL,
    experiment: str,
    model: Model = MLP,
    losses: Sequence[float | None] = (1.1, 0.4),
    steps: Sequence[int] = (1, 2, 3, 5),
    within: Callable[[RecordingSession, int], None] = lambda session, epoch: None,
    metrics: Mapping[str, float | None] | None = None,
    **changes: object,
) -> int:
    """Record an epoch for each of `losses`, and return the run's number.

    `steps` are those that were recorded. `within` is called before an epoch ends. Other arguments
    change the description.
    """
    generator = np.random.default_rng(7)
    told = {"accuracy": None, "test_loss": None, "test_accuracy": None, "learning_rate": 0.001}
    told |= metrics or {}
    with RecordingSession(url, description(experiment, model, **changes)) as session:
        for epoch, loss in enumerate(losses, start=1):
            for step in steps:
                found = _gradients(model, generator)
                session.recorder.record(epoch, step, found)
                session.recorder.record_updates(
                    [None] * len(found) if step in model.skipped else _updates(model, found)
                )
            within(session, epoch)
            recorded = tuple((step, SAMPLES) for step in steps)
            done = EpochMetrics(epoch, loss, seconds=0.5, recorded_steps=recorded, **told)
            session.recorder.close_epoch(done, lambda: None)
        session.finish()
    return session.run.run_id


def _gradients(model: Model, generator: np.random.Generator) -> list[SimpleNamespace | None]:
    found: list[SimpleNamespace | None] = []
    for each in model.layers:
        if each.frozen:
            found.append(None)
            continue
        index = np.array((model.indices or {}).get(each.layer) or (), np.int64)
        rows = len(index) or each.row_count
        gradient = generator.normal(size=(rows, each.width)).astype(np.float32)
        gradient *= (model.sizes or {}).get(each.layer, 1.0)
        share = (model.saturated or {}).get(each.layer)
        counts = None if share is None else np.full(each.width, round(share * rows))
        found.append(
            SimpleNamespace(
                number=each.layer,
                gradient=gradient,
                row_index=index if len(index) else None,
                saturated=lambda counts=counts: counts,
            )
        )
    return found


def _updates(
    model: Model, gradients: Sequence[SimpleNamespace | None]
) -> list[SimpleNamespace | None]:
    found: list[SimpleNamespace | None] = []
    for each, of in zip(model.layers, gradients, strict=True):
        if of is None or each.parameters is None or model.updates is None:
            found.append(None)
            continue
        norm = float(np.linalg.norm(of.gradient.astype(np.float64)))
        found.append(
            SimpleNamespace(clipped_norm=norm, weight_norm=2.0, update_norm=2.0 * model.updates)
        )
    return found
