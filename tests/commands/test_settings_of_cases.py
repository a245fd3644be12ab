"""Settings that other programs have, all in one experiment, by the commands that a user runs."""

import pytest

from tests.commands.conftest import SOME_IMAGES

TOML = """
name = "theirs"
hidden_widths = [9, 7]
activation = ["relu", "sigmoid"]
initialization = [{ kind = "pytorch_default" }, { kind = "orthogonal" }, { kind = "keras_default" }]
initial_bias = 0.1
dropout = [0.2, 0.0]
input_dropout = 0.1
output = "sigmoid"
loss = "mean_squared_error"
inputs = "standardised"
labels = "shuffled"
batch_size = 60
epochs = 2

[optimizer]
kind = "adadelta"
"""


@pytest.fixture
def run_id(trainer, select, path) -> str:
    assert trainer("train", "--exp", path, *SOME_IMAGES, "--resume", "1").status == 0
    return str(select("SELECT MAX(run_id) FROM runs")[0][0])


def test_its_layers_are_named_as_any_others(select, run_id):
    found = select(f"SELECT layer_name FROM layers WHERE run_id = {run_id} ORDER BY layer")
    assert [name for (name,) in found] == [
        "layer_1_input", "layer_2_relu", "layer_3_dropout", "layer_4_hidden", "layer_5_sigmoid",
        "layer_6_hidden", "layer_7_sigmoid_output",
    ]  # fmt: skip


def test_it_is_done_once_and_known_again(trainer, select, run_id, path):
    assert (
        trainer("train", "--exp", path, *SOME_IMAGES, "--resume", "1")
        .errors[-1]
        .startswith(f"Run {run_id} has already done this")
    )


def test_it_is_verified(ask, run_id):
    assert "all agree" in ask("verify", "--run", run_id)


def test_it_is_drawn(ask, run_id, tmp_path):
    ask("figures", "--run", run_id, "--no-png", "--output", str(tmp_path))
    assert len(list(tmp_path.glob("run_*.html"))) > 5


def test_it_is_diagnosed(ask, run_id):
    assert f"Run {run_id}" in ask("diagnose", "--run", run_id)


def test_its_space_is_known_and_given_back(trainer, select, run_id):
    (line,) = [line for line in trainer("runs").output if line.split()[:1] == [run_id]]
    assert " theirs " in line
    assert trainer("drop", "--run", run_id, "--yes").status == 0
    assert select("SELECT COUNT(*) FROM runs") == [(0,)]
