"""Which views the benchmark times: those answered by an index or the statistics."""

from bench.whole import is_average
from vanishing_gradients.sql.objects import ExperimentSchema, Layer, definition, versions

LAYERS = (
    Layer(1, "layer_1_input", 4, "input"),
    Layer(2, "layer_2_relu", 4, "sample"),
    Layer(3, "layer_3_softmax", 2, "sample"),
)


def names(view: str) -> list[str]:
    newest = definition("views", view, versions("views")[view][-1])
    return list(newest.names([ExperimentSchema("relu_sgd", LAYERS)]))


def test_the_averages_of_every_layer_and_of_every_pair_are_timed():
    for view in ("norm_avg", "gradient_norm_avg", "mean_avg", "near_zero", "ratio_avg"):
        assert names(view)
        assert all(is_average(name, "relu_sgd") for name in names(view))


def test_views_that_read_every_cell_are_not():
    for view in ("distribution", "noise_scale", "stored_norm_avg", "stored_ratio_avg"):
        assert not any(is_average(name, "relu_sgd") for name in names(view))


def test_views_of_another_experiment_are_not():
    assert not any(is_average(name, "relu") for name in names("norm_avg"))
