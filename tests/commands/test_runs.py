"""`train` without a terminal, and `runs`."""

import re

import pytest
from sqlalchemy import URL

from vanishing_gradients.sql.connection import engine


def test_runs_of_an_empty_catalogue_say_how_to_make_one(trainer, migrated_database: URL):
    outcome = trainer("runs", url=migrated_database)
    assert outcome.status == 0
    assert outcome.output == ["No run yet: `make train EXP=sigmoid_sgd` makes the first."]


@pytest.fixture
def trained(trainer, experiment, select):
    """(lines on standard error, id of the newest run) of a run with two epochs."""
    outcome = trainer("train", "--exp", experiment(), "--dataset", "sample", "--limit", "100")
    assert outcome.status == 0
    assert outcome.output == []
    return outcome.errors, select("SELECT MAX(run_id) FROM runs")[0][0]


def test_without_a_terminal_there_is_a_line_an_epoch(trained):
    errors, run_id = trained
    epoch = r"loss \d\.\d{4}, accuracy 0\.\d{4}, test loss \d\.\d{4}, test accuracy 0\.\d{4}, "
    patterns = [
        r"Data set: the bundled sample of Fashion-MNIST, from .*",
        r"Room: about [\d.]+ [kM]B to come.*\.",
        f"Run {run_id}: small on sample, seed 1, double precision, 2 epochs, every gradient.",
        r"(Warning: )?Rows go by the (binary|text|insert) road: .*\.",
        f"Run {run_id}, epoch 1/2: {epoch}.* s",
        f"Run {run_id}, epoch 2/2: {epoch}.* s",
        f"Run {run_id} is finished.",
    ]
    assert len(errors) == len(patterns)
    for pattern, line in zip(patterns, errors, strict=True):
        assert re.fullmatch(pattern, line)


def test_runs_are_listed_in_full_width(trainer, trained):
    _, run_id = trained
    outcome = trainer("runs")
    (line,) = [line.split() for line in outcome.output if line.split()[:1] == [str(run_id)]]
    assert line[:7] == [str(run_id), "small", "sample", "1", "double", "finished", "2/2"]
    # Two steps of 784 + 64 + 6 + 64 and of 784 + 36 + 6 + 36 rows, twice.
    assert line[-1] == f"{2 * (784 * 2 + 100 + 6 * 2 + 100):,}"


def test_runs_that_kept_statistics_alone_say_so(trainer, experiment):
    trainer(
        "train", "--exp", experiment(), "--dataset", "sample", "--limit", "64", "--telemetry",
        "statistics",
    )  # fmt: skip
    assert [line for line in trainer("runs").output if line.endswith("statistics alone ")]


def test_several_seeds_are_several_runs(trainer, experiment, select):
    trainer(
        "train", "--exp", experiment(), "--dataset", "sample", "--limit", "64", "--seed", "7",
        "--seeds", "3", "--epochs", "1", "--record-every", "2",
    )  # fmt: skip
    found = select("SELECT seed, epochs, record_every FROM runs ORDER BY run_id DESC LIMIT 3")
    assert found == [(9, 1, 2), (8, 1, 2), (7, 1, 2)]


def test_all_are_the_four_experiments_of_the_paper(trainer, select):
    outcome = trainer(
        "train", "--exp", "all", "--dataset", "sample", "--limit", "64", "--epochs", "1",
        "--telemetry", "statistics", "--precision", "single",
    )  # fmt: skip
    assert outcome.status == 0
    found = select("SELECT experiment, float_type, status FROM runs ORDER BY run_id DESC LIMIT 4")
    names = ["relu_adam", "relu_sgd", "sigmoid_adam", "sigmoid_sgd"]
    assert sorted(found) == [(name, "single", "finished") for name in names]


def test_data_says_what_it_checked(trainer):
    outcome = trainer("data", "--dataset", "sample")
    assert outcome.status == 0
    assert outcome.errors[-1].startswith("6,400 training and 1,280 test images, every file as pub")


def test_a_run_that_its_process_has_abandoned_is_listed_as_interrupted(
    trainer, experiment, migrated
):
    options = ("--dataset", "sample", "--limit", "64", "--telemetry", "statistics")
    trainer("train", "--exp", experiment(1, "left_alone"), *options)
    made = engine(migrated)
    with made.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE runs SET status = 'running' WHERE experiment = 'left_alone'"
        )
    made.dispose()
    listed = [line.split() for line in trainer("runs").output if "left_alone" in line]
    assert [line[5] for line in listed] == ["interrupted"]


@pytest.mark.parametrize(
    ("change", "keys"),
    [
        ("JSON_SET(config, '$.of_the_future', 1)", "of_the_future"),
        ("JSON_SET(config, '$.optimizer.kind', 'of_the_future')", "optimizer"),
        ("JSON_REMOVE(config, '$.optimizer.epsilon')", "optimizer"),
        ("JSON_REMOVE(config, '$.batch_size', '$.limit')", "batch_size, limit"),
    ],
    ids=["another key", "another kind", "a key fewer in a table", "two keys fewer"],
)
def test_a_run_that_other_code_began_does_not_go_on_and_it_is_said_why(
    trainer, trained, select, migrated, change, keys
):
    run_id = trained[1]
    made = engine(migrated)
    with made.begin() as connection:
        connection.exec_driver_sql(
            f"UPDATE runs SET status = 'interrupted', completed_epoch = 1, config = {change} "
            f"WHERE run_id = {run_id}"
        )
    made.dispose()
    before = select("SELECT * FROM runs")
    outcome = trainer("train", "--run", str(run_id))
    assert outcome.status == 2
    assert outcome.errors == [
        f"Error: Run {run_id} was started by another version of this project, whose settings are "
        f"not this one's ({keys}): resume it with that version, which the view run_provenance "
        "names, or start a new run without RUN"
    ]
    assert select("SELECT * FROM runs") == before
