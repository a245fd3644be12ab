"""Runs on data of one's own: every command knows them, and two classes need one output."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from vanishing_gradients.analysis.audit.eligibility import eligible
from vanishing_gradients.analysis.views import ask as frame_of
from vanishing_gradients.sql.connection import engine
from vanishing_gradients.trainer import datasets

SAMPLE = Path(datasets.__file__).parent / "sample"
TOML = """
name = "binary"
activation = "tanh"
hidden_widths = [4]
loss = "binary_cross_entropy"
dataset = "two.npz"
inputs = "standardised"
batch_size = 50
epochs = 2

[optimizer]
kind = "adam"
learning_rate = 0.05
"""


def saved(path: Path, classes: int = 2) -> Path:
    """Write 200 images of three numbers, whose sum says which of the classes they are of."""
    x = np.random.default_rng(0).normal(size=(200, 3))
    y = np.digitize(x.sum(axis=1), np.linspace(-1, 1, classes + 1)[1:-1])
    np.savez(path, x_train=x[:150], y_train=y[:150], x_test=x[150:], y_test=y[150:])
    return path


@pytest.fixture(scope="module")
def data(path) -> Path:
    """The data, next to the experiment's file that names them."""
    return saved(Path(path).with_name("two.npz"))


@pytest.fixture
def connection(migrated):
    made = engine(migrated)
    with made.connect() as connection:
        yield connection
    made.dispose()


@pytest.fixture
def run_id(ask, path, data, select) -> int:
    """A finished run with every gradient, made by the first test."""
    ask("train", "--exp", path, "--resume", "1")
    return select("SELECT MIN(run_id) FROM runs WHERE experiment = 'binary'")[0][0]


def test_of_two_classes_the_last_layers_have_one_neuron(run_id, select):
    found = select(f"SELECT layer_name, width FROM layers WHERE run_id = {run_id} ORDER BY layer")
    assert found[-2:] == [("layer_3_hidden", 1), ("layer_4_sigmoid_output", 1)]


def test_the_run_says_where_its_data_are_and_how_many_images_each_class_has(run_id, select, data):
    name, config = select(f"SELECT dataset, config FROM runs WHERE run_id = {run_id}")[0]
    counts = np.bincount(np.load(data)["y_train"]).tolist()
    assert (name, json.loads(config)["dataset"]) == ("two.npz", str(data))
    assert json.loads(config)["class_counts"] == counts


def test_the_statistics_of_one_neuron_agree_with_its_rows(ask, run_id):
    assert "all agree" in ask("verify", "--run", str(run_id))


@pytest.mark.parametrize("view", ["norm_avg", "gradient_norm_avg"])
def test_the_views_of_a_layer_of_one_neuron_answer(run_id, select, view):
    norms = select(f"SELECT Epoch, norm FROM binary_layer_4_{view} WHERE run_id = {run_id}")
    assert sorted(epoch for epoch, norm in norms if norm > 0) == [1, 2]


def test_the_diagnosis_knows_what_guessing_costs(ask, run_id, data):
    share = np.load(data)["y_train"].mean()
    cost = -share * np.log(share) - (1 - share) * np.log1p(-share)
    assert f"guessing costs {cost:.3g}" in " ".join(ask("diagnose", "--run", str(run_id)).split())


def test_a_sweep_is_on_the_same_data(ask, path, data, select):
    ask("train", "--exp", path, "--seeds", "2", "--telemetry", "statistics")
    assert select(
        "SELECT seed, dataset, status FROM runs WHERE telemetry = 'statistics' ORDER BY seed"
    ) == [(1, "two.npz", "finished"), (2, "two.npz", "finished")]


def test_a_run_is_not_resumed_on_other_data(trainer, run_id, data, connection):
    before, arrays = data.read_bytes(), dict(np.load(data))
    arrays["x_test"][0, 0] += 1.0
    np.savez(data, **arrays)
    interrupted = f"UPDATE runs SET status = 'interrupted' WHERE run_id = {run_id}"
    connection.exec_driver_sql(interrupted)
    connection.commit()
    refused = trainer("train", "--run", str(run_id))
    connection.exec_driver_sql(interrupted.replace("interrupted", "finished"))
    connection.commit()
    data.write_bytes(before)
    assert refused.status == 2
    assert (
        f"Run {run_id} cannot be resumed, because it was started with another dataset_"
        in (refused.errors[-1])
    )


def test_the_command_line_goes_before_the_file_and_other_widths_need_another_name(
    trainer, run_id, path, tmp_path, contents_of, migrated
):
    wider = Path(path).with_name("wider.toml")
    wider.write_text(TOML.replace('loss = "binary_cross_entropy"', ""))
    before = contents_of(migrated)
    refused = trainer("train", "--exp", str(wider), "--dataset", str(saved(tmp_path / "x.npz", 3)))
    assert (refused.status, contents_of(migrated)) == (2, before)
    assert (
        "layer 3 was layer_3_hidden of 1 neuron, and is now layer_3_hidden of 3 neurons"
        in (refused.errors[-1])
    )


def test_more_classes_than_the_loss_tells_apart(trainer, path, tmp_path, contents_of, migrated):
    three, before = saved(tmp_path / "three.npz", 3), contents_of(migrated)
    refused = trainer("train", "--exp", path, "--dataset", str(three))
    assert (refused.status, contents_of(migrated)) == (2, before)
    assert refused.errors[-1] == (
        "Error: The loss 'binary_cross_entropy' of binary is for two classes, and three.npz has 3: "
        "take the loss 'cross_entropy', or data of two classes."
    )


def test_the_audit_leaves_a_run_out_whatever_its_data_are_called(ask, tmp_path, connection):
    folder = tmp_path / "mnist"
    shutil.copytree(SAMPLE, folder)
    ask(
        "train", "--exp", "relu_sgd", "--dataset", str(folder), "--limit", "128", "--epochs", "1",
        "--telemetry", "statistics",
    )  # fmt: skip
    used, left_out = eligible(connection, frame_of(connection, "experiment_summary"))
    assert not used
    assert left_out[0].reason.startswith("it is on mnist/, and the paper on one of mnist, ")
