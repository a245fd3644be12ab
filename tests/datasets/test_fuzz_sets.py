"""A data set of four files with one damaged: always one sentence that names a file.

HYPOTHESIS_PROFILE=thorough damages them in many more ways.
"""

import gzip
import hashlib
import os
import shutil
import socket
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.datasets.conftest import NAMES, Toy
from tests.server.conftest import as_nobody
from vanishing_gradients.trainer.datasets import Dataset, load
from vanishing_gradients.trainer.datasets.catalogue import Publication, PublishedFile
from vanishing_gradients.trainer.errors import DatasetError

PARTS = st.integers(0, 3)
COUNTS = st.integers(0, 4)
CHUNKS = st.sampled_from([b"", b"\0", b"\xff", b"\x1f\x8b", b"\x0a" * 40]) | st.binary(max_size=30)


class Folder:
    """A toy's folder, without mirrors: only its contents exist."""

    def __init__(self, data_dir: Path, made) -> None:
        self.data_dir = data_dir
        self.publication: Publication = made.publication
        self.names = list(made.files)
        self.contents = list(made.files.values())
        self.own = data_dir / self.publication.name

    def put(self, contents: list[bytes], compress: bool) -> None:
        """Write these four files in place of all that was there."""
        shutil.rmtree(self.data_dir, ignore_errors=True)
        self.own.mkdir(parents=True)
        for name, content in zip(self.names, contents, strict=True):
            if compress:
                (self.own / f"{name}.gz").write_bytes(gzip.compress(content, 1, mtime=0))
            else:
                (self.own / name).write_bytes(content)

    def load(self, publication: Publication | None = None) -> Dataset:
        publication = publication or self.publication
        return load(
            publication.name,
            self.data_dir,
            lambda _: None,
            catalogue={publication.name: publication},
            system_folder=self.data_dir / "system",
        )

    def published_as(self, contents: list[bytes]) -> Publication:
        """The publication whose sums are those of these contents, so that only they count."""
        files = tuple(
            replace(file, size=len(content), sha256=hashlib.sha256(content).hexdigest())
            for file, content in zip(self.publication.files, contents, strict=True)
        )
        return replace(self.publication, files=files)

    def refusal(self, publication: Publication | None = None) -> str:
        """The sentence that refuses the data set, checked to name one of its files."""
        with pytest.raises(DatasetError) as caught:
            self.load(publication)
        return checked(str(caught.value), self)


def checked(sentence: str, folder: Folder) -> str:
    assert sentence.isprintable()
    assert sentence.endswith(".")
    assert len(sentence) < 600
    assert any(str(folder.own / name) in sentence for name in folder.names)
    return sentence


@pytest.fixture
def folder(tmp_path, toy) -> Folder:
    made = Folder(tmp_path / "data", toy())
    made.put(made.contents, compress=False)
    return made


@pytest.fixture(scope="module")
def module_folder(tmp_path_factory, idx_bytes) -> Folder:
    generator = np.random.default_rng(0)
    shapes = [(20, 28, 28), (20,), (10, 28, 28), (10,)]
    files = {
        name: idx_bytes(generator.integers(0, 10, shape))
        for name, shape in zip(NAMES, shapes, strict=True)
    }
    published = tuple(
        PublishedFile(name, len(shape), len(content), hashlib.sha256(content).hexdigest())
        for (name, content), shape in zip(files.items(), shapes, strict=True)
    )
    toy = Toy(Publication(name="mnist", title="Toy", files=published), files)
    return Folder(tmp_path_factory.mktemp("sets") / "data", toy)


@settings(deadline=None)
@given(part=PARTS, compress=st.booleans(), place=st.integers(0, 16_000), length=st.integers(0, 900),
       chunk=CHUNKS)  # fmt: skip
def test_a_file_with_a_piece_replaced_is_refused(
    module_folder, part, compress, place, length, chunk
):
    contents = list(module_folder.contents)
    content = contents[part]
    contents[part] = (
        content[: place % len(content)] + chunk + content[place % len(content) + length :]
    )
    module_folder.put(contents, compress)
    if contents == module_folder.contents:
        assert len(module_folder.load().train_images) == 20
    else:
        assert module_folder.names[part] in module_folder.refusal()


@settings(deadline=None)
@given(part=PARTS, place=st.integers(0, 16_000), length=st.integers(0, 900), chunk=CHUNKS)
def test_an_archive_with_a_piece_replaced_is_refused_or_holds_the_same(
    module_folder, part, place, length, chunk
):
    module_folder.put(module_folder.contents, compress=True)
    path = module_folder.own / f"{module_folder.names[part]}.gz"
    content = path.read_bytes()
    path.write_bytes(
        content[: place % len(content)] + chunk + content[place % len(content) + length :]
    )
    try:
        dataset = module_folder.load()
    except DatasetError as error:
        assert path.name in checked(str(error), module_folder)  # noqa: PT017 (either is right)
    else:
        assert dataset.train_images.tobytes() == module_folder.contents[0][16:]
        assert dataset.test_labels.tolist() == list(module_folder.contents[3][8:])


@settings(deadline=None)
@given(part=PARTS, content=st.binary(max_size=64), compress=st.booleans())
def test_any_bytes_in_place_of_a_file_are_refused(module_folder, part, content, compress):
    contents = list(module_folder.contents)
    contents[part] = content
    module_folder.put(contents, compress)
    assert module_folder.names[part] in module_folder.refusal()


@settings(deadline=None)
@given(
    counts=st.tuples(COUNTS, COUNTS).map(lambda two: [two[0], two[0], two[1], two[1]])
    | st.lists(COUNTS, min_size=4, max_size=4),
    side=st.just((28, 28)) | st.sampled_from([(28, 27), (784, 1), (1, 1), (0, 28), (56, 14)]),
    highest=st.sampled_from([0, 9, 10, 255]) | st.integers(0, 255),
)
@example(counts=[1, 1, 1, 1], side=(28, 28), highest=9)
@example(counts=[1, 1, 1, 1], side=(28, 28), highest=10)
@example(counts=[2, 1, 1, 1], side=(28, 28), highest=9)
@example(counts=[1, 1, 1, 2], side=(28, 28), highest=9)
def test_files_that_are_whole_are_a_data_set_or_contradict_each_other(
    module_folder, idx_bytes, counts, side, highest
):
    """Their sums match the publication: they are refused for their contents."""
    arrays = [
        np.full((count, *side) if part % 2 == 0 else count, highest if part % 2 else 7)
        for part, count in enumerate(counts)
    ]
    contents = [idx_bytes(array) for array in arrays]
    module_folder.put(contents, compress=False)
    publication = module_folder.published_as(contents)
    possible = (
        counts[0] == counts[1] > 0
        and counts[2] == counts[3] > 0
        and side == (28, 28)
        and highest < 10
    )
    if possible:
        dataset = module_folder.load(publication)
        assert dataset.train_images.shape == (counts[0], 784)
        assert set(dataset.train_labels.tolist()) == {highest}
    else:
        assert module_folder.refusal(publication)


@pytest.mark.parametrize(("part", "other"), [(0, 1), (1, 0), (0, 2), (1, 3), (3, 1)])
def test_a_file_under_the_name_of_another_is_refused(folder, part, other):
    contents = list(folder.contents)
    contents[part] = contents[other]
    folder.put(contents, compress=True)
    assert folder.refusal()


def make_folder(path: Path) -> None:
    path.mkdir()


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.path.relpath(path))  # the name of a socket may be no longer than 107 bytes


def make_endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("make", [make_folder, os.mkfifo, make_socket, make_endless])
@pytest.mark.parametrize("part", range(4))
def test_what_is_no_file_is_refused_without_waiting_for_it(folder, monkeypatch, part, make):
    path = folder.own / folder.names[part]
    path.unlink()
    monkeypatch.chdir(folder.own)
    make(path)
    assert f"{path} is " in folder.refusal()


@pytest.mark.parametrize("part", range(4))
def test_a_link_to_itself_is_refused(folder, part):
    path = folder.own / folder.names[part]
    path.unlink()
    path.symlink_to(path)
    assert "Too many levels of symbolic links" in folder.refusal()


@pytest.mark.parametrize("part", range(4))
def test_a_file_that_may_not_be_read_is_refused(toy, part):
    with tempfile.TemporaryDirectory() as parent:  # tmp_path is closed to others
        Path(parent).chmod(0o755)
        folder = Folder(Path(parent) / "data", toy())
        folder.put(folder.contents, compress=False)
        path = folder.own / folder.names[part]
        path.chmod(0)
        with as_nobody():
            assert f"{path} cannot be read (Permission denied)" in folder.refusal()


def test_a_folder_that_may_not_be_looked_into_is_named(toy):
    with tempfile.TemporaryDirectory() as parent:
        Path(parent).chmod(0o755)
        folder = Folder(Path(parent) / "data", toy())
        folder.put(folder.contents, compress=False)
        folder.own.chmod(0)
        with as_nobody(), pytest.raises(DatasetError, match="set DATA_DIR to a folder that you"):
            folder.load()
