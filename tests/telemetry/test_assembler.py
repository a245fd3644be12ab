"""How steps are gathered into chunks."""

import threading
from types import SimpleNamespace

import numpy as np
import pytest

from vanishing_gradients.sql.objects import Layer
from vanishing_gradients.telemetry.chunk import Assembler

LAYER = Layer(1, "layer_1_input", 2, "input")
DOUBLE = np.dtype(np.float64)


def gradient(step: int, rows: int = 3) -> np.ndarray:
    return np.full((rows, 2), float(step))


def test_no_step_is_lost_doubled_or_reordered(monkeypatch):
    monkeypatch.setattr("vanishing_gradients.telemetry.chunk.CHUNK_VALUES", 20)
    gatherer = Assembler(LAYER, DOUBLE)
    chunks = [
        gatherer.add(1, step, gradient(step, rows=3 if step < 10 else 2)) for step in range(1, 11)
    ]
    chunks = [chunk for chunk in [*chunks, gatherer.take()] if chunk]
    assert [int(step) for chunk in chunks for step in chunk.steps] == list(range(1, 11))
    for chunk in chunks:
        of_steps = np.split(chunk.values, np.cumsum(chunk.row_counts)[:-1])
        for step, values in zip(chunk.steps, of_steps, strict=True):
            assert np.array_equal(values, gradient(step, len(values)))
    assert sum(chunk.rows for chunk in chunks) == 9 * 3 + 2


def test_a_chunk_keeps_its_values_when_the_gradient_buffer_is_reused():
    gatherer, buffer = Assembler(LAYER, DOUBLE), gradient(1)
    gatherer.add(1, 1, buffer)
    buffer[:] = 99.0
    assert (gatherer.take().values == 1.0).all()


def test_a_step_larger_than_a_chunk_is_a_chunk_of_its_own(monkeypatch):
    monkeypatch.setattr("vanishing_gradients.telemetry.chunk.CHUNK_VALUES", 2)
    gatherer = Assembler(LAYER, DOUBLE)
    assert gatherer.add(1, 1, gradient(1)) is None
    assert gatherer.add(1, 2, gradient(2)).steps.tolist() == [1]


def test_nothing_to_take_is_none():
    assert Assembler(LAYER, DOUBLE).take() is None


def test_a_short_last_batch_starts_its_row_index_at_zero():
    gatherer = Assembler(LAYER, DOUBLE)
    gatherer.add(1, 1, gradient(1, 3))
    gatherer.add(1, 2, gradient(2, 2))
    chunk = gatherer.take()
    assert chunk.row_index_column().tolist() == [0, 1, 2, 0, 1]
    assert chunk.step_column().tolist() == [1, 1, 1, 2, 2]


def test_what_a_step_did_goes_with_its_gradient_past_the_end_of_a_chunk(monkeypatch):
    monkeypatch.setattr("vanishing_gradients.telemetry.chunk.CHUNK_VALUES", 12)
    gatherer, chunks = Assembler(LAYER, DOUBLE), []
    for step in range(1, 6):
        chunks.append(gatherer.add(1, step, gradient(step), np.array([step, 0])))
        update = SimpleNamespace(clipped_norm=step, weight_norm=10 * step, update_norm=0.1 * step)
        gatherer.attach(update)
    chunks = [chunk for chunk in [*chunks, gatherer.take()] if chunk]
    assert [chunk.steps.tolist() for chunk in chunks] == [[1, 2], [3, 4], [5]]
    for chunk in chunks:
        assert chunk.updates.tolist() == [[step, 10 * step, 0.1 * step] for step in chunk.steps]
        assert chunk.saturated.tolist() == [[step, 0] for step in chunk.steps]


def test_counts_of_saturated_samples_are_copies():
    gatherer, counts = Assembler(LAYER, DOUBLE), np.array([1, 2])
    gatherer.add(1, 1, gradient(1), counts)
    counts[:] = 9
    assert gatherer.take().saturated.tolist() == [[1, 2]]


def test_a_layer_without_weights_or_saturation_has_neither():
    gatherer = Assembler(LAYER, DOUBLE)
    gatherer.add(1, 1, gradient(1))
    chunk = gatherer.take()
    assert (chunk.updates, chunk.saturated) == (None, None)


LAYOUTS = {
    "by neuron": lambda values: np.asfortranarray(values),
    "reversed": lambda values: np.ascontiguousarray(values[::-1, ::-1])[::-1, ::-1],
    "with gaps": lambda values: np.repeat(values, 2, axis=1)[:, ::2],
    "the same row again": lambda values: np.broadcast_to(values[0], values.shape),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_gradient_is_kept_by_rows_however_it_lies_in_memory(layout):
    given = [LAYOUTS[layout](np.random.default_rng(step).normal(size=(3, 2))) for step in (1, 2)]
    assert not all(each.flags.c_contiguous for each in given)
    gatherer = Assembler(LAYER, DOUBLE)
    for step, each in enumerate(given, 1):
        gatherer.add(1, step, each)
    chunk = gatherer.take()
    assert (chunk.rows, chunk.row_counts.tolist()) == (6, [3, 3])
    assert np.array_equal(chunk.in_rows().values, np.concatenate(given))


def test_neurons_of_a_signal_of_many_positions_may_lie_before_them():
    signals = np.random.default_rng(3).normal(size=(5, 4, 2, 3, 3))  # steps, samples, neurons, ...
    gatherer = Assembler(LAYER, DOUBLE)
    for step, each in enumerate(signals, 1):
        gatherer.add(1, step, np.moveaxis(each, 1, -1))
    values = gatherer.take().in_rows().values
    assert np.array_equal(values, np.moveaxis(signals, 2, -1).reshape(-1, 2))
    assert values.flags.c_contiguous


@pytest.mark.parametrize(
    "later", [np.ones((3, 2)), np.ones((2, 2)), np.asfortranarray(np.ones((2, 2)))]
)
def test_a_gradient_that_lies_otherwise_or_has_other_rows_begins_a_chunk(later):
    gatherer = Assembler(LAYER, DOUBLE)
    first = np.asfortranarray(gradient(1))
    gatherer.add(1, 1, first)
    chunks = [gatherer.add(1, 2, later), gatherer.take()]
    assert [chunk.steps.tolist() for chunk in chunks] == [[1], [2]]
    assert np.array_equal(chunks[0].in_rows().values, first)
    assert np.array_equal(chunks[1].in_rows().values, later)


def test_chunks_have_as_many_steps_however_gradients_lie(monkeypatch):
    monkeypatch.setattr("vanishing_gradients.telemetry.chunk.CHUNK_VALUES", 20)
    found = []
    for lay in (np.ascontiguousarray, np.asfortranarray):
        gatherer = Assembler(LAYER, DOUBLE)
        chunks = [gatherer.add(1, step, lay(gradient(step))) for step in range(1, 9)]
        found.append([len(each.steps) for each in [*chunks, gatherer.take()] if each])
    assert found[0] == found[1]
    assert len(found[0]) > 1


def test_a_step_can_be_looked_at_before_its_chunk_is_full():
    assembler = Assembler(LAYER, DOUBLE)
    for step in (1, 2, 3):
        assembler.add(1, step, gradient(step))
    found = assembler.glance()
    assert (found.epoch, found.steps.tolist(), found.row_counts.tolist()) == (1, [2], [3])
    assert np.array_equal(found.values, gradient(2))


@pytest.mark.parametrize("steps", [0, 1])
def test_a_step_that_may_still_be_under_way_is_not_looked_at(steps):
    assembler = Assembler(LAYER, DOUBLE)
    for step in range(steps):
        assembler.add(1, step, gradient(step))
    assert assembler.glance() is None


def test_a_layer_of_which_few_steps_fill_a_chunk_is_not_looked_at(monkeypatch):
    monkeypatch.setattr("vanishing_gradients.telemetry.chunk.CHUNK_VALUES", 7 * gradient(1).size)
    assembler = Assembler(LAYER, DOUBLE)
    for step in (1, 2, 3):
        assembler.add(1, step, gradient(step))
    assert assembler.glance() is None


def test_what_is_looked_at_while_steps_are_added_is_one_step(monkeypatch):
    """Each step has a value of its own, and a chunk is taken every eighth."""
    monkeypatch.setattr("vanishing_gradients.telemetry.chunk.CHUNK_VALUES", 8 * gradient(1).size)
    assembler, done, seen = Assembler(LAYER, DOUBLE), threading.Event(), []

    def look() -> None:
        while not done.is_set():
            if found := assembler.glance():
                seen.append((found.steps.tolist(), set(found.values.ravel().tolist())))

    looking = threading.Thread(target=look)
    looking.start()
    for step in range(1, 20_001):
        assembler.add(1, step, np.full_like(gradient(1), step))
    done.set()
    looking.join()
    assert seen
    assert all(values == {float(step)} for (step,), values in seen)
