"""A folder of IDX files, as MNIST, Fashion-MNIST, KMNIST and EMNIST have them.

Their names say which they are: train, and t10k or test; images and labels.
"""

import re
from pathlib import Path

from vanishing_gradients.trainer.datasets.idx import IdxFile, read_idx
from vanishing_gradients.trainer.datasets.part import Part
from vanishing_gradients.trainer.errors import DatasetError

CEILING = 2 * 2**30
"""The most bytes that a file may promise: four times those of EMNIST's largest."""
_NAME = re.compile(
    r"(?:.*[-_.])?(train|t10k|test)[-_.](images|labels)[-_.]idx\d-ubyte(?:\.gz)?", re.I
)
_CURE = "replace it with the right file"


def is_one(folder: Path) -> bool:
    """Return whether a folder holds any file of such a name."""
    return any(_NAME.fullmatch(path.name) for path in folder.iterdir())


def read(folder: Path) -> tuple[Part, Part, str]:
    """Return the training and the test part, and no remark."""
    train, test = (_part(folder, half) for half in (("train",), ("t10k", "test")))
    return train, test, ""


def _part(folder: Path, half: tuple[str, ...]) -> Part:
    images, labels = (_file(folder, half, what) for what in ("images", "labels"))
    return Part(images.array, labels.array, str(images.path), str(labels.path))


def _file(folder: Path, half: tuple[str, ...], what: str) -> IdxFile:
    """Return the one file of a kind; where it lies zipped and unzipped, the unzipped one."""
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        match = _NAME.fullmatch(path.name)
        if match and match[1].lower() in half and match[2].lower() == what:
            found.setdefault(path.name.removesuffix(".gz"), path)
    usual = f"{half[0]}-{what}-idx{3 if what == 'images' else 1}-ubyte"
    if not found:
        raise DatasetError(
            f"{folder} has no {half[0]} {what}: name their file {usual}, or {usual}.gz."
        )
    if len(found) > 1:
        raise DatasetError(
            f"{folder} has several files of {half[0]} {what}, {' and '.join(sorted(found)[:2])}: "
            "put the four files of one data set into a folder of their own."
        )
    path = next(iter(found.values()))
    return read_idx(path, None if what == "images" else 1, _CURE, CEILING)
