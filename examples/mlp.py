"""The paper's network in PyTorch, sigmoids all the way down, watched: see its gradients vanish.

python examples/mlp.py, after `vanishing-gradients up`.
"""

from itertools import pairwise

import torch
from data import evaluate, loaders
from torch import nn

from vanishing_gradients import watch

EPOCHS = 2
WIDTHS = (784, 128, 128, 64, 32, 16, 10)


def network() -> nn.Sequential:
    """Return dense layers with sigmoids between them, for images of 28 x 28 pixels."""
    layers: list[nn.Module] = [nn.Flatten()]
    for inputs, neurons in pairwise(WIDTHS):
        layers += [nn.Linear(inputs, neurons), nn.Sigmoid()]
    return nn.Sequential(*layers[:-1])


def main() -> None:
    """Train it, storing every gradient of every step in the database."""
    torch.manual_seed(1)
    train, held_out = loaders(batch_size=128)
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watch(
        model, optimizer, experiment="example_mlp", telemetry="full", seed=1, epochs=EPOCHS,
        dataset="fashion-mnist sample",
    ) as w:  # fmt: skip
        for _ in range(EPOCHS):
            for images, labels in w.epoch(train):
                optimizer.zero_grad()
                loss = nn.functional.cross_entropy(model(images), labels)
                loss.backward()
                optimizer.step()
                w.log(loss=loss)
            w.evaluated(**evaluate(model, held_out))


if __name__ == "__main__":
    main()
