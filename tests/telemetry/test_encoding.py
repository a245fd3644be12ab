"""Text for LOAD DATA."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from vanishing_gradients.sql.objects import Layer
from vanishing_gradients.telemetry.chunk import Chunk, encode, encode_literals

LAYER = Layer(1, "layer_1_input", 3, "input")


def chunk(values: np.ndarray, steps=(1,), row_counts=None) -> Chunk:
    return Chunk(LAYER, 2, np.array(steps), np.array(row_counts or [len(values)]), values)


def cells(text: memoryview) -> list[list[str]]:
    return [line.split(",") for line in bytes(text).decode().splitlines()]


def test_a_line_is_step_row_index_and_the_cells():
    values = np.array([[0.5, -2.0, 0.25], [1.0, 3.0, 4.0], [8.0, 16.0, 32.0]])
    lines = cells(encode(chunk(values, steps=[7, 9], row_counts=[2, 1])))
    assert [line[:2] for line in lines] == [["7", "0"], ["7", "1"], ["9", "0"]]
    assert [[float(cell) for cell in line[2:]] for line in lines] == values.tolist()


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@given(data=st.data())
def test_every_storable_number_comes_back_to_the_bit(dtype, data):
    bound = 1e150 if dtype is np.float64 else float(np.finfo(np.float32).max)
    numbers = st.floats(-bound, bound, width=64 if dtype is np.float64 else 32)
    values = data.draw(arrays(dtype, (2, 3), elements=numbers))
    read = np.array([line[2:] for line in cells(encode(chunk(values)))]).astype(dtype)
    assert np.array_equal(read, values)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf, 1.1e150, -1e200])
def test_a_value_that_cannot_be_stored_is_null(odd):
    values = np.array([[1.0, odd, 3.0]])
    assert cells(encode(chunk(values))) == [["1", "0", "1.0", "\\N", "3.0"]]


def test_the_largest_magnitude_allowed_is_stored():
    assert float(cells(encode(chunk(np.array([[1e150, -1e150, 0.0]]))))[0][2]) == 1e150


def test_single_precision_takes_no_more_digits_than_it_needs():
    values = np.array([[0.1, 0.2, 0.3]], np.float32)
    assert cells(encode(chunk(values)))[0][2:] == ["0.1", "0.2", "0.3"]


def test_single_precision_is_spelled_out_for_a_double_table():
    values = np.array([[0.1, 0.2, 0.3]], np.float32)
    read = [float(cell) for cell in cells(encode(chunk(values), np.dtype(np.float64)))[0][2:]]
    assert read == values.astype(np.float64)[0].tolist()


def test_literals_carry_run_epoch_and_null():
    values = np.array([[1e-40, np.nan, 2.0]])
    (row,) = encode_literals(chunk(values), run_id=5)
    assert row.startswith("(5,2,1,0,1e-40,NULL,2")
