"""The training loop: forward, loss, backward, record, update. No files, screens or servers."""

import ast
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from vanishing_gradients.telemetry.recording import EpochMetrics, Recorder
from vanishing_gradients.trainer.datasets import Dataset, batches
from vanishing_gradients.trainer.network.clipping import Clipping
from vanishing_gradients.trainer.network.network import Network
from vanishing_gradients.trainer.network.optimizers import Optimizer
from vanishing_gradients.trainer.network.updates import UpdateWatch


@dataclass(frozen=True)
class Progress:
    """The progress of training: `step` of `steps` in `epoch`.

    Loss (in nats for a cross-entropy) and accuracy, a fraction, are means over the epoch so far.
    """

    epoch: int
    step: int
    steps: int
    loss: float
    accuracy: float


def train(
    network: Network,
    optimizer: Optimizer,
    dataset: Dataset,
    batch_size: int,
    epochs: int,
    generator: np.random.Generator,
    recorder: Recorder,
    observer: Callable[[Progress], None],
    first_epoch: int = 1,
    clipping: Clipping | None = None,
) -> None:
    """Train on `dataset`, in its order, and pass every step's gradients to `recorder`.

    The recorded values are gradients before `clipping`, and the update of each recorded step.
    Reported losses are those of the data, without penalties. `generator` is the network's source
    of randomness; it is part of the state that a recorder may keep. After `restore_training`,
    training continues at `first_epoch`, bit for bit as if it had never stopped.
    """
    images, labels = dataset.train_images, dataset.train_labels
    steps = -(-len(images) // batch_size)
    watch = UpdateWatch(network)
    for epoch in range(first_epoch, epochs + 1):
        start, loss, correct, seen = time.perf_counter(), 0.0, 0, 0
        for step, x, y in batches(images, labels, batch_size, network.dtype, dataset.scaling):
            network.forward(x, training=True)
            loss += network.loss(y) * len(y)
            correct += network.correct(y)
            seen += len(y)
            network.backward(y)
            recorded = recorder.record(epoch, step, network.layers)
            if clipping:
                clipping.clip(network)
            learning_rate = optimizer.rate
            if recorded:
                watch.before()
            optimizer.step(network)
            if recorded:
                recorder.record_updates(watch.after())
            observer(Progress(epoch, step, steps, loss / seen, correct / seen))
        test_loss, test_accuracy = evaluate(network, dataset)
        metrics = EpochMetrics(
            epoch, loss / seen, correct / seen, test_loss, test_accuracy,
            learning_rate, time.perf_counter() - start,
        )  # fmt: skip
        recorder.close_epoch(metrics, lambda: training_state(network, optimizer, generator))
    recorder.finish()


def evaluate(network: Network, dataset: Dataset, size: int = 1000) -> tuple[float, float]:
    """Return the loss, as in training, and the accuracy, a fraction, over all test images."""
    loss, correct = 0.0, 0
    images, labels = dataset.test_images, dataset.test_labels
    for _, x, y in batches(images, labels, size, network.dtype, dataset.scaling):
        network.forward(x, training=False)
        loss += network.loss(y) * len(y)
        correct += network.correct(y)
    return loss / len(labels), correct / len(labels)


def training_state(network: Network, optimizer: Optimizer, generator: np.random.Generator) -> dict:
    """Return everything that the next epoch depends on, exactly: weights, optimizer, generator."""
    state = {f"network.{name}": value for name, value in network.state().items()}
    state |= {f"optimizer.{name}": value for name, value in optimizer.state().items()}
    return state | {"generator": str(generator.bit_generator.state)}


def restore_training(
    state: Mapping[str, np.ndarray],
    network: Network,
    optimizer: Optimizer,
    generator: np.random.Generator,
) -> None:
    """Restore what `training_state` returned; raises ValueError if it is another network's."""
    for part, prefix in ((network, "network."), (optimizer, "optimizer.")):
        names = [name for name in state if name.startswith(prefix)]
        part.restore({name.removeprefix(prefix): state[name] for name in names})
    generator.bit_generator.state = ast.literal_eval(str(state["generator"]))
