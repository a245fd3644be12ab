"""Queries about the inside of layers, on rows computed by hand."""

import math

import pandas as pd
import pytest

from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.views import ask


@pytest.fixture
def connection(filled):
    with filled.connect() as opened:
        yield opened


def test_every_neuron_has_its_mean_magnitude_and_whether_it_is_dead(connection):
    found = ask(connection, "neurons", run_id=1).set_index(["layer", "neuron"])
    assert found.loc[(1, 2), ["mean_abs", "dead"]].tolist() == [6.0, 0]
    assert found.loc[(2, 1), ["mean_abs", "dead"]].tolist() == [0.0, 1]


def test_saturation_is_a_fraction_and_unknown_of_layers_that_are_no_activation(connection):
    found = ask(connection, "neurons", run_id=1).set_index(["layer", "neuron"])["saturated"]
    assert found.loc[2].tolist() == [1.0, 0.5]
    assert found.loc[1].isna().all()


def test_the_neurons_of_one_layer_can_be_asked_for(connection):
    every = ask(connection, "neurons", run_id=1)
    own = every[every["layer"] == 2].reset_index(drop=True)
    assert ask(connection, "neurons", run_id=1, layer=2).equals(own)


def test_dead_neurons_are_counted_by_layer(connection):
    found = ask(connection, "dead_neurons", run_id=1).set_index("layer")
    assert found["dead"].tolist() == [0, 1, 2, 0]
    assert found.loc[2, "fraction"] == 0.5


def test_saturation_has_rows_of_activations_alone(connection):
    (row,) = ask(connection, "saturation", run_id=1).to_dict("records")
    assert (row["layer"], row["saturated"], row["saturated_neurons"]) == (2, 0.75, 1)


def test_update_ratios_have_rows_of_layers_with_weights_alone(connection):
    found = ask(connection, "update_ratios", run_id=1).set_index("layer")
    assert found["ratio"].to_dict() == {1: 0.001, 3: 0.0}
    assert found["clipped"].to_dict() == {1: 1.0, 3: 0.0}


def test_norms_of_steps_are_summed_up(connection):
    found = ask(connection, "step_norms", run_id=1)
    assert found["mean_norm"][:4].tolist() == [1.0] * 4
    assert found["std"].isna().all()  # there is only one step


def test_gradients_come_by_decade(connection):
    found = ask(connection, "distribution", experiment="steady", layer=1, run_id=1, epoch=1).query(
        "cells > 0"
    )
    assert found[["step", "decade", "cells"]].to_dict("records") == [
        {"step": 1, "decade": 0.0, "cells": 4}  # 3, 4, 6 and 8
    ]


def test_exact_zeros_have_no_decade(connection):
    found = ask(connection, "distribution", experiment="steady", layer=3, run_id=1, epoch=1).query(
        "cells > 0"
    )
    (row,) = found.to_dict("records")
    assert pd.isna(row["decade"])
    assert row["cells"] == 4


def test_some_steps_alone_can_be_asked_for(connection):
    layer = {"experiment": "steady", "layer": 1, "run_id": 1, "epoch": 1}
    every = ask(connection, "distribution", **layer)
    assert ask(connection, "distribution", step=[1, 7], **layer).equals(every)
    with pytest.raises(NoRowsError, match="steady_layer_1_distribution has no row of run 1"):
        ask(connection, "distribution", step=[2], **layer)


def test_one_step_says_nothing_of_noise(connection):
    (row,) = ask(
        connection, "noise_scale", experiment="steady", layer=1, run_id=1, epoch=1
    ).to_dict("records")
    assert (row["steps"], row["mean_square"], row["square_of_mean"]) == (1, 125.0, 125.0)
    assert math.isnan(row["noise_scale"])


@pytest.mark.parametrize("view", ["neurons", "dead_neurons", "saturation", "update_ratios"])
def test_a_run_of_an_older_version_has_none_and_the_error_names_the_view(connection, view):
    with pytest.raises(NoRowsError, match=f"The view {view} has no row of run 3"):
        ask(connection, view, run_id=3)
