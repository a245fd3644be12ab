"""Networks other than the paper's: with more kinds of layers, and as wide as a table allows."""

import numpy as np
import pytest

from vanishing_gradients.telemetry.recording import WIDTH_MAX
from vanishing_gradients.trainer import experiments
from vanishing_gradients.trainer.errors import ExperimentError
from vanishing_gradients.trainer.experiments.experiment import WIDEST

TOML = """
name = "wide"
activation = "relu"
hidden_widths = [{width}]
batch_size = 8
epochs = 1

[optimizer]
kind = "adam"
"""
NAMES = (
    "layer_1_input", "layer_2_batch_normalization", "layer_3_relu", "layer_4_dropout",
    "layer_5_hidden", "layer_6_batch_normalization", "layer_7_relu", "layer_8_dropout",
    "layer_9_hidden", "layer_10_softmax",
)  # fmt: skip


def test_dropout_and_batch_normalisation_are_layers_with_tables_of_their_own(laboratory, small):
    experiment = small("regular", "relu", "adam", dropout=0.2, batch_normalization=True)
    run_id = laboratory.run(experiment)
    collection = laboratory.collect(experiment)
    assert laboratory.select(
        f"SELECT layer_name FROM layers WHERE run_id = {run_id} ORDER BY layer"
    ) == [(name,) for name in NAMES]
    for number in range(1, 11):
        stored = laboratory.stored(experiment, number, run_id)
        for key, layers in collection.gradients.items():
            assert np.array_equal(stored[key], layers[number - 1])
    assert laboratory.select(
        f"SELECT COUNT(norm), COUNT(*) FROM gradient_norms WHERE run_id = {run_id}"
    ) == [(20, 20)]


@pytest.fixture
def wide(tmp_path):
    """Return a function that reads an experiment with one hidden layer of a given width."""

    def read(width: int):
        path = tmp_path / "wide.toml"
        path.write_text(TOML.format(width=width))
        return experiments.load(path)

    return read


def test_the_widest_network_that_has_tables_trains_in_double_precision(laboratory, wide):
    experiment = wide(WIDTH_MAX)
    run_id = laboratory.run(experiment, limit=8)
    (expected,) = laboratory.collect(experiment, limit=8).layer(1, epoch=1)
    assert np.array_equal(laboratory.stored(experiment, 1, run_id)[1, 1], expected)
    assert laboratory.select("SELECT COUNT(Norm), COUNT(Mean) FROM wide_layer_1_input") == [
        (784, 784)
    ]


def test_a_wider_network_than_any_is_refused_with_the_number_that_is_allowed(wide):
    with pytest.raises(ExperimentError, match=f"from 1 to {WIDEST:,}"):
        wide(WIDEST + 1)
