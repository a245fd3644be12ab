"""A data set: training and test images with their classes.

Images stay as they were read until a batch of them is scaled. Whatever a row of numbers stands for,
it is called an image here, and its numbers are called pixels.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np
from numpy.typing import DTypeLike

from vanishing_gradients.trainer.datasets.idx import IdxFile
from vanishing_gradients.trainer.datasets.scaling import (
    PLUS_MINUS_ONE,
    Scaling,
    scaled,
    scaling_of,
)
from vanishing_gradients.trainer.errors import DatasetError
from vanishing_gradients.words import counted

IMAGE_SHAPE = (28, 28)
CLASSES = 10
"""The shape of an image and the number of classes of every published data set."""
LABELS = ("true", "shuffled", "constant")
"""What training images may be labelled with. The first is the default."""
SHUFFLING = 1
"""What sets the draws that shuffle labels apart from all others of the same seed."""
BALANCING = 20251125
"""The seed of the labels of a data set that is a control."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images and labels, read-only, with their identity and where they were found.

    train_images and test_images: uint8, or for data of one's own also float32 or float64,
    (n, pixels), rows of a picture one after the other.
    train_labels and test_labels: int64 (n,), from 0 to below `classes`.
    sha256: of the text that `sha256sum` prints for the four decompressed files, in the order
    training images, training labels, test images, test labels. It names the files: `limited` and
    `shuffled` leave it as it is. For one's own data see own.py.
    source: the folder or file that they were read from, as said to the user.
    scaling: what training and test images are scaled by.
    alike: whether all pixels have one scale; else each has its own, as the columns of a table do.
    class_counts: of one's own data, how many training images there are of each class; None for a
    published data set, whose classes are about equal.
    """

    name: str
    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    sha256: str
    source: str
    scaling: Scaling = PLUS_MINUS_ONE
    classes: int = CLASSES
    alike: bool = True
    class_counts: tuple[int, ...] | None = None

    def limited(self, n: int) -> "Dataset":
        """Return the data set with its first `n` training images and all test images.

        The first in this data set's order: limit before shuffling to get the first in the file.
        Raises DatasetError unless 1 <= n <= number of training images.
        """
        available = len(self.train_images)
        whole = isinstance(n, int | np.integer) and not isinstance(n, bool)
        if not (whole and 1 <= n <= available):
            raise DatasetError(
                f"Cannot limit {self.name} to {n} training images: "
                f"give a whole number from 1 to {available}."
            )
        images, labels, counts = self.train_images[:n], self.train_labels[:n], self.class_counts
        if counts is not None:
            counts = tuple(np.bincount(labels, minlength=self.classes).tolist())
        return replace(self, train_images=images, train_labels=labels, class_counts=counts)

    def shuffled(self, generator: np.random.Generator) -> "Dataset":
        """Return the data set with its training images in an order drawn from `generator`."""
        order = generator.permutation(len(self.train_images))
        return replace(
            self,
            train_images=frozen(self.train_images[order]),
            train_labels=frozen(self.train_labels[order]),
        )

    def with_inputs(self, inputs: str) -> "Dataset":
        """Return the data set with another scale of its inputs, one of INPUTS.

        What depends on the images does so on the training images that there are: limit first.
        """
        return replace(self, scaling=scaling_of(inputs, self.train_images, self.alike))

    def with_labels(self, labels: str, seed: int) -> "Dataset":
        """Return the data set with its training labels as one of LABELS says; test labels stay.

        Shuffled ones change places by the seed and nothing else: each class keeps its number, but
        an image says nothing of its label. Constant ones are all 0.
        Source: Zhang, Bengio, Hardt, Recht and Vinyals (2017), Understanding deep learning requires
        rethinking generalization, section 2.1, https://arxiv.org/abs/1611.03530
        """
        given = self.train_labels
        if labels == "shuffled":
            given = frozen(np.random.default_rng([seed, SHUFFLING]).permutation(given))
        elif labels == "constant":
            given = frozen(np.zeros_like(given))
        elif labels != "true":
            raise ValueError(f"labels are {labels!r}, not one of {', '.join(LABELS)}")
        return replace(self, train_labels=given)

    def with_balanced_labels(self) -> "Dataset":
        """Return the data set with labels that say nothing: as many of each class, in random order.

        Training and test labels both, the same for every seed: it is another data set, and its
        `sha256` another. A class more may have one image more.
        """
        generator = np.random.default_rng(BALANCING)
        made = [
            frozen(generator.permutation(np.arange(len(labels), dtype=np.int64) % self.classes))
            for labels in (self.train_labels, self.test_labels)
        ]
        text = self.sha256.encode() + b"".join(labels.tobytes() for labels in made)
        return replace(
            self, train_labels=made[0], test_labels=made[1], sha256=sha256(text).hexdigest()
        )


def assembled(name: str, source: str, files: Sequence[IdxFile]) -> Dataset:
    """Assemble a data set from training images, training labels, test images, test labels.

    Raises DatasetError if pictures are not 28 x 28, a label is above 9, or the numbers of images
    and labels differ.
    """
    arrays = []
    for images, labels in (files[:2], files[2:]):
        shape, highest = images.array.shape[1:], labels.array.max()
        if shape != IMAGE_SHAPE:
            raise images.error(f"holds images of {shape[0]} x {shape[1]} pixels instead of 28 x 28")
        if len(images.array) != len(labels.array):
            raise images.error(
                f"holds {counted(len(images.array), 'image')}, but {labels.path.name} next to it "
                f"{counted(len(labels.array), 'label')}"
            )
        if highest >= CLASSES:
            raise labels.error(
                f"holds the label {highest}, where the classes are 0 to {CLASSES - 1}"
            )
        arrays.append(frozen(images.array.reshape(len(images.array), -1)))
        arrays.append(frozen(labels.array.astype(np.int64)))
    sums = [f"{file.sha256}  {file.path.name.removesuffix('.gz')}\n" for file in files]
    fingerprint = sha256("".join(sums).encode()).hexdigest()
    return Dataset(name, *arrays, sha256=fingerprint, source=source)


def batches(
    images: np.ndarray,
    labels: np.ndarray,
    size: int,
    dtype: DTypeLike,
    scaling: Scaling = PLUS_MINUS_ONE,
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Yield (step, x, y) in order: step from 1, x (batch, pixels) scaled in `dtype`, y (batch,).

    `images` is (n, pixels), `labels` (n,). The last batch may be smaller. All x share one
    buffer: copy a batch to keep it beyond the next. Raises ValueError for a size below 1, or if the
    numbers of images and labels differ.
    """
    if size < 1:
        raise ValueError(f"a batch of {size} images: at least 1 is needed")
    if len(images) != len(labels):
        raise ValueError(f"{len(images)} images and {len(labels)} labels do not belong together")
    buffer = np.empty((min(size, len(images)), *images.shape[1:]), dtype)
    parts = [slice(start, start + size) for start in range(0, len(images), size)]
    return (
        (step, scaled(images[part], dtype, buffer[: len(labels[part])], scaling), labels[part])
        for step, part in enumerate(parts, start=1)
    )


def frozen(array: np.ndarray) -> np.ndarray:
    """Return the array, which nobody can write to from now on."""
    array.flags.writeable = False
    return array
