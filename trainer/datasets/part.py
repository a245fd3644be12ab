"""A part of somebody's own data: images and labels as a file holds them, and what they must be."""

from dataclasses import dataclass

import numpy as np

from vanishing_gradients.trainer.errors import DatasetError

LARGEST = 1e30
"""The largest magnitude of a number: far below the largest of single precision, 3e38."""
INPUTS_MAX = 1_000_000
"""The most numbers that an image may have."""
_AT_ONCE = 1000


@dataclass(frozen=True, eq=False)
class Part:
    """The training or the test images, not yet checked, with what errors call them.

    images: (n, ...), one image after the other. labels: (n,).
    images_name and labels_name: where they are, as the start of a sentence.
    """

    images: np.ndarray
    labels: np.ndarray
    images_name: str
    labels_name: str

    def checked(self) -> "Part":
        """Return the part, images as uint8, float32 or float64 and labels as int64, or complain.

        Raises DatasetError unless there is an image, each has a label, a whole number from 0 up,
        and every pixel is a finite number.
        """
        labels = self._labels()
        images = self._images()
        if len(images) != len(labels):
            raise DatasetError(
                f"{self.images_name} holds {len(images):,} images, but {self.labels_name} "
                f"{len(labels):,} labels: give each image one label."
            )
        return Part(images, labels, self.images_name, self.labels_name)

    def _images(self) -> np.ndarray:
        images, name = self.images, self.images_name
        if images.ndim < 2:
            raise DatasetError(
                f"{name} has the shape {images.shape}: one image after the other is needed, as in "
                "(images, inputs) or (images, rows, columns)."
            )
        if not images.size:
            raise DatasetError(f"{name} is empty, of shape {images.shape}: it needs an image.")
        if (inputs := images[0].size) > INPUTS_MAX:
            raise DatasetError(
                f"{name} holds images of {inputs:,} numbers: give them at most {INPUTS_MAX:,}."
            )
        if images.dtype.kind not in "buif":
            raise DatasetError(f"{name} is of type {images.dtype}: images are numbers.")
        if images.dtype not in (np.uint8, np.float32):
            images = images.astype(np.float64)
        images = np.ascontiguousarray(images)
        if images.dtype != np.uint8:
            for start in range(0, len(images), _AT_ONCE):
                part = images[start : start + _AT_ONCE]
                wrong = ~(np.abs(part) <= LARGEST)
                if wrong.any():
                    place = tuple(int(each) for each in np.argwhere(wrong)[0])
                    where = (start + place[0], *place[1:])
                    raise DatasetError(
                        f"{name} holds {part[place]} at {list(where)}: use finite numbers of at "
                        f"most {LARGEST:g} in size."
                    )
        return images

    def _labels(self) -> np.ndarray:
        labels, name = self.labels, self.labels_name
        if labels.ndim == 2 and labels.shape[1] == 1:
            labels = labels[:, 0]
        if labels.ndim != 1:
            raise DatasetError(
                f"{name} has the shape {labels.shape}: give one whole number an image, and of "
                "one-hot labels their argmax."
            )
        if labels.dtype.kind not in "buif":
            raise DatasetError(f"{name} is of type {labels.dtype}: labels are whole numbers.")
        with np.errstate(invalid="ignore"):
            whole = labels.astype(np.int64)
        wrong = (whole != labels) | (whole < 0)
        if wrong.any():
            place = int(wrong.argmax())
            raise DatasetError(
                f"{name} holds the label {labels[place]} at {[place]}: labels are whole numbers "
                "from 0 up."
            )
        return whole
