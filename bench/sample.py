"""Real gradients to measure with: the first steps of sigmoid_sgd, as chunks."""

from collections.abc import Callable, Sequence

import numpy as np

from vanishing_gradients.sql.objects import ExperimentSchema
from vanishing_gradients.telemetry.chunk import Assembler, Chunk
from vanishing_gradients.telemetry.recording import EpochMetrics, RecordedLayer, State
from vanishing_gradients.trainer.assembly import build_network, build_optimizer
from vanishing_gradients.trainer.datasets import Dataset
from vanishing_gradients.trainer.experiments import Experiment
from vanishing_gradients.trainer.loop import train


class Collector:
    """A recorder that keeps every chunk in memory."""

    def __init__(self, shape: ExperimentSchema, dtype: np.dtype) -> None:
        self._assemblers = [Assembler(layer, dtype) for layer in shape.layers]
        self.chunks: list[Chunk] = []

    def record(self, epoch: int, step: int, layers: Sequence[RecordedLayer]) -> None:
        """Take the gradients of one step."""
        for assembler, layer in zip(self._assemblers, layers, strict=True):
            chunk = assembler.add(epoch, step, layer.gradient)
            if chunk:
                self.chunks.append(chunk)

    def close_epoch(self, metrics: EpochMetrics, state: Callable[[], State]) -> None:
        """Take what is left."""
        self.chunks += [chunk for each in self._assemblers if (chunk := each.take())]

    def finish(self) -> None:
        """Nothing is left to do."""


def gradients(
    experiment: Experiment, dataset: Dataset, shape: ExperimentSchema, dtype: np.dtype, steps: int
) -> list[Chunk]:
    """Train `steps` steps and return the gradients of all layers."""
    generator = np.random.default_rng(1)
    few = dataset.limited(steps * experiment.batch_size)
    network = build_network(experiment, few.train_images.shape[1], 10, dtype, generator)
    collector = Collector(shape, dtype)
    optimizer = build_optimizer(experiment)
    train(
        network, optimizer, few, experiment.batch_size, 1, generator, collector, lambda _: None
    )  # fmt: skip
    return collector.chunks
