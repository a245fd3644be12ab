"""The queue and its writers."""

import threading

import numpy as np
import pytest
from pymysql.constants import ER
from pymysql.err import OperationalError

from vanishing_gradients.sql.objects import Layer
from vanishing_gradients.telemetry.chunk import Chunk
from vanishing_gradients.telemetry.retry import Retry
from vanishing_gradients.telemetry.sink import WAITING, Sink
from vanishing_gradients.telemetry.statistics import EpochStatistics

LAYER = Layer(1, "layer_1_input", 3, "input")


class MemoryLoader:
    """Keeps chunks in a list; waits at `gate` before each, fails at the chunk of step `fault`."""

    def __init__(self, gate: threading.Event | None = None, fault: int | None = None) -> None:
        self.chunks, self.gate, self.fault, self.closed = [], gate, fault, False

    def put(self, chunk: Chunk) -> None:
        if self.gate:
            self.gate.wait()
        if chunk.first_step == self.fault:
            raise OSError("the line is cut")
        self.chunks.append(chunk)

    def has(self, chunk: Chunk) -> bool:
        return chunk in self.chunks

    def close(self) -> None:
        self.closed = True


def chunk(step: int) -> Chunk:
    return Chunk(LAYER, 1, np.array([step]), np.array([2]), np.full((2, 3), float(step)))


def test_every_chunk_arrives_once_and_flush_waits_for_it():
    loader = MemoryLoader()
    sink = Sink(lambda: loader, writers=1)
    for step in range(1, 41):
        sink.put(chunk(step))
    sink.flush(1)
    assert [each.first_step for each in loader.chunks] == list(range(1, 41))
    assert sink.traffic().rows == 80
    assert sink.traffic().waiting_rows == 0
    sink.close()


def test_the_queue_is_bounded_and_blocks_when_full():
    gate, loader = threading.Event(), None
    loader = MemoryLoader(gate)
    sink = Sink(lambda: loader, writers=1)
    for step in range(1, WAITING + 2):
        sink.put(chunk(step))
    returned = threading.Event()
    late = threading.Thread(target=lambda: (sink.put(chunk(99)), returned.set()))
    late.start()
    assert not returned.wait(0.2)
    gate.set()
    assert returned.wait(10)
    late.join()
    sink.flush(1)
    assert len(loader.chunks) == WAITING + 2
    sink.close()


def test_a_writers_failure_reaches_the_loop_and_nothing_is_stored_after_it():
    loader = MemoryLoader(fault=3)
    sink = Sink(lambda: loader, writers=1)

    def put_all() -> None:
        for step in range(1, 40):
            sink.put(chunk(step))
        sink.flush(1)

    with pytest.raises(OSError, match="the line is cut"):
        put_all()
    with pytest.raises(OSError, match="the line is cut"):
        sink.put(chunk(50))
    sink.close()
    assert [each.first_step for each in loader.chunks] == [1, 2]
    assert loader.closed


def test_a_writer_without_a_connection_shares_those_of_others():
    loader, asked = MemoryLoader(), []

    def connect() -> MemoryLoader:
        asked.append(True)
        if len(asked) > 1:
            raise OperationalError(ER.USER_LIMIT_REACHED, "has exceeded the 'max_user_connections'")
        return loader

    sink = Sink(connect, writers=3)
    for step in range(1, 41):
        sink.put(chunk(step))
    sink.flush(1)
    assert sorted(each.first_step for each in loader.chunks) == list(range(1, 41))
    assert len(asked) <= 3
    sink.close()


def test_where_no_writer_has_a_connection_the_next_one_free_is_waited_for():
    loader, asked = MemoryLoader(), []

    def connect() -> MemoryLoader:
        asked.append(True)
        if len(asked) < 3:
            raise OperationalError(ER.CON_COUNT_ERROR, "Too many connections")
        return loader

    sink = Sink(connect, writers=1, retry=Retry(30))
    sink.put(chunk(1))
    sink.flush(1)
    assert len(loader.chunks) == 1
    sink.close()


def test_statistics_are_kept_where_nothing_else_is():
    sink = Sink(None)
    for step in (1, 2, 3):
        sink.put(chunk(step))
    found = sink.flush(1)
    assert [row[:3] for row in found.steps] == [(1, 1, 1), (1, 1, 2), (1, 1, 3)]
    assert [row[:4] for row in found.neurons] == [(1, 1, 1, 6), (1, 1, 2, 6), (1, 1, 3, 6)]
    assert sink.flush(1) == EpochStatistics([], [])
    sink.close()
