"""`vanishing-gradients verify`, from the user's side."""

import pytest

from tests.verification.conftest import Bench


@pytest.fixture
def alone(laboratory, small, bench):
    """A bench whose experiment has one clean run, next to other experiments."""
    made = Bench(laboratory, small("alone", batch_size=32))
    laboratory.execute("DELETE FROM runs")
    return made, made.run()


def test_a_run_that_agrees_is_told_with_its_size_and_exit_status_0(command, alone):
    _, run_id = alone
    said = command("--run", str(run_id))
    assert said.exit_code == 0
    assert said.stdout == (
        f"Run {run_id} (alone): 5,196 rows, 36,518 values and 36 statistics in 2 epochs, all "
        "agree.\n"
    )


def test_a_disagreement_is_named_with_run_experiment_layer_epoch_and_step(command, alone):
    bench, run_id = alone
    bench.alter(run_id, 2, "Gradient1 = NULL", "Epoch = 2 AND Step = 3 AND RowIndex = 1")
    bench.alter(run_id, 4, "Gradient1 = NULL", "Epoch = 1 AND Step = 2 AND RowIndex = 1")
    said = command()
    assert said.exit_code == 1
    first = said.stdout.splitlines()[0]
    assert first.startswith(f"Run {run_id} (alone): ")
    assert " disagreements, the first: layer 4, epoch 1, step 2: " in first


def test_many_disagreements_are_counted_and_a_few_are_shown(command, alone):
    bench, run_id = alone
    bench.execute(f"DELETE FROM {bench.table(2)} WHERE run_id = {run_id}")
    bench.execute(f"DELETE FROM {bench.table(3)} WHERE run_id = {run_id}")
    said = command()
    assert said.exit_code == 1
    assert len(said.stdout.splitlines()) == 12
    assert " more.\n" in said.stdout


def test_all_finished_full_runs_are_verified_and_no_other(command, alone):
    bench, first = alone
    second = bench.run(seed=2)
    bench.run(telemetry="statistics")
    failed = bench.run(seed=3)
    bench.spoil("runs", failed, "status = 'failed'", "epochs = 2")
    said = command()
    assert said.exit_code == 0
    assert [line.split(" (")[0] for line in said.stdout.splitlines()] == [
        f"Run {first}", f"Run {second}",
    ]  # fmt: skip


def test_exp_chooses_the_runs_of_one_experiment(command, alone, bench):
    _, run_id = alone
    bench.run()
    said = command("--exp", "alone")
    assert said.exit_code == 0
    assert said.stdout.count("Run ") == said.stdout.count(f"Run {run_id} (alone)") == 1


def test_a_run_that_kept_statistics_alone_says_so(command, alone):
    bench, _ = alone
    run_id = bench.run(telemetry="statistics")
    said = command("--run", str(run_id))
    assert said.exit_code == 0
    assert "statistics alone, so there are no rows to verify: the counts of 36" in said.stdout


def test_what_an_unfinished_run_holds_of_an_epoch_under_way_is_said(command, alone):
    bench, run_id = alone
    for table in ("epoch_metrics", "step_statistics", "neuron_statistics", "epoch_layers"):
        bench.execute(f"DELETE FROM {table} WHERE run_id = {run_id} AND epoch = 2")
    bench.spoil("runs", run_id, "status = 'interrupted', completed_epoch = 1", "epochs = 2")
    said = command("--run", str(run_id))
    assert said.exit_code == 0
    assert (
        f"Run {run_id} (alone) is interrupted after 1 of 2 epochs: what it holds of epoch 2 is not "
        "complete, and was not verified.\n"
    ) in said.stdout


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--run", "999"], "There is no run 999"),
        (["--run", "0"], "--run"),
        (["--run", "x"], "--run"),
        (["--exp", "nothing"], "There is no finished run of nothing"),
        (["--exp", "no; name"], "no; name"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_bad_input_gets_one_sentence_and_exit_status_2(command, alone, options, told):
    said = command(*options)
    assert said.exit_code == 2
    assert told in said.stderr
    assert "Traceback" not in said.output


def test_a_run_of_another_experiment_is_refused(command, alone):
    _, run_id = alone
    said = command("--run", str(run_id), "--exp", "other")
    assert (said.exit_code, said.stdout) == (2, "")
    assert f"Run {run_id} is one of alone, not of other" in said.stderr


def test_runs_without_rows_are_refused_with_the_command_that_counts_them(command, alone):
    bench, run_id = alone
    bench.laboratory.execute("DELETE FROM runs")
    run_id = bench.run(telemetry="statistics")
    said = command()
    assert said.exit_code == 2
    assert f"`make verify RUN={run_id}`" in said.stderr


def test_a_missing_view_is_refused_by_its_name(command, alone):
    bench, _ = alone
    with bench.laboratory.engine.connect() as connection:
        from vanishing_gradients.sql.registry import apply_views, registered_shapes

        connection.exec_driver_sql("DROP VIEW alone_layer_2_mean_avg")
        said = command()
        shapes = {shape.experiment: shape for shape in registered_shapes(connection)}
        apply_views(connection, shapes["alone"])
    assert said.exit_code == 2
    assert "alone_layer_2_mean_avg" in said.stderr
