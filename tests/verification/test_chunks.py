"""telemetry_progress is compared with the steps that its chunks should cover."""

import pytest


@pytest.fixture
def chunked(bench) -> int:
    """A separate run whose chunks of the first layer hold one step each."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("vanishing_gradients.telemetry.chunk.CHUNK_VALUES", 784 * 7)
        run_id = bench.clean(seed=7)  # a setting of no other run here
    assert bench.select(
        "SELECT first_step, last_step FROM telemetry_progress "
        f"WHERE run_id = {run_id} AND layer = 1 AND epoch = 2 ORDER BY first_step"
    ) == [(1, 1), (2, 2), (3, 3)]  # fmt: skip
    return run_id


PLACE = "layer = 1 AND epoch = 2 AND first_step = 2"


def test_a_run_of_many_chunks_agrees(bench, chunked):
    assert bench.found(chunked) == ()


def test_a_missing_chunk_is_found(bench, chunked):
    bench.execute(f"DELETE FROM telemetry_progress WHERE run_id = {chunked} AND {PLACE}")
    (found,) = bench.found(chunked)
    assert str(found) == "layer 1, epoch 2, step 2: telemetry_progress has no chunk with this step"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("row_count = row_count + 1", "has 785 rows, and 784 are expected"),
        ("last_step = 3", "has 784 rows, and 1568 are expected"),
        ("last_step = 4", "begins or ends at a step that is not recorded"),
        ("first_step = 5", "begins or ends at a step that is not recorded"),
        ("epoch = 3", "a chunk, and none is expected"),
        ("layer = 7", "a chunk, and none is expected"),
    ],
)
def test_an_altered_chunk_is_found(bench, chunked, change, told):
    bench.spoil("telemetry_progress", chunked, change, PLACE)
    assert told in "\n".join(map(str, bench.found(chunked)))


def test_chunks_that_overlap_are_found(bench, chunked):
    bench.spoil("telemetry_progress", chunked, "last_step = 3, row_count = 1568", PLACE)
    assert bench.places(chunked) == {(1, 2, 3)}


def test_a_chunk_of_a_run_that_kept_statistics_alone_is_found(bench):
    run_id = bench.clean(telemetry="statistics")
    bench.execute(
        "INSERT INTO telemetry_progress (run_id, layer, epoch, first_step, last_step, row_count, "
        f"loaded_at) VALUES ({run_id}, 1, 1, 1, 3, 2352, '2025-11-25')"
    )
    assert bench.places(run_id) == {(1, 1, 1)}
