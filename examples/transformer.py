"""A transformer of four layers, 256 wide, watched: it reads an image as 28 tokens, one per row.

python examples/transformer.py, after `vanishing-gradients up`.
"""

import torch
from data import evaluate, loaders
from torch import Tensor, nn

from vanishing_gradients import watch

IMAGES, WIDTH, LAYERS = 1_920, 256, 4


class Transformer(nn.Module):
    """Attention over the 28 rows of an image, and a head on their mean."""

    def __init__(self) -> None:
        super().__init__()
        self.rows = nn.Linear(28, WIDTH)
        self.places = nn.Embedding(28, WIDTH)
        layer = nn.TransformerEncoderLayer(
            WIDTH, 4, 2 * WIDTH, dropout=0.0, activation=nn.GELU(), batch_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, LAYERS)
        self.head = nn.Linear(WIDTH, 10)

    def forward(self, images: Tensor) -> Tensor:
        """Return the outputs, (samples, 10), for images (samples, 28, 28)."""
        tokens = self.rows(images) + self.places(torch.arange(28))
        return self.head(self.encoder(tokens).mean(1))


def main() -> None:
    """Train it with AdamW and a warm-up, statistics only; an epoch is a window of 20 steps."""
    torch.manual_seed(1)
    train, held_out = loaders(batch_size=32, images=IMAGES)
    model = Transformer()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4)
    warm_up = torch.optim.lr_scheduler.LinearLR(optimizer, 0.1, total_iters=20)
    with watch(model, optimizer, experiment="example_transformer", seed=1, steps_per_epoch=20) as w:
        for images, labels in w.epoch(train):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.step()
            warm_up.step()
            w.log(loss=loss)
        w.evaluated(**evaluate(model, held_out))


if __name__ == "__main__":
    main()
