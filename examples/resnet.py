"""A small residual network, watched: convolutions, BatchNorm, and one in-place ReLU per block.

python examples/resnet.py, after `vanishing-gradients up`.
"""

import torch
from data import evaluate, loaders
from torch import Tensor, nn

from vanishing_gradients import watch

EPOCHS, IMAGES = 2, 2_560


class Block(nn.Module):
    """Two convolutions with a skip connection; both activations are the same module."""

    def __init__(self, inputs: int, filters: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, filters, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(filters)
        self.conv2 = nn.Conv2d(filters, filters, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(filters)
        self.relu = nn.ReLU(inplace=True)
        self.shortcut = nn.Conv2d(inputs, filters, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return (samples, filters, height / stride, width / stride)."""
        y = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


class ResNet(nn.Module):
    """Three blocks, of 8, 16 and 32 filters, for images of 28 x 28 pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 8, 3, padding=1, bias=False)
        self.blocks = nn.Sequential(Block(8, 8, 1), Block(8, 16, 2), Block(16, 32, 2))
        self.head = nn.Linear(32, 10)

    def forward(self, images: Tensor) -> Tensor:
        """Return the outputs, (samples, 10), for images (samples, 28, 28)."""
        return self.head(self.blocks(self.stem(images.unsqueeze(1))).mean((2, 3)))


def main() -> None:
    """Train it with AdamW, storing statistics of every layer and neuron in the database."""
    torch.manual_seed(1)
    train, held_out = loaders(batch_size=64, images=IMAGES)
    model = ResNet()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.003)
    with watch(model, optimizer, experiment="example_resnet", seed=1, epochs=EPOCHS) as w:
        for _ in range(EPOCHS):
            for images, labels in w.epoch(train):
                optimizer.zero_grad()
                loss = nn.functional.cross_entropy(model(images), labels)
                loss.backward()
                w.before_clipping()
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                w.log(loss=loss)
            w.evaluated(**evaluate(model, held_out))


if __name__ == "__main__":
    main()
