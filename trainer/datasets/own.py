"""Data of one's own: a folder or a file by its path, checked, as a data set.

Which format it is, its name tells: a file by its ending, a folder by the files in it.
"""

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vanishing_gradients.trainer.datasets import cifar, csv_files, idx_folder, npz
from vanishing_gradients.trainer.datasets.catalogue import NAMES
from vanishing_gradients.trainer.datasets.dataset import Dataset, frozen
from vanishing_gradients.trainer.datasets.part import Part
from vanishing_gradients.trainer.errors import DatasetError
from vanishing_gradients.words import Say, counted

CLASSES_MAX = 4096
"""The most classes: the last layer has a neuron for each, and no layer has more."""
LONGEST_NAME = 32
"""Characters of a data set's name, as the column `runs.dataset` has them."""

_SEE = "docs/datasets.md lists the formats"


class Format(NamedTuple):
    """A format: what it is called, and the function that reads it.

    `read` returns training part, test part, and a remark for the user, or "" if there is nothing to
    say; it raises DatasetError.
    """

    title: str
    read: Callable[[Path], tuple[Part, Part, str]]


FILES = {
    ".npz": Format("an NPZ file", npz.read),
    ".csv": Format("a CSV file", csv_files.read_file),
}
"""The formats that are one file, by its ending."""
FOLDERS = (
    (idx_folder.is_one, Format("a folder of IDX files", idx_folder.read)),
    (cifar.is_one, Format("a folder of CIFAR-10's binary version", cifar.read)),
    (csv_files.is_one, Format("a folder of train.csv and test.csv", csv_files.read_folder)),
)
"""The formats that are a folder, each with the test of whether one is that."""


def load_own(asked: str, announce: Say) -> Dataset:
    """Return the data set at a path, and say what there is; raises DatasetError.

    Its name is the path's last part, which has an ending, or a slash where it is a folder: it is
    never that of a published data set. `sha256` is of the text that `sha256sum` prints for the four
    arrays, each file of which would begin with the array's type and shape: the same numbers in
    another format have the same.
    """
    path = Path(asked)
    try:
        train, test, remark = _format(path).read(path)
    except OSError as error:
        where = error.filename or path
        raise DatasetError(
            f"{where} cannot be read ({error.strerror or error}): see to it that it can."
        ) from None
    dataset = assembled(train, test, _name(path), str(path))
    shape = train.images.shape[1:]
    sides = f" ({' x '.join(map(str, shape))})" if len(shape) > 1 else ""
    announce(
        f"Data set: {path}: {len(dataset.train_images):,} training and "
        f"{len(dataset.test_images):,} test images of "
        f"{counted(dataset.train_images.shape[1], 'input')}{sides}, {dataset.classes:,} classes."
        f"{f' {remark}.' if remark else ''}"
    )
    return dataset


def assembled(train: Part, test: Part, name: str, source: str) -> Dataset:
    """Return the data set of these parts, one class for each label of the training images.

    Classes are numbered from 0 in the order of their labels. Images that are bytes, or have rows
    and columns, have one scale for all of their pixels; each column of a table has its own.
    Raises DatasetError where the parts do not go together, or there are not at least two classes.
    """
    train, test = train.checked(), test.checked()
    if train.images.shape[1:] != test.images.shape[1:]:
        raise DatasetError(
            f"{test.images_name} holds images of shape {test.images.shape[1:]}, but "
            f"{train.images_name} of {train.images.shape[1:]}: give them the same."
        )
    labels, numbers, counts = np.unique(train.labels, return_inverse=True, return_counts=True)
    if not 2 <= len(labels) <= CLASSES_MAX:
        many = "one label only" if len(labels) == 1 else f"{len(labels):,} different labels"
        raise DatasetError(
            f"{train.labels_name} holds {many}: a network here tells from 2 to {CLASSES_MAX:,} "
            "classes apart."
        )
    unknown = ~np.isin(test.labels, labels)
    if unknown.any():
        raise DatasetError(
            f"{test.labels_name} holds the label {test.labels[unknown.argmax()]}, which no "
            "training image has: leave these test images out, or train on some."
        )
    arrays = [train.images, train.labels, test.images, test.labels]
    alike = train.images.dtype == np.uint8 or train.images.ndim > 2
    kinds = {train.images.dtype, test.images.dtype}
    kind = kinds.pop() if len(kinds) == 1 else np.dtype(np.float64)
    images = [
        frozen(part.images.reshape(len(part.images), -1).astype(kind, copy=False))
        for part in (train, test)
    ]
    return Dataset(
        name,
        images[0],
        frozen(numbers.astype(np.int64)),
        images[1],
        frozen(np.searchsorted(labels, test.labels).astype(np.int64)),
        sha256=_fingerprint(arrays),
        source=source,
        classes=len(labels),
        alike=bool(alike),
        class_counts=tuple(counts.tolist()),
    )


def _format(path: Path) -> Format:
    """Return the format of what is at a path; raises DatasetError, or OSError."""
    try:
        str(path).encode()
        path.stat()
    except FileNotFoundError:
        raise DatasetError(
            f"There is no file or folder {str(path)!r}: give the path of your data, or choose one "
            f"of {', '.join(NAMES)}."
        ) from None
    except ValueError:  # a NUL, or bytes that are no text
        raise DatasetError(f"{str(path)!r} cannot be the path of data: rename the file.") from None
    if path.is_dir():
        if found := next((each for is_one, each in FOLDERS if is_one(path)), None):
            return found
        titles = " or ".join(each.title for _, each in FOLDERS)
        raise DatasetError(f"{path} is not {titles} by the names in it: {_SEE}.")
    if path.is_file() and (found := FILES.get(path.suffix.lower())):
        return found
    titles = " or ".join(each.title for each in FILES.values())
    raise DatasetError(f"{path} is not {titles} by its name: {_SEE}.")


def _name(path: Path) -> str:
    """Return the last part of the path, shortened in its middle if it is too long."""
    name = Path(os.path.abspath(path)).name + ("/" if path.is_dir() else "")
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[:12]}...{name[15 - LONGEST_NAME :]}"


def _fingerprint(arrays: list[np.ndarray]) -> str:
    text = ""
    names = ("train_images", "train_labels", "test_images", "test_labels")
    for name, array in zip(names, arrays, strict=True):
        digest = sha256(f"{array.dtype.newbyteorder('<').str} {array.shape}\n".encode())
        digest.update(array.astype(array.dtype.newbyteorder("<"), copy=False).data)
        text += f"{digest.hexdigest()}  {name}\n"
    return sha256(text.encode()).hexdigest()
