"""Small files that would unpack to gigabytes, or keep a reader busy for hours, are refused quickly.

They are all built without being unpacked.
"""

import gzip
import os
import struct
import time
import tracemalloc
import zlib
from pathlib import Path

import pytest

from vanishing_gradients.trainer.datasets.idx import CEILING, read_idx
from vanishing_gradients.trainer.errors import DatasetError

MEMORY = 2**20
SECONDS = 1.0
NAMED = b"\x1f\x8b\x08\x08\0\0\0\0\0\xff"  # a gzip header that announces a file name
ONE_PIXEL = struct.pack(">4B3I", 0, 0, 8, 3, 1, 1, 1) + b"x"


def zeros(header: bytes, megabytes: int) -> bytes:
    """A gzip archive of `header` and `megabytes` of zeros, a kilobyte each."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    start = deflate.compress(header) + deflate.flush(zlib.Z_FULL_FLUSH)
    # A full flush makes a block that depends on nothing before it, so it can be repeated.
    block = deflate.compress(bytes(2**20)) + deflate.flush(zlib.Z_FULL_FLUSH)
    return start + block * megabytes


def refusal(path: Path, dimensions: int = 3) -> str:
    """The sentence that refuses a file, checked to have cost little memory and time."""
    tracemalloc.start()
    began = time.process_time()
    try:
        with pytest.raises(DatasetError) as caught:
            read_idx(path, dimensions)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert time.process_time() - began < SECONDS
    assert peak < MEMORY
    sentence = str(caught.value)
    assert sentence.startswith(f"{path} ")
    assert "\n" not in sentence
    return sentence


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "images.gz"


def test_gigabytes_of_zeros_behind_the_promised_values_are_not_unpacked(path):
    path.write_bytes(zeros(struct.pack(">4B3I", 0, 0, 8, 3, 1, 28, 28), 4_096))
    assert "continues after the 784 values" in refusal(path)


def test_gigabytes_of_zeros_are_no_header(path):
    path.write_bytes(zeros(b"", 4_096))
    assert "is not an IDX file of bytes (it begins with 00 00 00 00)" in refusal(path)


def test_an_archive_of_an_archive_is_unpacked_once(path):
    path.write_bytes(gzip.compress(zeros(b"", 1_024)))
    assert "is not an IDX file of bytes (it begins with 1f 8b" in refusal(path)


@pytest.mark.parametrize("shape", [(2**31, 2**31, 1), (2**32 - 1,) * 3, (CEILING, 1, 1)])
def test_gigabytes_that_the_header_promises_are_not_unpacked(path, shape):
    path.write_bytes(zeros(struct.pack(">4B3I", 0, 0, 8, 3, *shape), 4_096))
    assert "which no data set here has" in refusal(path)


def test_labels_of_two_to_the_thirty_one_are_not_unpacked(path):
    path.write_bytes(zeros(struct.pack(">4BI", 0, 0, 8, 1, 2**31), 4_096))
    assert "promises 2147483648 values" in refusal(path, dimensions=1)


@pytest.mark.parametrize(
    "behind",
    [b"\0", b"\0" * 2**20, b"garbage", gzip.compress(b""), gzip.compress(b"") * 50_000],
    ids=["a zero", "padding", "text", "an empty archive", "many empty archives"],
)
def test_whatever_follows_the_archive_is_refused_at_once(path, behind):
    path.write_bytes(gzip.compress(ONE_PIXEL) + behind)
    assert "something follows its compressed data" in refusal(path)


def test_a_hundred_gigabytes_of_padding_on_a_sparse_file_are_not_read(path):
    path.write_bytes(gzip.compress(ONE_PIXEL))
    os.truncate(path, 100 * 2**30)
    assert "something follows its compressed data" in refusal(path)


def test_a_hundred_gigabytes_behind_a_plain_file_are_not_read(path):
    path.write_bytes(ONE_PIXEL)
    os.truncate(path, 100 * 2**30)
    assert "continues after the 1 values" in refusal(path)


def test_many_empty_archives_before_the_first_byte_are_refused_at_once(path):
    path.write_bytes(gzip.compress(b"") * 50_000 + gzip.compress(ONE_PIXEL))
    assert "something follows its compressed data" in refusal(path)


def test_a_file_name_of_megabytes_within_the_archive_is_passed_over_quickly(path):
    path.write_bytes(NAMED + b"a" * 2**24)
    assert "ends in the middle of its compressed data" in refusal(path)


def test_a_file_name_of_megabytes_does_no_harm_to_a_good_file(path):
    deflated = gzip.compress(ONE_PIXEL, mtime=0)[10:]
    path.write_bytes(NAMED + b"a" * 2**24 + b"\0" + deflated)
    assert read_idx(path, 3).array.tobytes() == b"x"
