"""Runs with rows in every layer and every table of the catalogue."""

import numpy as np

from vanishing_gradients.telemetry.chunk import Chunk
from vanishing_gradients.telemetry.loader import Loader
from vanishing_gradients.telemetry.recording import EpochMetrics
from vanishing_gradients.telemetry.runs import Run
from vanishing_gradients.telemetry.statistics import (
    NEURON_COLUMNS,
    STEP_COLUMNS,
    EpochStatistics,
)

EPOCHS = 2
STEPS = 3


def fill(run: Run, loader: Loader | None, finish: bool = True, seed: int = 1) -> Run:
    """Store two epochs of three steps, and end the run as a trainer does."""
    generator = np.random.default_rng(seed)
    for epoch in range(1, EPOCHS + 1):
        for layer in run.shape.layers if loader else ():
            for step in range(1, STEPS + 1):
                values = generator.normal(size=(4 + layer.number, layer.width))
                rows = np.array([len(values)])
                loader.put(Chunk(layer, epoch, np.array([step]), rows, values))
        statistics = EpochStatistics(
            _ones(run, epoch, STEPS, len(STEP_COLUMNS)),
            _ones(run, epoch, run.shape.layers[0].width, len(NEURON_COLUMNS)),
            [
                (layer.number, epoch, 1, exponent, 6)
                for layer in run.shape.layers
                for exponent in (0, 1)
            ],
        )
        metrics = EpochMetrics(epoch, 1.0, 0.5, 1.0, 0.5, 0.1, 1.0)
        run.close_epoch(metrics, statistics, {"weights": generator.normal(size=3)})
    if finish:
        run.finish("finished")
        run.close()
    return run


def _ones(run: Run, epoch: int, count: int, columns: int) -> list[tuple]:
    """Rows of every layer, numbered from 1 to `count`, with ones after the number."""
    return [
        (layer.number, epoch, number, *([1] * (columns - 3)))
        for layer in run.shape.layers
        for number in range(1, count + 1)
    ]
