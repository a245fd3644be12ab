"""Queries of what goes on within the layers, on rows worked out by hand."""

import math

import pytest

from vanishing_gradients.analysis import columns, queries
from vanishing_gradients.analysis.errors import NoRowsError


@pytest.fixture
def connection(filled):
    with filled.connect() as opened:
        yield opened


@pytest.mark.parametrize(
    ("query", "types"),
    [
        (queries.neurons, columns.NEURONS),
        (queries.dead_neurons, columns.DEAD),
        (queries.saturation, columns.SATURATION),
        (queries.update_ratios, columns.UPDATES),
        (queries.step_norms, columns.STEP_NORMS),
    ],
)
def test_every_column_has_its_type(connection, query, types):
    frame = query(connection, 1)
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == types


def test_every_neuron_has_its_mean_magnitude_and_whether_it_is_dead(connection):
    found = queries.neurons(connection, 1).set_index(["layer", "neuron"])
    assert found.loc[(1, 2), ["mean_abs", "dead"]].tolist() == [6.0, 0]
    assert found.loc[(2, 1), ["mean_abs", "dead"]].tolist() == [0.0, 1]


def test_saturation_is_a_fraction_and_unknown_of_layers_that_are_no_activation(connection):
    found = queries.neurons(connection, 1).set_index(["layer", "neuron"])["saturated"]
    assert found.loc[2].tolist() == [1.0, 0.5]
    assert found.loc[1].isna().all()


def test_the_neurons_of_a_layer_are_those_of_all_layers(connection):
    every = queries.neurons(connection, 1)
    own = every[every["layer"] == 2].sort_values(["neuron", "epoch"]).reset_index(drop=True)
    assert queries.neurons_of_layer(connection, 1, 2).equals(own)


def test_dead_neurons_are_counted_by_layer(connection):
    found = queries.dead_neurons(connection, 1).set_index("layer")
    assert found["dead"].tolist() == [0, 1, 2, 0]
    assert found.loc[2, "fraction"] == 0.5


def test_saturation_has_rows_of_activations_alone(connection):
    (row,) = queries.saturation(connection, 1).to_dict("records")
    assert (row["layer"], row["saturated"], row["saturated_neurons"]) == (2, 0.75, 1)


def test_update_ratios_have_rows_of_layers_with_weights_alone(connection):
    found = queries.update_ratios(connection, 1).set_index("layer")
    assert found["ratio"].to_dict() == {1: 0.001, 3: 0.0}
    assert found["clipped"].to_dict() == {1: 1.0, 3: 0.0}


def test_norms_of_steps_are_summed_up(connection):
    found = queries.step_norms(connection, 1)
    assert found["mean_norm"].tolist() == [1.0] * 4
    assert found["std"].isna().all()  # of a single step


def test_gradients_come_by_decade(connection):
    found = queries.distribution(connection, "steady", 1, 1, 1).query("cells > 0")
    assert found[["step", "decade", "cells"]].to_dict("records") == [
        {"step": 1, "decade": 0.0, "cells": 4}  # 3, 4, 6 and 8
    ]


def test_exact_zeros_have_no_decade(connection):
    found = queries.distribution(connection, "steady", 3, 1, 1).query("cells > 0")
    (row,) = found.to_dict("records")
    assert math.isnan(row["decade"])
    assert row["cells"] == 4


def test_some_steps_alone_can_be_asked_for(connection):
    layer = (connection, "steady", 1, 1, 1)
    assert queries.distribution(*layer, steps=[1, 7]).equals(queries.distribution(*layer))
    with pytest.raises(NoRowsError, match="steady_layer_1_distribution has no row of run 1"):
        queries.distribution(*layer, steps=[2])


def test_one_step_says_nothing_of_noise(connection):
    (row,) = queries.noise_scale(connection, "steady", 1, 1, 1).to_dict("records")
    assert (row["steps"], row["mean_square"], row["square_of_mean"]) == (1, 125.0, 125.0)
    assert math.isnan(row["noise_scale"])


def test_neurons_counted_again_from_the_cells_have_their_magnitudes(connection):
    found = queries.layer_neurons(connection, "steady", 1, 1, 1)
    assert found[["neuron", "cells", "mean_abs"]].to_dict("records") == [
        {"neuron": 1, "cells": 2, "mean_abs": 4.5},
        {"neuron": 2, "cells": 2, "mean_abs": 6.0},
    ]


@pytest.mark.parametrize(
    "query",
    [queries.neurons, queries.dead_neurons, queries.saturation, queries.update_ratios],
)
def test_a_run_of_an_older_version_has_none_and_the_error_names_the_view(connection, query):
    with pytest.raises(NoRowsError, match=f"The view {query.__name__} has no row of run 3"):
        query(connection, 3)


def test_a_layer_that_a_run_lacks_is_an_error_that_says_so(connection):
    with pytest.raises(NoRowsError, match="Run 1 has no layer 9"):
        queries.neurons_of_layer(connection, 1, 9)
