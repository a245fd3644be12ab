"""Dead and saturated neurons by layer and epoch, and the gradients of every neuron."""

import numpy as np
import pandas as pd
import pytest

from vanishing_gradients.analysis.figures.grids import dead_neurons, saturated_neurons
from vanishing_gradients.analysis.figures.neuron_gradients import neuron_gradients
from vanishing_gradients.analysis.words import stretches

NAN = float("nan")


@pytest.fixture
def neurons(names):
    """Four layers of three neurons: in layer 2 the first dies, layer 3 is not finite at last."""
    rows = [
        (epoch, layer, neuron, 8, 10.0**-neuron, 0, 0.5 if layer == 2 else NAN)
        for epoch in (1, 2)
        for layer in names
        for neuron in (1, 2, 3)
    ]
    columns = ["epoch", "layer", "neuron", "cells", "mean_abs", "dead", "saturated"]
    frame = pd.DataFrame(rows, columns=columns)
    died = (frame["epoch"] == 2) & (frame["layer"] == 2) & (frame["neuron"] == 1)
    frame.loc[died, ["mean_abs", "dead", "saturated"]] = [0.0, 1, 1.0]
    wild = (frame["epoch"] == 2) & (frame["layer"] == 3)
    frame.loc[wild, ["cells", "mean_abs"]] = [0, NAN]
    return frame.assign(layer_name=frame["layer"].map(names))


@pytest.fixture
def dead(neurons):
    """The rows of dead_neurons that go with them."""
    groups = neurons.groupby(["layer", "layer_name", "epoch"])
    found = groups.agg(width=("neuron", "size"), dead=("dead", "sum")).reset_index()
    return found.assign(fraction=found["dead"] / found["width"])


@pytest.fixture
def saturation(neurons):
    """The rows of saturation that go with them."""
    own = neurons[neurons["layer"] == 2]
    return pd.DataFrame(
        [
            (2, own["layer_name"].iloc[0], epoch, 3, each.mean(), int((each == 1).sum()))
            for epoch, each in own.groupby("epoch")["saturated"]
        ],
        columns=["layer", "layer_name", "epoch", "width", "saturated", "saturated_neurons"],
    )


def maps(figure):
    return [trace for trace in figure.data if trace.type == "heatmap" and trace.showscale is None]


def test_colour_is_the_share_of_dead_neurons(dead, neurons, layers, run):
    weights, others = maps(dead_neurons(dead, neurons, layers, run))
    np.testing.assert_allclose(others.z, [[0, 1 / 3], [0, 0]])
    np.testing.assert_allclose(weights.z, [[0, 0], [0, NAN]])
    assert (others.zmin, others.zmax) == (0, 1)


def test_a_layer_without_a_finite_gradient_is_undefined_and_not_alive(dead, neurons, layers, run):
    figure = dead_neurons(dead, neurons, layers, run)
    assert [trace.name for trace in figure.data if trace.name] == ["undefined: no finite gradient"]


def test_pointing_at_a_cell_tells_which_neurons_are_dead(dead, neurons, layers, run):
    others = maps(dead_neurons(dead, neurons, layers, run))[1]
    assert others.text[0][1] == "<b>layer_2_sigmoid, epoch 2</b><br>1 of 3 neurons dead<br>neuron 1"
    assert others.text[0][0] == "<b>layer_2_sigmoid, epoch 1</b><br>0 of 3 neurons dead"


def test_activations_alone_can_saturate(saturation, neurons, run):
    figure = saturated_neurons(saturation, neurons, run)
    (only,) = maps(figure)
    np.testing.assert_allclose(only.z, [[0.5, 2 / 3]])
    assert figure.layout.yaxis.ticktext == ("2",)


def test_pointing_at_a_cell_tells_which_neurons_are_always_saturated(saturation, neurons, run):
    text = maps(saturated_neurons(saturation, neurons, run))[0].text[0][1]
    assert "66.67% of values saturated" in text
    assert text.endswith("1 neuron of 3 in every sample<br>neuron 1")


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ([], ""),
        ([7], "7"),
        ([3, 1, 2], "1\N{EN DASH}3"),
        ([1, 2, 3, 7, 9, 10], "1\N{EN DASH}3, 7, 9\N{EN DASH}10"),
        (range(1, 40, 2), "1, 3, 5, 7, 9, 11, 13, 15 and 12 more"),
    ],
)
def test_many_numbers_are_said_in_few_words(numbers, text):
    assert stretches(numbers) == text


def visible(figure):
    return [trace for trace in figure.data if trace.visible in (None, True) and trace.x != (None,)]


def test_neurons_of_the_first_layer_are_shown_first(neurons, run):
    (shown,) = visible(neuron_gradients(neurons, run))
    np.testing.assert_allclose(shown.z, [[-1, -1], [-2, -2], [-3, -3]], rtol=1e-6)


def test_the_menu_has_every_layer_and_shows_its_traces_alone(neurons, run):
    figure = neuron_gradients(neurons, run)
    buttons = figure.layout.updatemenus[0].buttons
    assert [button.label for button in buttons] == sorted(set(neurons["layer_name"]))
    maps_shown = [
        [
            trace
            for trace, on in zip(figure.data, button.args[0]["visible"], strict=True)
            if on and trace.type == "heatmap"
        ]
        for button in buttons
    ]
    assert [len(each) for each in maps_shown] == [1, 2, 2, 1]
    assert sum(map(len, maps_shown)) == len([t for t in figure.data if t.type == "heatmap"])


def test_a_dead_neuron_and_an_undefined_one_are_no_colours(neurons, run):
    figure = neuron_gradients(neurons, run)
    by_layer = [trace for trace in figure.data if trace.type == "heatmap"]
    np.testing.assert_array_equal(by_layer[2].z, [[NAN, 1], [NAN, NAN], [NAN, NAN]])
    np.testing.assert_array_equal(by_layer[4].z, [[NAN, 1]] * 3)
    assert [trace.name for trace in figure.data if trace.name] == [
        "exactly zero: dead", "undefined: no finite gradient",
    ]  # fmt: skip


def test_a_page_of_twelve_layers_over_a_hundred_epochs_is_light(names, run):
    epoch, layer, neuron = (
        each.ravel() for each in np.meshgrid(range(1, 101), range(1, 13), range(1, 129))
    )
    frame = pd.DataFrame({"epoch": epoch, "layer": layer, "neuron": neuron, "mean_abs": 1e-3})
    frame["layer_name"] = "layer_" + frame["layer"].astype("str") + "_hidden"
    assert len(neuron_gradients(frame, run).to_json()) < 1.5e6


def test_of_very_many_epochs_evenly_chosen_ones_are_drawn(run):
    frame = pd.DataFrame({"epoch": range(1, 1001), "layer": 1, "layer_name": "layer_1_input"})
    figure = neuron_gradients(frame.assign(neuron=1, mean_abs=0.5), run)
    (drawn,) = visible(figure)
    assert (drawn.x[0], drawn.x[-1], len(drawn.x)) == (1, 1000, 200)
