"""The published data sets: their files, the SHA-256 of each decompressed file, their mirrors."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

_PUBLISHED = Path(__file__).with_name("published.toml")


@dataclass(frozen=True)
class PublishedFile:
    """One published IDX file: its name without .gz, dimensions, decompressed size and SHA-256."""

    name: str
    dimensions: int
    size: int
    sha256: str


@dataclass(frozen=True)
class Publication:
    """A data set as published.

    files: training images, training labels, test images, test labels.
    mirrors: base addresses, ending in /, of the files, each as <name>.gz.
    bundled: the folder within the project, for the data set that is included.
    images_of: for a control, the data set whose files it reads; its labels are made, as
    Dataset.with_balanced_labels says.
    """

    name: str
    title: str
    files: tuple[PublishedFile, PublishedFile, PublishedFile, PublishedFile]
    mirrors: tuple[str, ...] = ()
    bundled: Path | None = None
    images_of: str = ""


def _publication(name: str, said: dict[str, Any]) -> Publication:
    """Return an entry of published.toml: files with 28 x 28 bytes per image, one per label."""
    files = []
    for part in ("train", "t10k"):
        count, images, labels = (said[part][key] for key in ("count", "images", "labels"))
        files.append(PublishedFile(f"{part}-images-idx3-ubyte", 3, 16 + 784 * count, images))
        files.append(PublishedFile(f"{part}-labels-idx1-ubyte", 1, 8 + count, labels))
    bundled = _PUBLISHED.with_name(said["bundled"]) if "bundled" in said else None
    return Publication(name, said["title"], tuple(files), tuple(said.get("mirrors", ())), bundled)


def _published() -> dict[str, Publication]:
    """Return all data sets by name; a control has the files and mirrors of the one before it."""
    found: dict[str, Publication] = {}
    for name, said in tomllib.loads(_PUBLISHED.read_text()).items():
        base = found.get(said.get("images_of", ""))
        found[name] = (
            replace(base, name=name, title=said["title"], images_of=base.name)
            if base
            else _publication(name, said)
        )
    return found


CATALOGUE: Mapping[str, Publication] = MappingProxyType(_published())

NAMES = ("auto", *CATALOGUE)
"""What a user may ask for by name; all else is the path of data of one's own."""


def is_path(asked: str) -> bool:
    """Return whether that is where somebody's own data are: a slash or an ending tells."""
    return asked not in NAMES and ("/" in asked or "." in asked)
