"""The benchmark of a training step measures what it claims, and prints it."""

import re
from itertools import pairwise

import numpy as np
import pytest
from click.testing import CliRunner

from bench import pytorch, step
from bench.__main__ import main
from bench.step import Products
from bench.training import Training
from vanishing_gradients.trainer import experiments
from vanishing_gradients.trainer.datasets import load

WIDTHS = (784, 128, 128, 64, 32, 16, 10)


@pytest.fixture(scope="module")
def sample():
    return load("sample")


def printed_by(*arguments: str) -> str:
    result = CliRunner().invoke(main, ["--part=step", "--rounds=1", *arguments])
    assert result.exit_code == 0
    return result.stdout


def test_the_command_prints_one_row_an_experiment_and_a_table_a_precision():
    printed = printed_by("--dataset=sample")
    assert re.findall(r"(\w+) precision, one thread", printed) == ["double", "single"]
    rows = re.findall(r"^│ (\w+) +│ [\d.]+ ms +│ [\d.]+ ms +│ [\d.]+ ", printed, re.M)
    assert rows == list(step.EXPERIMENTS) * 2


def test_one_precision_can_be_measured_alone():
    printed = printed_by("--dataset=sample", "--precision=single")
    assert re.findall(r"(\w+) precision", printed) == ["single"]


def test_a_data_set_that_is_not_there_is_said_in_one_sentence(tmp_path):
    arguments = ["--part=step", "--rounds=1", "--dataset=mnist", f"--data-dir={tmp_path}"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert len(result.stderr.strip().splitlines()) == 1


def test_without_pytorch_its_columns_are_left_out_and_that_is_said(monkeypatch):
    monkeypatch.setattr(pytorch, "installed", lambda: False)
    printed = printed_by("--dataset=sample", "--precision=single")
    assert "PyTorch is not installed" in printed
    assert "/ PyTorch" not in printed
    assert "sigmoid_adam" in printed


def test_the_products_are_those_of_every_layer_but_the_gradient_of_the_images():
    products = Products(WIDTHS, 128, np.dtype(np.float64), np.random.default_rng(1))
    assert sorted((*left.shape, right.shape[1]) for left, right, _ in products.calls) == sorted(
        [(128, n_in, width) for n_in, width in pairwise(WIDTHS)]
        + [(n_in, 128, width) for n_in, width in pairwise(WIDTHS)]
        + [(128, width, n_in) for n_in, width in pairwise(WIDTHS[1:])]
    )


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_the_products_are_computed_in_the_precision_of_the_step(precision):
    products = Products(WIDTHS, 16, np.dtype(precision), np.random.default_rng(1))
    assert {array.dtype.name for call in products.calls for array in call} == {precision}


@pytest.mark.parametrize("name", step.EXPERIMENTS)
def test_pytorch_takes_the_same_step_as_we_do(name, sample):
    pytest.importorskip("torch")
    experiment, dtype = experiments.load(name), np.dtype(np.float64)
    ours = Training(experiment, sample, 0, dtype, np.random.default_rng(1))
    theirs = {
        way: pytorch.PyTorch(experiment, ours.network, sample, 1, way) for way in pytorch.WAYS
    }
    ours.seconds(0)  # one step, at whose end the clock starts
    weights = ours.network.layers[-2].parameters["weights"]
    for each in theirs.values():
        each.seconds(1)
        theirs_last = each.network[-1].weight.detach().numpy().T
        np.testing.assert_allclose(theirs_last, weights, rtol=1e-9, atol=0)


def test_a_ratio_is_the_median_of_those_within_a_round():
    seconds = {"a": [1.0, 10.0, 8.0], "b": [1.0, 5.0, 1.0]}
    assert step.ratio(seconds, "a", "b") == 2.0
