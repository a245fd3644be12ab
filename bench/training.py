"""The trainer's loop, telemetry off, with a recorder that keeps nothing, or every chunk."""

import time
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace

import numpy as np

from vanishing_gradients.sql.objects import ExperimentSchema
from vanishing_gradients.telemetry.chunk import Assembler, Chunk
from vanishing_gradients.telemetry.recording import RecordedLayer
from vanishing_gradients.trainer.assembly import build_network, build_optimizer
from vanishing_gradients.trainer.datasets import Dataset
from vanishing_gradients.trainer.experiments import Experiment
from vanishing_gradients.trainer.loop import Progress, train

NOTHING = SimpleNamespace(record=lambda *_: False, close_epoch=lambda *_: None, finish=lambda: None)
"""A recorder that keeps nothing."""


class Training:
    """An experiment's network and optimizer, which continue from call to call.

    It is trained on the data set's first images, one step more than the `steps` that are measured.
    """

    def __init__(
        self,
        experiment: Experiment,
        dataset: Dataset,
        steps: int,
        dtype: np.dtype,
        generator: np.random.Generator,
    ) -> None:
        few = dataset.limited((steps + 1) * experiment.batch_size)
        # Each epoch ends with an evaluation, which is not part of a step: one image is enough.
        self._dataset = replace(
            few, test_images=few.test_images[:1], test_labels=few.test_labels[:1]
        )
        self._batch_size = experiment.batch_size
        self._generator = generator
        self._optimizer = build_optimizer(experiment)
        features = few.train_images.shape[1]
        self.network = build_network(experiment, features, few.classes, dtype, generator)

    def seconds(self, steps: int) -> float:
        """Return the CPU time of `steps` steps, from the end of one to the end of the last."""
        ends: list[float] = []

        def observe(progress: Progress) -> None:
            ends.append(time.process_time())

        train(
            self.network, self._optimizer, self._dataset, self._batch_size, 1, self._generator,
            NOTHING, observe,
        )  # fmt: skip
        return ends[steps] - ends[0]


def gradients(
    experiment: Experiment, dataset: Dataset, shape: ExperimentSchema, dtype: np.dtype, steps: int
) -> list[Chunk]:
    """Train `steps` steps and return the gradients of all layers."""
    generator = np.random.default_rng(1)
    few = dataset.limited(steps * experiment.batch_size)
    network = build_network(experiment, few.train_images.shape[1], few.classes, dtype, generator)
    assemblers = [Assembler(layer, dtype) for layer in shape.layers]
    chunks: list[Chunk | None] = []

    def record(epoch: int, step: int, layers: Sequence[RecordedLayer]) -> None:
        for assembler, layer in zip(assemblers, layers, strict=True):
            chunks.append(assembler.add(epoch, step, layer.gradient))

    recorder = SimpleNamespace(**vars(NOTHING) | {"record": record})
    optimizer = build_optimizer(experiment)
    train(network, optimizer, few, experiment.batch_size, 1, generator, recorder, lambda _: None)
    return [each for each in chunks + [own.take() for own in assemblers] if each is not None]
