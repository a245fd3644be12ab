import gzip
import tracemalloc
from itertools import count

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vanishing_gradients.trainer.datasets.idx import read_idx
from vanishing_gradients.trainer.errors import DatasetError

LENGTHS = st.integers(0, 5) | st.integers(0, 2**32 - 1)


@st.composite
def contents(draw):
    """Bytes of an IDX file, a nearly valid one, or junk; compressed or not, and then altered."""
    dimensions = draw(st.sampled_from([1, 3]))
    lengths = draw(st.lists(LENGTHS, min_size=dimensions, max_size=dimensions))
    values = int(np.prod(lengths, dtype=object))
    body = draw(
        st.binary(max_size=200) if values > 200 else st.binary(min_size=values, max_size=values + 1)
    )
    magic = draw(st.just(bytes([0, 0, 8, dimensions])) | st.binary(max_size=4))
    content = magic + b"".join(n.to_bytes(4, "big") for n in lengths) + body
    if draw(st.booleans()):
        content = gzip.compress(content, mtime=0)
    if draw(st.booleans()) and content:
        place = draw(st.integers(0, len(content) - 1))
        content = content[:place] + draw(st.binary(max_size=3)) + content[place + 1 :]
    return draw(st.just(content) | st.binary(max_size=64))


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz")
    return (folder / str(number) for number in count())


@settings(deadline=None, max_examples=300)
@given(content=contents(), dimensions=st.sampled_from([1, 3]))
def test_any_bytes_give_their_array_or_one_error_and_take_little_memory(paths, content, dimensions):
    path = next(paths)
    path.write_bytes(content)
    tracemalloc.start()
    try:
        read = read_idx(path, dimensions).array
    except DatasetError:
        read = None
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 2**20 + 1032 * len(content)
    if read is not None:
        plain = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
        shape = np.frombuffer(plain[4 : 4 + 4 * dimensions], ">u4").astype(int)
        assert plain[:4] == bytes([0, 0, 8, dimensions])
        assert read.shape == tuple(shape)
        assert read.tobytes() == plain[4 + 4 * dimensions :]


@given(
    shape=st.tuples(*[st.integers(1, 6)] * 3),
    compress=st.booleans(),
    seed=st.integers(0, 2**16),
)
@settings(deadline=None, max_examples=50)
def test_every_file_that_is_right_is_read(paths, idx_bytes, shape, compress, seed):
    array = np.random.default_rng(seed).integers(0, 256, shape)
    content = idx_bytes(array)
    path = next(paths)
    path.write_bytes(gzip.compress(content) if compress else content)
    np.testing.assert_array_equal(read_idx(path, 3).array, array)
