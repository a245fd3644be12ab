"""The experiments that come with the project are the paper's."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from vanishing_gradients.trainer.experiments import (
    Experiment,
    Penalties,
    load,
    names,
)
from vanishing_gradients.trainer.experiments.records import OPTIMIZER

PAPER = ["relu_adam", "relu_sgd", "sigmoid_adam", "sigmoid_sgd"]


def test_the_papers_four_experiments_are_built_in():
    assert names() == PAPER


@pytest.mark.parametrize("name", PAPER)
def test_each_has_the_name_of_its_file_and_what_that_name_says(name):
    experiment = load(name)
    assert experiment.name == name
    assert f"{experiment.activation}_{experiment.optimizer.kind}" == name


@pytest.mark.parametrize("name", PAPER)
def test_each_has_the_values_of_table_5(name):
    experiment = load(name)
    assert experiment.hidden_widths == (128, 128, 64, 32, 16)
    assert (experiment.batch_size, experiment.epochs) == (128, 10)
    assert experiment.initial_weight_scale == 0.01
    assert experiment.penalties == Penalties(weight_l1=0, weight_l2=0, bias_l1=0, bias_l2=0)
    assert experiment.dropout == 0
    assert not experiment.batch_normalization


@pytest.mark.parametrize("name", ["relu_sgd", "sigmoid_sgd"])
def test_sgd_has_the_rates_of_table_5(name):
    expected = OPTIMIZER["sgd"](kind="sgd", learning_rate=1.0, decay=1e-3, momentum=0.0)
    assert load(name).optimizer == expected


@pytest.mark.parametrize("name", ["relu_adam", "sigmoid_adam"])
def test_adam_has_the_rates_of_table_5(name):
    expected = OPTIMIZER["adam"](
        kind="adam", learning_rate=0.001, decay=1e-3, epsilon=1e-7, beta_1=0.9, beta_2=0.999
    )
    assert load(name).optimizer == expected


@pytest.mark.parametrize("name", PAPER)
def test_an_experiment_survives_json(name):
    experiment = load(name)
    text = json.dumps(experiment.model_dump(mode="json"))
    assert Experiment.model_validate(json.loads(text)) == experiment


def test_an_experiment_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        load("relu_sgd").epochs = 3


def test_a_file_anywhere_is_loaded_by_its_path(tmp_path: Path):
    path = tmp_path / "mine.toml"
    path.write_text('name = "mine"\nactivation = "relu"\noptimizer.kind = "adam"\n')
    assert load(str(path)) == load(path)
    assert load(path).hidden_widths == (128, 128, 64, 32, 16)


def test_a_file_that_starts_with_a_byte_order_mark_is_read(tmp_path: Path):
    path = tmp_path / "windows.toml"
    path.write_bytes(b'\xef\xbb\xbfname = "a"\r\nactivation = "relu"\r\noptimizer.kind = "sgd"\r\n')
    assert load(path).name == "a"
