"""An NPZ file: the arrays of Keras' mnist.npz, or those of MedMNIST.

Nothing in it is ever executed: arrays of Python objects, which would be pickles, are refused.
"""

import zipfile
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
        names, found = _arrays(path)
    except (DatasetError, OSError):
        raise
    except MemoryError:
        raise DatasetError(f"{path} needs more memory than there is: save fewer images.") from None
    except Exception as error:  # zipfile's, zlib's, and what NumPy's parser of headers meets
        if "pickle" in str(error):
            raise DatasetError(
                f"{path} has arrays of Python objects, which could run any code: save numbers."
            ) from None
        why = " ".join(str(error).split())[:100] or type(error).__name__
        raise DatasetError(
            f"{path} is not an NPZ file, or damaged ({why}): write it with numpy.savez."
        ) from None
    named = [f"{name} in {path}" for name in names]
    return Part(*found[:2], *named[:2]), Part(*found[2:], *named[2:]), ""


def _arrays(path: Path) -> tuple[tuple[str, ...], list[np.ndarray]]:
    """Return the names of the four arrays, and these."""
    with zipfile.ZipFile(path) as archive:
        sizes = {each.filename.removesuffix(".npy"): each.file_size for each in archive.filelist}
    names = next((each for each in NAMES if sizes.keys() >= set(each)), None)
    if names is None:
        wanted = ", or ".join(", ".join(each) for each in NAMES)
        there = ", ".join(map(repr, sorted(sizes)[:8])) or "nothing"
        raise DatasetError(f"{path} holds {there}: its arrays are to be {wanted}.")
    for name in names:
        if sizes[name] > CEILING:
            raise DatasetError(
                f"{name} in {path} promises {sizes[name]:,} bytes: give it at most {CEILING:,}."
            )
    with np.load(path, allow_pickle=False) as arrays:
        found = [arrays[name] for name in names]
    for name, array in zip(names, found, strict=True):
        if not isinstance(array, np.ndarray):
            raise DatasetError(f"{name} in {path} is no array: write it with numpy.savez.")
    return names, found
