"""The registry of runs."""

import subprocess
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import inspect, select

from vanishing_gradients import installation
from vanishing_gradients.sql.catalogue import (
    checkpoints,
    epoch_metrics,
    neuron_statistics,
    runs,
    step_statistics,
)
from vanishing_gradients.sql.errors import ObjectError
from vanishing_gradients.sql.registry import create_gradient_tables, registered_shapes
from vanishing_gradients.telemetry.checkpoints import unpack
from vanishing_gradients.telemetry.provenance import git_commit
from vanishing_gradients.telemetry.recording import EpochMetrics
from vanishing_gradients.telemetry.runs import RunLayer, register
from vanishing_gradients.telemetry.statistics import EpochStatistics

METRICS = EpochMetrics(1, float("nan"), 0.5, 2.25, 0.25, 0.9, 1.5)
STEP = (
    1, 1, 1, 4, 4, 2.0, 0.5, 0.5, 0.5, 1.0, 0.0, 0.0, 0.0, 0, 0.1, 0.9, 1.0, 4.0, 0.125, None,
)  # fmt: skip
WIDER = (
    RunLayer(1, "layer_1_input", "dense", 4, 7, "input"),
    RunLayer(2, "layer_2_softmax", "softmax", 5, 7, "sample"),
)


def row_of(catalogue, table, run):
    with catalogue.connect() as connection:
        return (
            connection.execute(select(table).where(table.c.run_id == run.run_id)).mappings().one()
        )


def test_registering_makes_the_tables_and_views_of_the_experiment(new_run, catalogue):
    new_run("fresh")
    names = inspect(catalogue)
    assert {"fresh_layer_1_input", "fresh_layer_2_softmax"} <= set(names.get_table_names())
    assert {
        "fresh_layer_1_norm_avg",
        "fresh_layer_2_norm_avg",
        "fresh_ratio_2_1_avg",
        "fresh_layer_1_gradient_norm_avg",
        "fresh_layer_2_mean_avg",
        "fresh_layer_1_near_zero",
    } <= set(names.get_view_names())


def test_a_run_is_registered_with_its_provenance(new_run, catalogue):
    row = row_of(catalogue, runs, new_run("provenance", seed=7, config={"name": "provenance"}))
    assert (row["seed"], row["status"], row["completed_epoch"]) == (7, "running", 0)
    assert row["training_images"] == 10
    assert row["package_versions"]["numpy"] == np.__version__
    assert row["config"] == {"name": "provenance"}


def test_a_wheel_does_not_record_the_commit_of_somebody_elses_repository(tmp_path, monkeypatch):
    """Installed in another project's .venv: that project's commit is not ours."""
    git = ["git", "-C", str(tmp_path), "-c", "user.name=me", "-c", "user.email=me@example.org"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "--message=theirs"], check=True)
    monkeypatch.setattr(installation, "ROOT", tmp_path)
    for is_checkout, length in ((True, 40), (False, 0)):
        monkeypatch.setattr(installation, "IS_CHECKOUT", is_checkout)
        assert len(git_commit() or "") == length


def test_there_is_no_commit_where_there_is_no_repository_or_no_git(tmp_path, monkeypatch):
    monkeypatch.setattr(installation, "IS_CHECKOUT", True)
    monkeypatch.setattr(installation, "ROOT", tmp_path)
    assert git_commit() is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git_commit() is None


def test_a_run_of_statistics_alone_makes_no_table(new_run, catalogue):
    new_run("sweep", telemetry="statistics")
    assert not [n for n in inspect(catalogue).get_table_names() if n.startswith("sweep_")]


def test_an_experiment_of_another_shape_may_not_take_the_name(new_run, catalogue, describe):
    new_run("taken")
    said = (
        r"had other layers \(layer 1 was layer_1_input of 3 neurons, and is now layer_1_input of 7 "
        r"neurons\): give the new experiment another name"
    )
    with pytest.raises(ObjectError, match=said):
        register(catalogue, describe("taken", layers=WIDER))


def test_of_layers_of_the_same_sizes_it_is_said_which_is_of_another_kind(new_run, describe):
    run = new_run("kinds")
    first, last = describe("kinds").layers
    other = replace(last, layer_name="layer_2_linear", kind="identity")
    said = r"\(layer 2 was layer_2_softmax of 3 neurons, and is now layer_2_linear of 3 neurons\)"
    with pytest.raises(ObjectError, match=said):
        register(run.engine, describe("kinds", layers=(first, other)))
    said = r"\(2 layers, now 1; layer 2 was layer_2_softmax of 3 neurons, and is now none\)"
    with pytest.raises(ObjectError, match=said):
        register(run.engine, describe("kinds", layers=(first,)))


def test_a_table_that_cannot_be_made_leaves_none_behind(catalogue, describe):
    """The second table exists already, in another shape, so the first must go again."""
    with catalogue.connect() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE broken_layer_2_softmax (Run INT, Gradient1 DOUBLE)"
        )
        with pytest.raises(ObjectError, match="broken_layer_2_softmax of 1 neurons, not 3"):
            create_gradient_tables(connection, describe("broken").shape, "DOUBLE")
    assert "broken_layer_1_input" not in inspect(catalogue).get_table_names()


def test_an_epoch_closes_with_metrics_statistics_checkpoint_and_its_number(new_run, catalogue):
    run = new_run("closing")
    statistics = EpochStatistics([STEP], [(1, 1, neuron, 4, 0, 0, 2.0, None) for neuron in (1, 2)])
    run.close_epoch(METRICS, statistics, {"network.layer_1_input.weights": np.eye(2)})
    assert row_of(catalogue, runs, run)["completed_epoch"] == 1
    assert row_of(catalogue, epoch_metrics, run)["loss"] is None
    assert row_of(catalogue, epoch_metrics, run)["test_loss"] == 2.25
    assert row_of(catalogue, step_statistics, run)["gradient_norm"] == 1.0
    assert row_of(catalogue, step_statistics, run)["update_norm"] == 0.125
    with catalogue.connect() as connection:
        mine = neuron_statistics.c.run_id == run.run_id
        neurons = connection.execute(select(neuron_statistics).where(mine)).all()
    assert [tuple(row[3:]) for row in neurons] == [
        (1, 4, 0, 0, 2.0, None),
        (2, 4, 0, 0, 2.0, None),
    ]
    state = unpack(row_of(catalogue, checkpoints, run)["state"])
    assert np.array_equal(state["network.layer_1_input.weights"], np.eye(2))


def test_an_epoch_that_cannot_close_leaves_nothing_of_itself(new_run, catalogue):
    run = new_run("aborted")
    with pytest.raises(ValueError, match="reshape"):
        run.close_epoch(METRICS, EpochStatistics([(1, 1, 1)], []), {})
    with pytest.raises(Exception, match="cells"):
        run.close_epoch(METRICS, EpochStatistics([STEP], [(1, 1, 1, None, 0, 0, 2.0, None)]), {})
    assert row_of(catalogue, runs, run)["completed_epoch"] == 0
    with catalogue.connect() as connection:
        kept = connection.execute(select(epoch_metrics).where(epoch_metrics.c.run_id == run.run_id))
        assert kept.all() == []


def test_only_the_newest_checkpoint_is_kept(new_run, catalogue):
    run = new_run("newest")
    for epoch in (1, 2):
        metrics = EpochMetrics(epoch, 1.0, 0.5, 1.0, 0.5, 1.0, 1.0)
        run.close_epoch(metrics, EpochStatistics([], []), {"epoch": epoch})
    assert row_of(catalogue, checkpoints, run)["epoch"] == 2


def test_registered_shapes_are_those_with_gradient_tables(new_run, catalogue):
    run = new_run("shaped")
    new_run("shapeless", telemetry="statistics")
    with catalogue.connect() as connection:
        found = {shape.experiment: shape for shape in registered_shapes(connection)}
    assert found["shaped"] == run.shape
    assert "shapeless" not in found


@pytest.mark.parametrize("status", ["finished", "failed", "interrupted"])
def test_a_run_says_how_it_ended(new_run, catalogue, status):
    run = new_run("ending")
    run.finish(status)
    row = row_of(catalogue, runs, run)
    assert row["status"] == status
    assert row["finished_at"] >= row["started_at"]
