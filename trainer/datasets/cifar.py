"""CIFAR-10's binary version: records of a label and 32 x 32 pixels in red, green and blue.

Format and source: Krizhevsky (2009), https://www.cs.toronto.edu/~kriz/cifar.html, binary version.
The Python version has the same images as pickles, and a pickle can run any code when it is read:
it is refused.
"""

from pathlib import Path

import numpy as np

from vanishing_gradients.trainer.datasets.part import Part
from vanishing_gradients.trainer.errors import DatasetError

TRAINING = tuple(f"data_batch_{number}" for number in range(1, 6))
TESTS = ("test_batch",)
END = ".bin"
SHAPE = (3, 32, 32)
RECORD = 1 + 3 * 32 * 32
"""Bytes of an image: its label, then all red values, row by row, all green and all blue ones."""
MOST = 100_000
"""Records of the largest file that is read; the published ones have 10,000."""


def is_one(folder: Path) -> bool:
    """Return whether a folder holds any of CIFAR-10's files, in either version."""
    return any(path.name.removesuffix(END) in (*TRAINING, *TESTS) for path in folder.iterdir())


def read(folder: Path) -> tuple[Part, Part, str]:
    """Return the training and the test part, and no remark."""
    return _part(folder, TRAINING), _part(folder, TESTS), ""


def _part(folder: Path, names: tuple[str, ...]) -> Part:
    records = np.concatenate([_records(folder, name) for name in names])
    images = records[:, 1:].reshape(-1, *SHAPE)
    where = str(folder / f"{names[0]}{END}")
    return Part(images, records[:, 0], where, where)


def _records(folder: Path, name: str) -> np.ndarray:
    """Return the records of a file, uint8 (n, RECORD)."""
    path = folder / f"{name}{END}"
    if not path.is_file():
        if (folder / name).is_file():
            raise DatasetError(
                f"{folder / name} is of CIFAR-10's Python version, pickles, which could run any "
                "code: take the binary version, cifar-10-binary.tar.gz."
            )
        raise DatasetError(f"{folder} has no {path.name}: unpack cifar-10-binary.tar.gz again.")
    size = path.stat().st_size
    if not size or size % RECORD or size > MOST * RECORD:
        raise DatasetError(
            f"{path} has {size:,} bytes, not {RECORD:,} for each image of CIFAR-10: unpack "
            "cifar-10-binary.tar.gz again."
        )
    return np.fromfile(path, np.uint8).reshape(-1, RECORD)
