"""An NPZ file: the arrays of Keras' mnist.npz, or those of MedMNIST.

Nothing in it is ever executed: arrays of Python objects, which would be pickles, are refused.
"""

import zipfile
import zlib
from pathlib import Path

import numpy as np

from vanishing_gradients.trainer.datasets.part import Part
from vanishing_gradients.trainer.errors import DatasetError

CEILING = 8 * 2**30
"""The most bytes that an array may promise."""
NAMES = (
    ("x_train", "y_train", "x_test", "y_test"),
    ("train_images", "train_labels", "test_images", "test_labels"),
)
"""What the arrays may be called: training images and labels, test images and labels."""


def read(path: Path) -> tuple[Part, Part, str]:
    """Return the training and the test part, and no remark."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.filelist
        sizes = {each.filename.removesuffix(".npy"): each.file_size for each in members}
        names = next((each for each in NAMES if sizes.keys() >= set(each)), None)
        if names is None:
            wanted = ", or ".join(", ".join(each) for each in NAMES)
            there = ", ".join(sorted(sizes)[:8]) or "nothing"
            raise DatasetError(f"{path} holds {there}: its arrays are to be {wanted}.")
        for name in names:
            if sizes[name] > CEILING:
                raise DatasetError(
                    f"{name} in {path} promises {sizes[name]:,} bytes: give it at most {CEILING:,}."
                )
        with np.load(path, allow_pickle=False) as arrays:
            found = [_array(arrays, name, path) for name in names]
    except zipfile.BadZipFile as error:
        raise DatasetError(
            f"{path} is not an NPZ file, or damaged ({error}): write it with numpy.savez."
        ) from None
    named = [f"{name} in {path}" for name in names]
    return Part(*found[:2], *named[:2]), Part(*found[2:], *named[2:]), ""


def _array(arrays: np.lib.npyio.NpzFile, name: str, path: Path) -> np.ndarray:
    try:
        found = arrays[name]
    except MemoryError:
        why = "needs more memory than there is: save fewer images"
    except (ValueError, EOFError, zlib.error, NotImplementedError, RuntimeError) as error:
        objects = "Object arrays" in str(error)
        why = f"cannot be read ({error}): write it anew with numpy.savez"
        if objects:
            why = "is an array of Python objects, which could run any code: save numbers"
    else:
        if isinstance(found, np.ndarray):
            return found
        why = "is no array: write it with numpy.savez"
    raise DatasetError(f"{name} in {path} {why}.")
