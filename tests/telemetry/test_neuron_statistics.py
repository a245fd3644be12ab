"""Statistics of neurons: what is counted, and that the order of threads changes no bit."""

import itertools
import threading

import numpy as np
import pytest

from vanishing_gradients.sql.objects import Layer
from vanishing_gradients.telemetry.chunk import Chunk
from vanishing_gradients.telemetry.sink import Sink
from vanishing_gradients.telemetry.statistics import chunk_statistics, epoch_statistics

LAYER = Layer(2, "layer_2_relu", 3, "sample")


def chunk(steps, values, saturated=None, epoch: int = 1) -> Chunk:
    """A chunk of steps with equally many rows."""
    rows = np.full(len(steps), len(values) // len(steps))
    counts = None if saturated is None else np.array(saturated)
    return Chunk(LAYER, epoch, np.array(steps), rows, np.array(values, float), None, counts)


def neurons(*chunks: Chunk) -> list[tuple]:
    return epoch_statistics(map(chunk_statistics, chunks)).neurons


def test_neurons_are_counted_as_by_hand():
    first = chunk([1, 2], [[0, 1, -2], [0, 3, 0], [0, -5, 4], [0, 0, 0]], [[2, 0, 1], [1, 0, 0]])
    second = chunk([3], [[0, 0.5, 0.25], [0, 0, 0]], [[2, 1, 0]])
    assert neurons(first, second) == [
        (2, 1, 1, 6, 6, 0, 0.0, 5),
        (2, 1, 2, 6, 2, 0, 9.5, 1),
        (2, 1, 3, 6, 3, 0, 6.25, 1),
    ]


def test_a_layer_that_cannot_be_saturated_has_null():
    assert {row[-1] for row in neurons(chunk([1], [[1, 2, 3]]))} == {None}


def test_a_row_with_a_cell_that_cannot_be_stored_is_left_out_and_its_cell_counted():
    values = [[1, np.nan, 3], [1e151, 0, np.inf], [4, 0, -6]]
    assert neurons(chunk([1], values, [[3, 3, 3]])) == [
        (2, 1, 1, 1, 0, 1, 4.0, 3),
        (2, 1, 2, 1, 1, 1, 0.0, 3),
        (2, 1, 3, 1, 0, 1, 6.0, 3),
    ]


def test_a_layer_with_no_finite_row_has_no_cells():
    assert neurons(chunk([1], [[np.nan] * 3])) == [
        (2, 1, neuron, 0, 0, 1, 0.0, None) for neuron in (1, 2, 3)
    ]


@pytest.fixture
def sums():
    """Three chunks whose sums of magnitudes depend, in their last bit, on the order."""
    generator = np.random.default_rng(4)
    chunks = [chunk([step], generator.normal(size=(50, 3)) ** 5) for step in (1, 2, 3)]
    sums = [np.abs(each.values).sum(axis=0) for each in chunks]
    forward, backward = (sums[0] + sums[1]) + sums[2], (sums[2] + sums[1]) + sums[0]
    assert (forward != backward).any()
    return chunks, forward


def test_the_bits_do_not_depend_on_the_order_in_which_chunks_are_finished(sums):
    chunks, expected = sums
    for order in itertools.permutations(chunks):
        assert [row[6] for row in neurons(*order)] == expected.tolist()


def test_the_bits_do_not_depend_on_which_writer_is_first(sums):
    chunks, expected = sums
    last_is_done = threading.Event()

    class Loader:
        """The first chunk waits for the last."""

        def put(self, each: Chunk) -> None:
            if each.first_step == 3:
                last_is_done.set()
            assert last_is_done.wait(10)

        def close(self) -> None:
            pass

    sink = Sink(Loader, writers=3)
    for each in chunks:
        sink.put(each)
    found = sink.flush(1)
    sink.close()
    assert [row[6] for row in found.neurons] == expected.tolist()


def test_single_precision_is_summed_in_double():
    values = np.random.default_rng(1).normal(size=(4000, 3)).astype(np.float32)
    single = Chunk(LAYER, 1, np.array([1]), np.array([4000]), values)
    expected = np.abs(values.astype(np.float64)).sum(axis=0)
    assert [row[6] for row in neurons(single)] == pytest.approx(expected, rel=1e-13)


def test_layers_and_epochs_are_kept_apart():
    rows = neurons(chunk([1], [[1, 1, 1]]), chunk([1], [[2, 2, 2]], epoch=2))
    assert [(row[1], row[6]) for row in rows] == [(1, 1.0)] * 3 + [(2, 2.0)] * 3
