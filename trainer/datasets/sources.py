"""Sources of a published data set, in this order: DATA_DIR, the system's folders, the mirrors.

A data set named by the user is never replaced by another. `auto` uses MNIST, else Fashion-MNIST,
else the bundled sample, and says which and why. A path is the source of one's own data.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vanishing_gradients.console import say
from vanishing_gradients.trainer.datasets.catalogue import (
    CATALOGUE,
    Publication,
    PublishedFile,
    is_path,
)
from vanishing_gradients.trainer.datasets.dataset import Dataset, assembled
from vanishing_gradients.trainer.datasets.download import TransferError, answering, download, host
from vanishing_gradients.trainer.datasets.idx import IdxFile, read_idx
from vanishing_gradients.trainer.datasets.own import load_own
from vanishing_gradients.trainer.errors import DatasetError
from vanishing_gradients.words import Say

DATA_DIR = Path("data")
SYSTEM_FOLDER = Path("/usr/share/datasets")
"""The folder of Debian's data set packages: dataset-fashion-mnist is in fashion-mnist/."""

PATIENCE_NAMED = 10.0
PATIENCE_AUTO = 3.0
"""Seconds to wait for any mirror of a data set: short if there is an alternative."""


class UnavailableError(DatasetError):
    """A data set is not on this machine and cannot be downloaded."""

    def __init__(self, reason: str, cure: str):
        super().__init__(f"{reason}: {cure}.")
        self.reason = reason


def load(
    name: str = "auto",
    data_dir: Path | None = None,
    announce: Say = say,
    *,
    catalogue: Mapping[str, Publication] = CATALOGUE,
    system_folder: Path = SYSTEM_FOLDER,
) -> Dataset:
    """Return a data set, downloaded if necessary, every file checked against its SHA-256.

    `name` is auto, mnist, fashion-mnist, sample or mnist-shuffled, which reads mnist's files; or
    the path of data of one's own, for which see `load_own`.
    `data_dir` (None: data/) holds <name>/*.gz, unzipped or not, or the files themselves; downloads
    go to <data_dir>/<name>/. Raises DatasetError for an unknown name or a file that is not the
    published one; and UnavailableError, one of its subclasses, if a named data set is neither here
    nor downloadable.
    """
    if is_path(name):
        return load_own(name, announce)
    folder = DATA_DIR if data_dir is None else Path(data_dir)
    search = _Search(folder, system_folder, catalogue, announce)
    if name == "auto":
        return search.read(search.best())
    if name not in catalogue:
        choices = ", ".join(("auto", *catalogue))
        raise DatasetError(f"There is no data set {name!r}: choose one of {choices}.")
    found = search.find(catalogue[name], PATIENCE_NAMED)
    announce(f"Data set: {found.publication.title}, from {found.folder}.")
    return search.read(found)


def prepare(
    name: str = "auto", data_dir: Path | None = None, announce: Say = say, **places: Any
) -> Path:
    """Get and check a data set as `load` does, report its contents, and return where it is."""
    dataset = load(name, data_dir, announce, **places)
    folder = Path(dataset.source)
    if is_path(name):
        return folder
    announce(
        f"{len(dataset.train_images):,} training and {len(dataset.test_images):,} test images, "
        f"every file as published, in {folder.resolve()}."
    )
    return folder


@dataclass(frozen=True)
class _Found:
    publication: Publication
    folder: Path
    cure: str


@dataclass(frozen=True)
class _Search:
    data_dir: Path
    system_folder: Path
    catalogue: Mapping[str, Publication]
    announce: Say

    def best(self) -> _Found:
        """Return the first available data set of the catalogue, and say which and why."""
        reasons = []
        for publication in self.catalogue.values():
            if publication.images_of:
                continue  # a control, which only a name asks for
            try:
                found = self.find(publication, PATIENCE_AUTO)
            except UnavailableError as error:
                reasons.append(error.reason)
                continue
            for reason in reasons:
                self.announce(f"DATASET=auto: {reason}.")
            first = next(iter(self.catalogue.values()))
            instead = f", in place of {first.title}" if reasons else ""
            self.announce(f"DATASET=auto takes {publication.title}{instead}, from {found.folder}.")
            return found
        raise UnavailableError("; ".join(reasons), "connect to the internet and try again")

    def find(self, publication: Publication, patience: float) -> _Found:
        """Return where a data set is, after downloading it if necessary."""
        if publication.bundled:
            return _Found(
                publication, publication.bundled, "restore it with git, it is part of the project"
            )
        again = f"delete it and run `make data DATASET={publication.name}`"
        name = publication.images_of or publication.name
        own, system = (each / name for each in (self.data_dir, self.system_folder))
        cures = {own: again, self.data_dir: again}
        cures[system] = "install its package again, or set DATA_DIR"
        try:
            if _exists(self.data_dir) and not self.data_dir.is_dir():
                raise DatasetError(f"{self.data_dir} is not a folder: set DATA_DIR to one.")
            for folder, cure in cures.items():
                if self._holds(folder, publication):
                    return _Found(publication, folder, cure)
            missing = [file for file in publication.files if _path(own, file) is None]
        except OSError as error:
            raise DatasetError(
                f"Cannot look for {publication.title} in {error.filename} ({error.strerror}): "
                "set DATA_DIR to a folder that you may read."
            ) from error
        self._download(publication, missing, own, patience)
        return _Found(publication, own, again)

    def _holds(self, folder: Path, publication: Publication) -> bool:
        """Return whether a folder has all the files, by name; checksums are compared on reading.

        All data sets use the same file names. DATA_DIR itself does not say whose they are, so there
        the test labels, a small file, identify the data set.
        """
        if any(_path(folder, file) is None for file in publication.files):
            return False
        if folder != self.data_dir:
            return True
        labels = publication.files[3]
        try:
            content = read_idx(_path(folder, labels), labels.dimensions)
        except DatasetError:
            return True  # reading all of it will show what is wrong
        owner = self._owner(content)
        return owner is None or owner.files == publication.files

    def read(self, found: _Found) -> Dataset:
        """Return the data set; raises DatasetError if a file is not the published one."""
        publication = found.publication
        contents = []
        for file in publication.files:
            path = _path(found.folder, file) or found.folder / file.name
            contents.append(read_idx(path, file.dimensions, found.cure))
        dataset = assembled(publication.name, str(found.folder), contents)
        for file, content in zip(publication.files, contents, strict=True):
            if content.sha256 != file.sha256:
                owner = self._owner(content)
                other = owner is not None and owner.files != publication.files
                belongs = f" but that of {owner.title}" if owner and other else ""
                raise content.error(
                    f"is not the published file of {publication.title}{belongs} "
                    f"(SHA-256 {content.sha256[:12]}..., published {file.sha256[:12]}...)"
                )
        return dataset.with_balanced_labels() if publication.images_of else dataset

    def _owner(self, content: IdxFile) -> Publication | None:
        """Return the data set that has this file."""
        known = reversed(self.catalogue.values())  # if two have it, the first one
        return {file.sha256: each for each in known for file in each.files}.get(content.sha256)

    def _download(
        self, publication: Publication, missing: list[PublishedFile], own: Path, patience: float
    ) -> None:
        title = publication.title
        mirrors, reasons = answering(publication.mirrors, f"{missing[0].name}.gz", patience)
        if not mirrors:
            why = "; ".join(f"{host(mirror)}: {reason}" for mirror, reason in reasons.items())
            raise UnavailableError(
                f"{title} is not in {own}, {self.data_dir} or "
                f"{self.system_folder / publication.name}, and no mirror answers ({why})",
                f"connect to the internet, or put its four files into {own}",
            )
        files = "1 file" if len(missing) == 1 else f"{len(missing)} files"
        self.announce(f"Downloading {title}, {files}, from {host(mirrors[0])} into {own}.")
        try:
            download(missing, mirrors, own, self.announce)
        except TransferError as error:
            raise UnavailableError(
                f"{title} cannot be downloaded ({error})",
                f"try again later, or put its four files into {own}",
            ) from error
        except OSError as error:
            raise UnavailableError(
                f"{title} cannot be stored in {own} ({error.strerror})",
                "set DATA_DIR to a folder that you may write to and that has room",
            ) from error


def _path(folder: Path, file: PublishedFile) -> Path | None:
    """Return where a file is in a folder, under any of its usual names; None if it is missing.

    Archives unpack to train-images-idx3-ubyte or train-images.idx3-ubyte, and sometimes to a folder
    of one name next to a file of the other.
    """
    names = (file.name, file.name.replace("-idx", ".idx"))
    found = [folder / f"{name}{end}" for name in names for end in ("", ".gz")]
    found = [path for path in found if _exists(path)]
    return next((path for path in found if not path.is_dir()), found[0] if found else None)


def _exists(path: Path) -> bool:
    """Return whether something is there; raises OSError if that is unknown."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True
