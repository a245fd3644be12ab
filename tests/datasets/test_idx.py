import gzip
import os
import struct
import tracemalloc
from hashlib import sha256

import numpy as np
import pytest

from vanishing_gradients.trainer.datasets.idx import CEILING, read_idx
from vanishing_gradients.trainer.errors import DatasetError

IMAGES = np.arange(2 * 3 * 4).reshape(2, 3, 4)


@pytest.fixture
def refused(tmp_path):
    """Reads a file of the given bytes as images and returns the sentence that refuses it."""

    def refuse(content: bytes, dimensions: int = 3) -> str:
        path = tmp_path / "images"
        path.write_bytes(content)
        with pytest.raises(DatasetError) as caught:
            read_idx(path, dimensions, cure="do this")
        sentence = str(caught.value)
        assert sentence.startswith(f"{path} ")
        assert sentence.endswith(": do this.")
        return sentence

    return refuse


def test_a_plain_file_gives_the_array_that_was_written(tmp_path, idx_bytes):
    (tmp_path / "images").write_bytes(idx_bytes(IMAGES))
    array = read_idx(tmp_path / "images", 3).array
    assert array.dtype == np.uint8
    np.testing.assert_array_equal(array, IMAGES)


def test_a_compressed_file_gives_the_same_array_whatever_it_is_called(tmp_path, idx_bytes):
    (tmp_path / "images").write_bytes(gzip.compress(idx_bytes(IMAGES)))
    np.testing.assert_array_equal(read_idx(tmp_path / "images", 3).array, IMAGES)


def test_the_sum_is_that_of_the_decompressed_file(tmp_path, idx_bytes):
    content = idx_bytes(IMAGES)
    (tmp_path / "images.gz").write_bytes(gzip.compress(content))
    assert read_idx(tmp_path / "images.gz", 3).sha256 == sha256(content).hexdigest()


def test_an_empty_file_is_refused(refused):
    assert "is empty" in refused(b"")


def test_a_web_page_in_place_of_the_file_is_refused(refused):
    assert "is not an IDX file" in refused(b"<!DOCTYPE html>")


def test_a_file_of_floating_point_numbers_is_refused(refused):
    assert "is not an IDX file of bytes" in refused(struct.pack(">4BI", 0, 0, 0x0D, 1, 1) + b"x")


def test_labels_under_the_name_of_images_are_refused(refused, idx_bytes):
    assert "has 1 dimensions instead of 3" in refused(idx_bytes(np.arange(9)))


def test_a_file_that_ends_within_its_header_is_refused(refused, idx_bytes):
    assert "ends within its header" in refused(idx_bytes(IMAGES)[:10])


def test_a_plain_file_that_is_one_byte_short_is_refused(refused, idx_bytes):
    assert "is cut short" in refused(idx_bytes(IMAGES)[:-1])


def test_a_plain_file_that_is_one_byte_too_long_is_refused(refused, idx_bytes):
    assert "continues after the 24 values" in refused(idx_bytes(IMAGES) + b"\0")


def test_compressed_data_that_hold_less_than_promised_are_refused(refused, idx_bytes):
    assert "is cut short: 23 of the 24" in refused(gzip.compress(idx_bytes(IMAGES)[:-1]))


def test_compressed_data_that_hold_more_than_promised_are_refused(refused, idx_bytes):
    assert "continues after" in refused(gzip.compress(idx_bytes(IMAGES) + b"\0"))


def test_a_truncated_archive_is_refused(refused, idx_bytes):
    assert "ends in the middle" in refused(gzip.compress(idx_bytes(IMAGES))[:-1])


def test_an_archive_whose_own_checksum_differs_is_refused(refused, idx_bytes):
    archive = bytearray(gzip.compress(idx_bytes(IMAGES)))
    archive[-8] ^= 1
    assert "is damaged" in refused(bytes(archive))


def test_an_archive_with_garbage_behind_it_is_refused(refused, idx_bytes):
    assert "is damaged" in refused(gzip.compress(idx_bytes(IMAGES)) + b"garbage")


@pytest.mark.parametrize("shape", [(0, 28, 28), (60_000, 0, 28), (2**32 - 1,) * 3])
def test_dimensions_that_no_data_set_has_are_refused(refused, shape):
    assert "which no data set here has" in refused(struct.pack(">4B3I", 0, 0, 8, 3, *shape))


def test_a_small_file_that_promises_much_is_refused_before_memory_is_taken(tmp_path):
    path = tmp_path / "images.gz"
    path.write_bytes(gzip.compress(struct.pack(">4B3I", 0, 0, 8, 3, CEILING // 2, 1, 1)))
    assert peak_of_refusal(path, "is cut short") < 2**20


def test_a_gzip_bomb_is_not_unpacked(tmp_path):
    path = tmp_path / "images.gz"
    with gzip.open(path, "wb") as bomb:
        bomb.write(struct.pack(">4B3I", 0, 0, 8, 3, 1, 28, 28))
        for _ in range(64):
            bomb.write(bytes(2**20))
    assert peak_of_refusal(path, "continues after the 784 values") < 2**20


def peak_of_refusal(path, why) -> int:
    """Return the peak allocation while a file was read and refused."""
    tracemalloc.start()
    try:
        with pytest.raises(DatasetError, match=why):
            read_idx(path, 3)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_folder_in_place_of_the_file_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="is a folder, not a file"):
        read_idx(tmp_path, 3)


def test_a_pipe_in_place_of_the_file_is_refused_without_waiting_for_a_writer(tmp_path):
    os.mkfifo(tmp_path / "images")
    with pytest.raises(DatasetError, match="is not a regular file"):
        read_idx(tmp_path / "images", 3)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="No such file"):
        read_idx(tmp_path / "images", 3)


def test_a_file_without_permission_is_refused(tmp_path, idx_bytes):
    path = tmp_path / "images"
    path.write_bytes(idx_bytes(IMAGES))
    path.chmod(0)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)  # root may read everything, so drop privileges for a moment
    try:
        with pytest.raises(DatasetError, match="Permission denied"):
            read_idx(path, 3)
    finally:
        os.seteuid(user)
