"""Where skips are, what they add, and what their layers are called."""

import numpy as np
import pytest

from vanishing_gradients.trainer.assembly import build_network
from vanishing_gradients.trainer.experiments import Experiment


def experiment(**changes) -> Experiment:
    values = {
        "name": "a" * 32,
        "hidden_widths": [6, 6, 4, 4, 4],
        "activation": "tanh",
        "optimizer": {"kind": "sgd"},
    }
    return Experiment.model_validate(values | changes)


def skips(found: Experiment, features: int = 6) -> list[tuple[str, int | None, int, int]]:
    return [
        (spec.name, spec.rows, spec.width, spec.start)
        for spec in found.layer_specs(features, 3)
        if spec.start
    ]


def test_a_number_puts_a_skip_around_every_so_many_layers_and_the_rest_has_none():
    assert experiment(residual=2).blocks == ((1, 2), (3, 4))
    assert experiment(residual=5).blocks == ((1, 5),)
    assert experiment(residual=1).blocks == tuple((n, n) for n in range(1, 6))


def test_a_projection_comes_before_the_sum_where_widths_differ_and_nowhere_else():
    assert skips(experiment(residual=2)) == [
        ("layer_5_residual", None, 6, 1),
        ("layer_10_projection", 6, 4, 6),
        ("layer_11_residual", None, 4, 6),
    ]


def test_a_block_from_the_images_on_projects_them_where_they_have_another_width():
    found = skips(experiment(residual=[[1, 1]]), features=7)
    assert found == [("layer_3_projection", 7, 6, 1), ("layer_4_residual", None, 6, 1)]


def test_the_sum_comes_behind_normalisation_activation_and_dropout():
    specs = experiment(residual=[[1, 1]], normalization="layer", dropout=0.5).layer_specs(6, 3)
    assert [(s.number, s.name, s.kind, s.rows, s.width, s.start) for s in specs[:6]] == [
        (1, "layer_1_input", "dense", 6, 6, None),
        (2, "layer_2_layer_normalization", "layer_normalization", None, 6, None),
        (3, "layer_3_tanh", "tanh", None, 6, None),
        (4, "layer_4_dropout", "dropout", None, 6, None),
        (5, "layer_5_residual", "residual", None, 6, 1),
        (6, "layer_6_hidden", "dense", 6, 6, None),
    ]


@pytest.mark.parametrize("residual", [1, 2, 3, [[2, 4]], [[1, 2], [3, 5]], [[5, 5]]], ids=str)
@pytest.mark.parametrize("normalization", ["none", "batch", "layer", "weight"])
def test_a_network_with_skips_has_the_layers_and_gradients_that_the_specs_say(
    residual, normalization
):
    found = experiment(residual=residual, normalization=normalization, dropout=0.1)
    generator = np.random.default_rng(0)
    network = build_network(found, 20, 3, np.float64, generator)
    network.forward(generator.random((7, 20)), training=True)
    network.backward(np.zeros(7, int))
    assert [
        (layer.number, layer.name, layer.kind, layer.gradient.shape) for layer in network.layers
    ] == [
        (spec.number, spec.name, spec.kind, (spec.rows or 7, spec.width))
        for spec in found.layer_specs(20, 3)
    ]


def test_the_longest_names_of_a_hundred_layers_fit_into_mysqls_64_characters():
    found = experiment(
        hidden_widths=[1 + n % 2 for n in range(100)],
        residual=1,
        dropout=0.5,
        normalization="batch",
        activation="leaky_relu",
    )
    specs = found.layer_specs()
    assert len(specs) == 602
    assert max(len(f"{found.name}_{spec.name}") for spec in specs) <= 64
