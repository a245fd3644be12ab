"""PyTorch's training step of the same network: eager, on one CPU thread, from ready tensors."""

import time
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from vanishing_gradients.trainer.datasets import Dataset, batches
from vanishing_gradients.trainer.experiments import Experiment
from vanishing_gradients.trainer.network.dense import Dense
from vanishing_gradients.trainer.network.network import Network

WAYS = {"default": {}, "foreach": {"foreach": True}, "fused": {"fused": True}}
"""How its optimizers can iterate over the parameters; the default on a CPU is a loop."""


def installed() -> bool:
    """Return whether PyTorch is installed; only this comparison needs it."""
    return find_spec("torch") is not None


class PyTorch:
    """The layers of `network`, their weights copied, trained by PyTorch's optimizer.

    The step is the least that trains: no loss is read, no accuracy counted, no rate decays.

    The optimizer is SGD or Adam without a schedule; the network has dense layers, sigmoid or ReLU,
    and softmax; `steps` batches come from the data set's first images; `way` is a key of WAYS.
    """

    def __init__(
        self, experiment: Experiment, network: Network, dataset: Dataset, steps: int, way: str
    ) -> None:
        import torch  # optional

        torch.set_num_threads(1)
        self.network = torch.nn.Sequential(*_layers(torch, network))
        self._loss = torch.nn.CrossEntropyLoss()
        self._optimizer = _optimizer(torch, experiment, self.network.parameters(), WAYS[way])
        few = dataset.limited(steps * experiment.batch_size)
        self._batches = [
            (torch.tensor(x), torch.tensor(y))
            for _, x, y in batches(
                few.train_images, few.train_labels, experiment.batch_size, network.dtype
            )
        ]

    def seconds(self, steps: int) -> float:
        """Return the CPU time of `steps` consecutive steps."""
        start = time.process_time()
        for x, y in self._batches[:steps]:
            self._optimizer.zero_grad()
            self._loss(self.network(x), y).backward()
            self._optimizer.step()
        return time.process_time() - start


def _layers(torch: Any, network: Network) -> Sequence:
    activations = {"sigmoid": torch.nn.Sigmoid, "relu": torch.nn.ReLU}
    layers = []
    for layer in network.layers[:-1]:  # the loss combines softmax and cross-entropy here too
        if not isinstance(layer, Dense):
            layers.append(activations[layer.kind]())
            continue
        dtype = torch.float64 if layer.dtype == np.float64 else torch.float32
        linear = torch.nn.Linear(layer.n_in, layer.width, dtype=dtype)
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(layer.parameters["weights"].T))
            linear.bias.zero_()
        layers.append(linear)
    return layers


def _optimizer(torch: Any, experiment: Experiment, parameters: Any, options: dict) -> Any:
    settings = experiment.optimizer
    if settings.kind == "adam":
        options = options | {"betas": (settings.beta_1, settings.beta_2), "eps": settings.epsilon}
        return torch.optim.Adam(parameters, lr=settings.learning_rate, **options)
    options = options | {"momentum": settings.momentum}
    return torch.optim.SGD(parameters, lr=settings.learning_rate, **options)
