"""Built-in experiments besides the paper's: a gallery of remedies, healthy and sick networks."""

import re

import numpy as np
import pytest

from vanishing_gradients.trainer.assembly import build_network, build_optimizer
from vanishing_gradients.trainer.experiments import built_in, load, names, topics
from vanishing_gradients.trainer.run import GROUPS

REMEDIES = {
    "activations": {"activation"},
    "clippings": {"clipping"},
    "initializations": {"initialization", "initial_weight_scale"},
    "losses": {"loss"},
    "normalizations": {"normalization", "batch_normalization"},
    "optimizers": {"optimizer"},
    "regularizers": {"dropout", "penalties"},
    "schedules": {"optimizer"},
}
WITH_MORE = {
    "sigmoid_sgd_relu_he": {"initialization", "initial_weight_scale", "optimizer"},
    "sigmoid_sgd_selu_lecun": {"initialization", "initial_weight_scale", "optimizer"},
}
BASES = ("sigmoid_sgd", "sigmoid_adam", "relu_sgd", "relu_adam")


def differences(name: str, base: str) -> set[str]:
    one, other = (load(each).model_dump(mode="json") for each in (name, base))
    return {key for key in one.keys() | other.keys() if one.get(key) != other.get(key)} - {
        "name",
        "description",
    }


@pytest.mark.parametrize("name", built_in())
def test_every_file_bears_its_experiments_name_and_tells_in_a_comment_why_it_is_there(name):
    text = built_in()[name].read_text(encoding="utf-8")
    assert load(name).name == name
    assert re.match(r"# [A-Z1-9]|# tanh", text)
    assert len(text.splitlines()) < 32


@pytest.mark.parametrize("name", built_in())
def test_every_description_fits_into_a_line(name):
    assert 5 < len(load(name).description) <= 90


def test_no_name_is_used_twice_and_none_stands_for_a_group():
    every = [name for group in GROUPS.values() for name in names(group)]
    assert len(set(every)) == len(every) == len(built_in())
    assert not set(every) & set(GROUPS)


@pytest.mark.parametrize(
    ("topic", "name"), [(topic, name) for topic in REMEDIES for name in topics("gallery")[topic]]
)
def test_a_remedy_changes_one_thing_of_the_worst_case(topic, name):
    assert differences(name, "sigmoid_sgd") <= REMEDIES[topic] | WITH_MORE.get(name, set())
    assert differences(name, "sigmoid_sgd")


@pytest.mark.parametrize("layers", [10, 20, 50])
@pytest.mark.parametrize("base", BASES)
def test_the_papers_four_are_there_on_deeper_networks(base, layers):
    name = f"{base}_{layers}"
    assert differences(name, base) == {"hidden_widths"}
    kinds = [spec.kind for spec in load(name).layer_specs()]
    assert kinds.count("dense") == layers


def test_there_is_a_remedy_of_many_kinds():
    """A new kind need not be in the gallery."""
    gallery = [load(name) for name in names("gallery")]
    assert len({experiment.activation for experiment in gallery}) >= 11
    kinds = {experiment.optimizer.kind for experiment in gallery}
    assert kinds >= {"sgd", "adagrad", "rmsprop", "adam", "adamw", "amsgrad"}
    schedules = {e.optimizer.schedule.kind for e in gallery if e.optimizer.schedule}
    assert schedules >= {"constant", "inverse_time", "step", "exponential", "cosine"}
    assert {e.normalization for e in gallery} >= {"none", "batch", "layer", "weight"}
    assert {e.clipping.kind for e in gallery if e.clipping} >= {"value", "norm", "global_norm"}
    initial = {e.initialization.kind for e in gallery if e.initialization}
    assert initial >= {"uniform", "glorot", "he", "lecun", "orthogonal"}
    assert {e.loss for e in gallery} >= {"cross_entropy", "mean_squared_error"}


@pytest.mark.parametrize("name", topics("gallery")["activations"])
def test_a_remedy_by_an_activation_is_named_by_it(name):
    assert name.startswith(f"sigmoid_sgd_{load(name).activation}")


@pytest.mark.parametrize("name", names("gallery"))
def test_every_experiment_of_the_gallery_takes_a_step(name):
    experiment, generator = load(name), np.random.default_rng(0)
    network = build_network(experiment, 784, 10, np.float64, generator)
    network.forward(generator.random((8, 784)), training=True)
    network.backward(np.arange(8))
    before = network.parameters.copy()
    build_optimizer(experiment).step(network)
    assert (network.parameters != before).any()


def test_ten_networks_or_more_are_sick_and_three_are_healthy():
    assert len(names("sick")) >= 10
    assert len(names("healthy")) == 3
    for name in names("sick") + names("healthy"):
        assert load(name).dataset == "sample"
        assert load(name).epochs <= 5
