"""The space of a run is freed, concurrently with other work on its tables."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from tests.telemetry.removal.filled import fill
from vanishing_gradients.sql.connection import engine
from vanishing_gradients.telemetry import removal
from vanishing_gradients.telemetry.chunk import Chunk
from vanishing_gradients.telemetry.removal import removable_run, remove
from vanishing_gradients.telemetry.runs import RunLayer


@pytest.mark.not_on_oceanbase("a run's partition is dropped, and no table written anew")
def test_a_table_that_cannot_be_written_anew_for_want_of_room_says_so(
    filled, removed, left_by, monkeypatch
):
    other, run = filled("tight", seed=1), filled("tight", seed=2)
    before = left_by(other)
    found = removal.place
    monkeypatch.setattr(removal, "place", lambda *given: replace(found(*given), free=0))
    lines = removed(run.run_id)
    assert len([line for line in lines if "keeps the space for later runs of tight" in line]) == 2
    assert not any(left_by(run).values())
    assert left_by(other) == before


WIDE = {"layers": (RunLayer(1, "layer_1_input", "dense", 4, 200, "input"),
                   RunLayer(2, "layer_2_softmax", "softmax", 5, 3, "sample"))}  # fmt: skip


@pytest.fixture
def big(new_run, loader_of):
    """Return a function that creates a run with some megabytes in its first layer."""

    def make(experiment: str, seed: int):
        run = new_run(experiment, seed=seed, **WIDE)
        fill(run, loader_of(run), finish=False)
        values = np.random.default_rng(seed).normal(size=(4000, 200))
        loader = loader_of(run)
        for epoch in (3, 4):
            chunk = Chunk(run.shape.layers[0], epoch, np.array([1]), np.array([4000]), values)
            loader.put(chunk)
        run.finish("finished")
        run.close()
        return run

    return make


@pytest.mark.parametrize("others", [0, 1])
def test_the_space_is_given_back(big, catalogue, others):
    for seed in range(others):
        big(f"spacious_{others}", seed)
    run = big(f"spacious_{others}", 9)
    with removable_run(catalogue, run.run_id) as found:
        assert found.size > 8000 * 200 * 8
        freed = remove(catalogue, found, lambda line: None)
    assert freed > 0.7 * found.size


@pytest.mark.faults
def test_removals_and_a_run_in_training_do_not_disturb_each_other(
    big, new_run, loader_of, migrated, left_by, select
):
    doomed = [big("crowded", seed) for seed in (1, 2)]
    kept = big("crowded", 4)
    before = left_by(kept)
    trained = new_run("crowded", seed=5, **WIDE)
    loader = loader_of(trained)
    values = np.random.default_rng(5).normal(size=(500, 200))

    def load(until) -> int:
        step = 0
        while not until() or step < 10:
            step += 1
            for layer in trained.shape.layers:
                rows = values[:, : layer.width]
                loader.put(Chunk(layer, 1, np.array([step]), np.array([len(rows)]), rows))
        return step

    def take_away(run_id: int) -> None:
        made = engine(migrated)
        with removable_run(made, run_id) as found:
            remove(made, found, lambda line: None)
        made.dispose()

    with ThreadPoolExecutor(4) as pool:
        removals = [pool.submit(take_away, run.run_id) for run in doomed]
        steps = pool.submit(load, lambda: all(each.done() for each in removals)).result()
        for each in removals:
            each.result()
    assert not any(row for run in doomed for row in left_by(run).values())
    assert left_by(kept) == before
    table = trained.shape.table(trained.shape.layers[0])
    found = select(f"SELECT COUNT(*), COUNT(Norm) FROM {table} WHERE run_id = {trained.run_id}")
    assert found == [(500 * steps, 500 * steps)]
    trained.close()
