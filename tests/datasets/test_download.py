import fcntl
import gzip
import signal
import subprocess
import sys
import threading

import pytest

from vanishing_gradients.trainer.datasets.download import TransferError, download
from vanishing_gradients.trainer.datasets.idx import read_idx

IMAGES = "train-images-idx3-ubyte.gz"

DOWNLOAD_IN_ANOTHER_PROCESS = """
import sys
from pathlib import Path
from vanishing_gradients.trainer.datasets.catalogue import PublishedFile
from vanishing_gradients.trainer.datasets.download import download
name, dimensions, size, sha256, mirror, folder = sys.argv[1:]
file = PublishedFile(name, int(dimensions), int(size), sha256)
download([file], [mirror], Path(folder), print)
"""


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data" / "mnist"


@pytest.fixture
def fetch(folder):
    """Downloads a toy data set, or one file of it, and returns what was announced."""

    def run(toy, *mirrors, only=None):
        announced = []
        files = [file for file in toy.publication.files if only in (None, f"{file.name}.gz")]
        download(files, mirrors, folder, announced.append)
        return announced

    return run


@pytest.fixture
def elsewhere(folder):
    """Starts the download of the training images in another process, ended with the test."""
    started = []

    def start(toy, mirror):
        file = toy.publication.files[0]
        fields = (file.name, file.dimensions, file.size, file.sha256, mirror.address, folder)
        arguments = [sys.executable, "-c", DOWNLOAD_IN_ANOTHER_PROCESS, *map(str, fields)]
        started.append(subprocess.Popen(arguments))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def names(folder):
    return sorted(path.name for path in folder.rglob("*"))


def test_the_files_arrive_under_their_names_and_nothing_else_does(fetch, folder, toy, mirror):
    source = toy()
    mirror.serve(source)
    fetch(source, mirror.address)
    assert names(folder) == sorted(mirror.files)
    for file in source.publication.files:
        assert read_idx(folder / f"{file.name}.gz", file.dimensions).sha256 == file.sha256


def test_a_cut_connection_is_tried_again_from_the_start(fetch, folder, toy, mirror):
    source = toy()
    mirror.serve(source)
    mirror.cuts = [1000, 500]
    fetch(source, mirror.address, only=IMAGES)
    assert mirror.gets() == [IMAGES] * 3
    assert (folder / IMAGES).read_bytes() == mirror.files[IMAGES]


def test_a_connection_that_keeps_breaking_is_given_up_and_leaves_nothing_behind(
    fetch, tmp_path, toy, mirror
):
    source = toy()
    mirror.serve(source)
    mirror.cuts = [10] * 100
    with pytest.raises(TransferError, match=r"breaks off \(after 10 of \d+ bytes\)"):
        fetch(source, mirror.address, only=IMAGES)
    assert len(mirror.gets()) == 3
    assert names(tmp_path) == []


def test_where_one_mirror_keeps_breaking_the_next_sends_the_file(
    fetch, folder, toy, mirror, second_mirror
):
    source = toy()
    mirror.serve(source)
    second_mirror.serve(source)
    mirror.cuts = [10] * 100
    fetch(source, mirror.address, second_mirror.address, only=IMAGES)
    assert (folder / IMAGES).read_bytes() == second_mirror.files[IMAGES]


def test_a_remainder_of_a_process_that_was_killed_is_replaced(fetch, folder, toy, mirror):
    source = toy()
    mirror.serve(source)
    folder.mkdir(parents=True)
    (folder / f"{IMAGES}.part").write_bytes(mirror.files[IMAGES] + b"more")
    fetch(source, mirror.address, only=IMAGES)
    assert names(folder) == [IMAGES]
    assert (folder / IMAGES).read_bytes() == mirror.files[IMAGES]


def test_a_file_that_a_mirror_lacks_comes_from_the_next(fetch, folder, toy, mirror, second_mirror):
    source = toy()
    mirror.serve(source)
    second_mirror.serve(source)
    del mirror.files[IMAGES]
    fetch(source, mirror.address, second_mirror.address)
    assert second_mirror.gets() == [IMAGES]
    assert names(folder) == sorted(second_mirror.files)


def test_a_mirror_that_does_not_answer_is_passed_over(fetch, folder, toy, mirror, dead_mirror):
    source = toy()
    mirror.serve(source)
    fetch(source, dead_mirror, mirror.address, only=IMAGES)
    assert names(folder) == [IMAGES]


def test_a_file_with_another_sum_is_refused_and_leaves_nothing_behind(fetch, tmp_path, toy, mirror):
    mirror.serve(toy(seed=1))
    with pytest.raises(TransferError, match="sends a file other than the published one"):
        fetch(toy(seed=0), mirror.address)
    assert names(tmp_path) == []


def test_a_file_with_another_sum_is_replaced_by_the_next_mirror_s(
    fetch, folder, toy, mirror, second_mirror
):
    mirror.serve(toy(seed=1))
    second_mirror.serve(toy(seed=0))
    fetch(toy(seed=0), mirror.address, second_mirror.address, only=IMAGES)
    assert (folder / IMAGES).read_bytes() == second_mirror.files[IMAGES]


def test_a_login_page_in_place_of_the_file_leaves_nothing_behind(fetch, tmp_path, toy, mirror):
    mirror.files = {IMAGES: b"<html>Please log in</html>"}
    with pytest.raises(TransferError, match="other than the published one"):
        fetch(toy(), mirror.address, only=IMAGES)
    assert names(tmp_path) == []


def test_a_mirror_that_sends_without_end_is_stopped_and_leaves_nothing_behind(
    fetch, tmp_path, toy, mirror
):
    mirror.files = {IMAGES: bytes(4 * 2**20)}
    with pytest.raises(TransferError, match="sends more than the published file"):
        fetch(toy(), mirror.address, only=IMAGES)
    assert names(tmp_path) == []


def test_an_archive_made_by_another_compressor_is_as_good(fetch, folder, toy, mirror):
    source = toy()
    mirror.files = {IMAGES: gzip.compress(source.files[IMAGES.removesuffix(".gz")], 1)}
    fetch(source, mirror.address, only=IMAGES)
    assert names(folder) == [IMAGES]


def test_every_mirror_that_failed_is_named_with_its_reason(fetch, tmp_path, toy, mirror):
    with pytest.raises(TransferError) as caught:
        fetch(toy(), mirror.address, only=IMAGES)
    host = mirror.address.removeprefix("http://").rstrip("/")
    assert str(caught.value) == f"{IMAGES}: {host} answers 404 Not Found"
    assert names(tmp_path) == []


def test_a_folder_that_was_there_before_a_failure_stays(fetch, folder, tmp_path, toy, mirror):
    folder.parent.mkdir()
    with pytest.raises(TransferError):
        fetch(toy(), mirror.address)
    assert names(tmp_path) == ["data"]


def test_of_two_processes_the_second_waits_and_takes_what_the_first_brought(
    fetch, folder, elsewhere, toy, mirror
):
    source = toy()
    mirror.serve(source)
    mirror.gate = threading.Event()
    other = elsewhere(source, mirror)
    assert mirror.asked.wait(timeout=30)
    announced = []
    download(
        source.publication.files[:1],
        [mirror.address],
        folder,
        lambda sentence: (announced.append(sentence), mirror.gate.set()),
    )
    assert announced == [f"Waiting for another process that downloads {IMAGES}."]
    assert (other.wait(timeout=30), len(mirror.gets())) == (0, 1)
    assert names(folder) == [IMAGES]


def test_a_process_that_is_killed_leaves_no_lock_behind(fetch, folder, elsewhere, toy, mirror):
    source = toy()
    mirror.serve(source)
    mirror.gate = threading.Event()
    other = elsewhere(source, mirror)
    assert mirror.asked.wait(timeout=30)
    other.kill()
    assert other.wait(timeout=30) == -signal.SIGKILL
    mirror.gate.set()
    assert fetch(source, mirror.address, only=IMAGES) == []
    assert names(folder) == [IMAGES]


def test_a_part_that_the_lock_s_holder_removed_is_not_filled(fetch, folder, toy, mirror):
    source = toy()
    mirror.serve(source)
    folder.mkdir(parents=True)
    stale = folder / f"{IMAGES}.part"
    holder = stale.open("ab")
    fcntl.flock(holder, fcntl.LOCK_EX)

    def give_way(sentence):
        stale.unlink()
        holder.close()

    download(source.publication.files[:1], [mirror.address], folder, give_way)
    assert holder.closed
    assert (folder / IMAGES).read_bytes() == mirror.files[IMAGES]
