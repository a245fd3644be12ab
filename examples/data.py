"""The bundled sample of Fashion-MNIST, as tensors: no download."""

import torch
from torch.utils.data import DataLoader, TensorDataset

from vanishing_gradients.trainer.datasets import load


def loaders(batch_size: int, images: int | None = None) -> tuple[DataLoader, DataLoader]:
    """Return batches (image, label), images of shape (n, 28, 28), to train on and held out."""
    sample = load("sample")

    def loader(pixels, labels, shuffle):
        scaled = torch.tensor(pixels, dtype=torch.float32).reshape(-1, 28, 28) / 255
        pairs = TensorDataset(scaled[:images], torch.tensor(labels, dtype=torch.long)[:images])
        return DataLoader(pairs, batch_size=batch_size, shuffle=shuffle)

    train = loader(sample.train_images, sample.train_labels, True)
    return train, loader(sample.test_images, sample.test_labels, False)


@torch.no_grad()
def evaluate(model: torch.nn.Module, batches: DataLoader) -> dict[str, float]:
    """Return the loss and the accuracy on held-out data, ready for `w.evaluated`."""
    model.eval()
    outputs = torch.cat([model(images) for images, _ in batches])
    labels = torch.cat([labels for _, labels in batches])
    model.train()
    loss = torch.nn.functional.cross_entropy(outputs, labels)
    return {"loss": float(loss), "accuracy": float((outputs.argmax(1) == labels).float().mean())}
