"""The networks of bench/cases as a user of PyTorch writes and trains them, watched.

The diagnosis knows an experiment's file. Of a watched model it knows the layers, the optimizer,
the gradients and the losses; the same network has the same fault, and this trains it.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from sqlalchemy import URL, text

from vanishing_gradients.sql.connection import engine
from vanishing_gradients.sql.names import LONGEST_EXPERIMENT
from vanishing_gradients.telemetry.watch import watch
from vanishing_gradients.trainer.datasets import Dataset, scaled
from vanishing_gradients.trainer.datasets.dataset import CLASSES
from vanishing_gradients.trainer.experiments import Experiment

ACTIVATIONS = {"identity": "Identity", "relu": "ReLU", "sigmoid": "Sigmoid", "tanh": "Tanh"}
TRANSLATED = {
    "name", "description", "hidden_widths", "activation", "optimizer", "penalties", "dropout",
    "batch_normalization", "initial_weight_scale", "initialization", "initial_bias", "loss",
    "output", "dataset", "inputs", "labels", "batch_size", "epochs",
}  # fmt: skip
"""Keys of an experiment that have their equivalent here."""
Loss = Callable[[Any, Any], Any]
"""Takes the model's outputs and the labels."""


def trained(experiment: Experiment, dataset: Dataset, url: URL, seed: int = 1) -> int:
    """Train the experiment's network in PyTorch on `dataset`, watched, and return the run's number.

    Gradients are kept as statistics, in the database at `url`.

    Raises:
        ValueError: the experiment has a key that is not translated; or it normalises over batches
            of one image, which PyTorch refuses: "Expected more than 1 value per channel when
            training".
    """
    import torch  # optional

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    data = dataset.with_inputs(experiment.inputs).with_labels(experiment.labels, seed)
    images, test_images = (
        torch.from_numpy(scaled(each, np.float32, scaling=data.scaling))
        for each in (data.train_images, data.test_images)
    )
    labels, test_labels = map(torch.tensor, (data.train_labels, data.test_labels))
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(images, labels), experiment.batch_size, shuffle=True
    )
    model = network(experiment, images.shape[1])
    optimizer, loss_fn = optimizer_of(experiment, model), loss_of(experiment)
    # Runs of the trainer have the experiment's own name, and other layers.
    name = f"torch_{experiment.name}"[:LONGEST_EXPERIMENT]
    with watch(
        model, optimizer, experiment=name, url=url, seed=seed, dataset=data.name,
        epochs=experiment.epochs, on_error="raise",
    ) as w:  # fmt: skip
        for _ in range(experiment.epochs):
            for x, y in w.epoch(loader):
                optimizer.zero_grad()
                outputs = model(x)
                loss = loss_fn(outputs, y)
                loss.backward()
                optimizer.step()
                w.log(loss=loss, accuracy=_accuracy(outputs, y))
            model.eval()
            with torch.no_grad():
                outputs = model(test_images)
                w.evaluated(
                    loss=loss_fn(outputs, test_labels), accuracy=_accuracy(outputs, test_labels)
                )
            model.train()
    return _newest(url)


def network(experiment: Experiment, features: int) -> Any:
    """Return the experiment's layers as an nn.Sequential, their weights as it starts them."""
    unknown = experiment.model_dump().keys() - TRANSLATED
    unknown |= set(experiment.activations) - ACTIVATIONS.keys()
    if unknown:
        raise ValueError(f"{experiment.name}: not translated are {', '.join(sorted(unknown))}")
    from torch import nn

    widths = (features, *experiment.hidden_widths, CLASSES)
    linears = [nn.Linear(inputs, neurons) for inputs, neurons in pairwise(widths)]
    for linear, initializer in zip(linears, experiment.initializers, strict=True):
        _initialize(nn.init, linear, initializer, experiment.initial_bias)
    layers: list[Any] = []
    hidden = zip(linears[:-1], experiment.activations, experiment.dropouts, strict=True)
    for linear, activation, rate in hidden:
        layers.append(linear)
        if experiment.batch_normalization:
            layers.append(nn.BatchNorm1d(linear.out_features))
        layers.append(getattr(nn, ACTIVATIONS[activation])())
        if rate:
            layers.append(nn.Dropout(rate))
    layers.append(linears[-1])
    if experiment.loss == "mean_squared_error":
        layers.append(nn.Sigmoid() if experiment.output == "sigmoid" else nn.Softmax(dim=1))
    return nn.Sequential(*layers)


def optimizer_of(experiment: Experiment, model: Any) -> Any:
    """Return the optimizer, which also is where PyTorch has the penalty on weights: and biases.

    The gradient of strength * w^2 is twice the strength times w.
    """
    from torch import optim

    settings, penalties = experiment.optimizer, experiment.penalties
    others = penalties.weight_l1 or penalties.bias_l1 or penalties.bias_l2
    if settings.decay or settings.schedule or others:
        raise ValueError(f"{experiment.name}: not translated are schedules and other penalties")
    options: dict[str, Any] = {"lr": settings.learning_rate}
    if penalties.weight_l2:
        options["weight_decay"] = 2.0 * penalties.weight_l2
    if settings.kind == "sgd":
        options |= {"momentum": settings.momentum, "nesterov": settings.nesterov}
        return optim.SGD(model.parameters(), **options)
    if settings.kind == "adagrad":
        return optim.Adagrad(model.parameters(), eps=settings.epsilon, **options)
    if settings.kind == "adam":
        betas = (settings.beta_1, settings.beta_2)
        return optim.Adam(model.parameters(), betas=betas, eps=settings.epsilon, **options)
    raise ValueError(f"{experiment.name}: not translated is {settings.kind}")


def loss_of(experiment: Experiment) -> Loss:
    """Return the loss function, which takes labels as they are.

    Cross-entropies take logits: they have their own softmax, or sigmoid.
    """
    from torch import nn

    if experiment.loss == "cross_entropy" and experiment.output == "softmax":
        return nn.CrossEntropyLoss()
    squared = experiment.loss == "mean_squared_error"
    of_classes = nn.MSELoss() if squared else nn.BCEWithLogitsLoss()
    return lambda outputs, y: of_classes(outputs, nn.functional.one_hot(y, CLASSES).float())


def _initialize(init: Any, linear: Any, initializer: Any, bias: float | None) -> None:
    """Draw a layer's weights as its initializer says; biases start at 0, or at `bias`."""
    uniform = getattr(initializer, "distribution", "normal") == "uniform"
    kaiming = init.kaiming_uniform_ if uniform else init.kaiming_normal_
    xavier = init.xavier_uniform_ if uniform else init.xavier_normal_
    draws: dict[str, Callable[[Any], Any]] = {
        "normal": lambda weight: init.normal_(weight, std=initializer.scale),
        "uniform": lambda weight: init.uniform_(weight, -initializer.limit, initializer.limit),
        "constant": lambda weight: init.constant_(weight, initializer.value),
        "glorot": xavier,
        "he": lambda weight: kaiming(weight, nonlinearity="relu"),
        "lecun": lambda weight: kaiming(weight, nonlinearity="linear"),
        "keras_default": init.xavier_uniform_,
    }
    if initializer.kind in draws:
        draws[initializer.kind](linear.weight)
        init.zeros_(linear.bias)
    elif initializer.kind != "pytorch_default":  # which nn.Linear has drawn by itself
        raise ValueError(f"not translated is the initialisation {initializer.kind}")
    if bias is not None:
        init.constant_(linear.bias, bias)


def _accuracy(outputs: Any, y: Any) -> Any:
    return (outputs.argmax(dim=1) == y).float().mean()


def _newest(url: URL) -> int:
    """Return the number of the newest watched run: its name may have become another's."""
    database = engine(url)
    with database.connect() as connection:
        found = connection.scalar(text("SELECT MAX(run_id) FROM runs WHERE source = 'torch'"))
    database.dispose()
    return int(found)
