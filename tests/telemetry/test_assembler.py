"""How steps are gathered into chunks."""

import numpy as np

from sql.objects import Layer
from trainer.telemetry import assembler
from trainer.telemetry.assembler import Assembler

LAYER = Layer(1, "layer_1_input", 2)
DOUBLE = np.dtype(np.float64)


def gradient(step: int, rows: int = 3) -> np.ndarray:
    return np.full((rows, 2), float(step))


def test_no_step_is_lost_doubled_or_reordered(monkeypatch):
    monkeypatch.setattr(assembler, "CHUNK_VALUES", 20)
    gatherer = Assembler(LAYER, DOUBLE)
    chunks = [
        gatherer.add(1, step, gradient(step, rows=3 if step < 10 else 2)) for step in range(1, 11)
    ]
    chunks = [chunk for chunk in [*chunks, gatherer.take()] if chunk]
    assert [int(step) for chunk in chunks for step in chunk.steps] == list(range(1, 11))
    for chunk in chunks:
        for step, values in chunk.by_step():
            assert np.array_equal(values, gradient(step, len(values)))
    assert sum(chunk.rows for chunk in chunks) == 9 * 3 + 2


def test_a_chunk_keeps_its_values_when_the_gradient_buffer_is_reused():
    gatherer, buffer = Assembler(LAYER, DOUBLE), gradient(1)
    gatherer.add(1, 1, buffer)
    buffer[:] = 99.0
    assert (gatherer.take().values == 1.0).all()


def test_a_step_larger_than_a_chunk_is_a_chunk_of_its_own(monkeypatch):
    monkeypatch.setattr(assembler, "CHUNK_VALUES", 2)
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
