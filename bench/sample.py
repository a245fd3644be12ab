"""Real gradients to measure with: the first steps of sigmoid_sgd, as chunks."""

from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np

from bench.training import NOTHING
from vanishing_gradients.sql.objects import ExperimentSchema
from vanishing_gradients.telemetry.chunk import Assembler, Chunk
from vanishing_gradients.telemetry.recording import RecordedLayer
from vanishing_gradients.trainer.assembly import build_network, build_optimizer
from vanishing_gradients.trainer.datasets import Dataset
from vanishing_gradients.trainer.datasets.dataset import CLASSES
from vanishing_gradients.trainer.experiments import Experiment
from vanishing_gradients.trainer.loop import train


def gradients(
    experiment: Experiment, dataset: Dataset, shape: ExperimentSchema, dtype: np.dtype, steps: int
) -> list[Chunk]:
    """Train `steps` steps and return the gradients of all layers."""
    generator = np.random.default_rng(1)
    few = dataset.limited(steps * experiment.batch_size)
    network = build_network(experiment, few.train_images.shape[1], CLASSES, dtype, generator)
    assemblers = [Assembler(layer, dtype) for layer in shape.layers]
    chunks: list[Chunk | None] = []

    def record(epoch: int, step: int, layers: Sequence[RecordedLayer]) -> None:
        for assembler, layer in zip(assemblers, layers, strict=True):
            chunks.append(assembler.add(epoch, step, layer.gradient))

    recorder = SimpleNamespace(
        record=record, close_epoch=NOTHING.close_epoch, finish=NOTHING.finish
    )
    optimizer = build_optimizer(experiment)
    train(network, optimizer, few, experiment.batch_size, 1, generator, recorder, lambda _: None)
    return [each for each in chunks + [own.take() for own in assemblers] if each is not None]
