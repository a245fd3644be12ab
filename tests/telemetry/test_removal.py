"""A run is removed with all it left, and nothing else is."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import Engine, inspect

from sql.connection import engine
from sql.objects import definition
from sql.registry import versions_in_force
from tests.telemetry.filled import fill
from trainer.errors import RemovalError, RunBusyError
from trainer.telemetry import removal
from trainer.telemetry.chunk import Chunk
from trainer.telemetry.removal import candidate, remove
from trainer.telemetry.runs import RunLayer

CATALOGUE = (
    "runs", "layers", "epoch_metrics", "step_statistics", "telemetry_progress", "checkpoints",
)  # fmt: skip


@pytest.fixture
def filled(new_run, loader_of):
    """Return a function that makes a finished run with rows everywhere."""

    def make(experiment: str, seed: int = 1, **changes):
        run = new_run(experiment, seed=seed, **changes)
        return fill(run, loader_of(run) if run.table_types else None, seed=seed)

    return make


@pytest.fixture
def removed(catalogue: Engine):
    """Return a function that removes a run, and gives what was said of it."""

    def go(run_id: int, listener=lambda line: None) -> list[str]:
        lines: list[str] = []
        with candidate(catalogue, run_id) as found:
            remove(catalogue, found, lambda line: (lines.append(line), listener(line)))
        return lines

    return go


@pytest.fixture
def select(catalogue: Engine):
    def ask(query: str) -> list[tuple]:
        with catalogue.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]

    return ask


@pytest.fixture
def left_by(select):
    """Return a function that reads every row of a run, from its tables and the catalogue."""

    def read(run) -> dict[str, list[tuple]]:
        tables = [run.shape.table(layer) for layer in run.shape.layers]
        found = {name: f"SELECT * FROM {name} WHERE run_id = {run.run_id}" for name in CATALOGUE}
        if run.table_types:
            found |= {name: f"SELECT * FROM {name} WHERE Run = {run.run_id}" for name in tables}
        return {name: sorted(select(query), key=repr) for name, query in found.items()}

    return read


@pytest.fixture
def objects(catalogue: Engine):
    """Return a function that lists the tables and views of an experiment."""

    def read(experiment: str) -> list[str]:
        names = inspect(catalogue)
        known = [*names.get_table_names(), *names.get_view_names()]
        return [name for name in known if name.startswith(f"{experiment}_")]

    return read


@pytest.fixture
def overall_views(catalogue: Engine, select):
    """Return a function that counts the rows of every view over all experiments."""

    def count() -> dict[str, int]:
        with catalogue.connect() as connection:
            in_force = versions_in_force(connection).items()
        names = [definition("views", name, version).object_name for name, version in in_force]
        return {
            name: select(f"SELECT COUNT(*) FROM {name}")[0][0] for name in names if "{" not in name
        }

    return count


def test_a_run_leaves_no_row(filled, removed, left_by):
    filled("emptied", seed=1)
    run = filled("emptied", seed=2)
    assert all(left_by(run).values())
    removed(run.run_id)
    assert not any(left_by(run).values())


def test_rows_of_other_runs_stay_bit_for_bit(filled, removed, left_by):
    others = [filled("kept", seed=1), filled("elsewhere")]
    run = filled("kept", seed=2)
    others.append(filled("kept", seed=3))
    before = [left_by(other) for other in others]
    removed(run.run_id)
    assert [left_by(other) for other in others] == before


def test_a_run_with_rows_that_no_chunk_accounts_for_leaves_none(
    filled, removed, left_by, catalogue
):
    filled("by_hand", seed=1)
    run = filled("by_hand", seed=2)
    with catalogue.begin() as connection:
        connection.exec_driver_sql(f"DELETE FROM telemetry_progress WHERE run_id = {run.run_id}")
    removed(run.run_id)
    assert not any(left_by(run).values())


def test_the_last_run_takes_tables_and_views_along(filled, removed, objects):
    runs = [filled("closed", seed=seed) for seed in (1, 2)]
    removed(runs[0].run_id)
    assert len(objects("closed")) > 10
    removed(runs[1].run_id)
    assert objects("closed") == []


def test_a_run_with_statistics_alone_does_not_keep_the_tables(filled, removed, objects, left_by):
    run, other = filled("half", seed=1), filled("half", seed=2, telemetry="statistics")
    before = left_by(other)
    removed(run.run_id)
    assert objects("half") == []
    assert left_by(other) == before


def test_a_run_with_statistics_alone_goes_and_leaves_the_tables(filled, removed, objects, left_by):
    kept, run = filled("light", seed=1), filled("light", seed=2, telemetry="statistics")
    before = objects("light"), left_by(kept)
    removed(run.run_id)
    assert (objects("light"), left_by(kept)) == before
    assert not any(left_by(run).values())


def test_the_views_over_all_experiments_answer_as_if_the_run_had_never_been(
    filled, removed, overall_views
):
    filled("witness")
    before = overall_views()
    run = filled("passing")
    assert overall_views() != before
    removed(run.run_id)
    assert overall_views() == before


def test_an_experiment_can_begin_anew(filled, removed, left_by):
    removed(filled("again").run_id)
    assert all(left_by(filled("again")).values())


def test_a_run_that_does_not_exist_is_refused(removed):
    with pytest.raises(RemovalError, match="There is no run 999999: `make runs` lists"):
        removed(999_999)


def test_a_run_that_is_being_trained_is_refused_and_stays(new_run, loader_of, removed, left_by):
    run = new_run("busy")
    fill(run, loader_of(run), finish=False)
    before = left_by(run)
    with pytest.raises(RunBusyError, match=f"Run {run.run_id} is in the hands of another process"):
        removed(run.run_id)
    assert left_by(run) == before
    run.close()


STOPS = ("Taken out of the catalogue", "_layer_1_input: ", "_layer_2_softmax: ")


@pytest.fixture
def stopped(removed):
    """Return a function that removes a run until it says something, then presses Ctrl-C."""

    def go(run_id: int, saying: str) -> None:
        def listen(line: str) -> None:
            if saying in line:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            removed(run_id, listen)

    return go


@pytest.mark.parametrize("saying", STOPS)
def test_a_removal_that_was_stopped_leaves_a_run_that_is_not_finished(
    filled, stopped, select, saying
):
    filled("stopped", seed=1)
    run = filled("stopped", seed=2)
    stopped(run.run_id, saying)
    found = select(f"SELECT status, completed_epoch FROM runs WHERE run_id = {run.run_id}")
    assert found == [("interrupted", 0)]


@pytest.mark.parametrize("saying", STOPS)
def test_a_removal_that_was_stopped_can_be_repeated(filled, stopped, removed, left_by, saying):
    other, run = filled("repeated", seed=1), filled("repeated", seed=2)
    before = left_by(other)
    stopped(run.run_id, saying)
    removed(run.run_id)
    assert not any(left_by(run).values())
    assert left_by(other) == before


def test_the_removal_of_the_last_run_can_be_repeated(filled, stopped, removed, objects, select):
    run = filled("ended")
    stopped(run.run_id, "The last run of ended")
    assert objects("ended")
    removed(run.run_id)
    assert objects("ended") == []
    assert select(f"SELECT run_id FROM runs WHERE run_id = {run.run_id}") == []


def test_others_can_register_where_the_removal_of_a_last_run_was_stopped(
    filled, stopped, removed, left_by, overall_views
):
    run = filled("orphan")
    stopped(run.run_id, "The last run of orphan")
    other = filled("orphan", seed=2)
    before = left_by(other)
    removed(run.run_id)
    assert not any(left_by(run).values())
    assert left_by(other) == before
    assert overall_views()["gradient_norms"] > 0


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


WIDE = {"layers": (RunLayer(1, "layer_1_input", "dense", 4, 200),
                   RunLayer(2, "layer_2_softmax", "softmax", 5, 3))}  # fmt: skip


@pytest.fixture
def big(new_run, loader_of):
    """Return a function that makes a run of some megabytes in its first layer."""

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
    with candidate(catalogue, run.run_id) as found:
        assert found.size > 8000 * 200 * 8
        freed = remove(catalogue, found, lambda line: None)
    assert freed > 0.7 * found.size


def test_removals_and_a_run_in_training_do_not_disturb_each_other(
    big, new_run, loader_of, migrated, left_by, select
):
    doomed = [big("crowded", seed) for seed in (1, 2, 3)]
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
        with candidate(made, run_id) as found:
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
    found = select(f"SELECT COUNT(*), COUNT(Norm) FROM {table} WHERE Run = {trained.run_id}")
    assert found == [(500 * steps, 500 * steps)]
    trained.close()


def test_a_run_can_be_removed_by_one_process_alone(filled, removed, migrated):
    filled("twice", seed=1)
    run = filled("twice", seed=2)
    made = engine(migrated)
    with candidate(made, run.run_id), pytest.raises(RunBusyError):
        removed(run.run_id)
    made.dispose()
    removed(run.run_id)
