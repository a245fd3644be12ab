"""What holds for every figure: its inputs, and its name."""

from importlib import import_module
from inspect import signature
from pkgutil import iter_modules

import pytest

from vanishing_gradients.analysis import figures
from vanishing_gradients.analysis.figures.figure import Figure
from vanishing_gradients.sql.objects import newest

MODULES = [
    import_module(f"{figures.__name__}.{each.name}") for each in iter_modules(figures.__path__)
]
FIGURES = {
    each.draw.__name__: each
    for module in MODULES
    for each in vars(module).values()
    if isinstance(each, Figure)
}


def test_there_are_figures():
    assert len(FIGURES) >= 23


@pytest.mark.parametrize("name", FIGURES)
def test_a_caption_says_how_to_read_the_figure(name):
    reading, _, _ = FIGURES[name].caption.partition("View")
    assert len(reading.split()) >= 6
    assert reading.rstrip().endswith(".")


@pytest.mark.parametrize("name", FIGURES)
def test_everything_a_figure_draws_is_read_for_it_from_views_that_exist(name):
    figure = FIGURES[name]
    about = {"run", "runs", "only", "layer", "neuron", "epoch"}
    assert set(signature(figure.draw).parameters) - about == set(figure.reads)
    assert all(newest(view) for view in figure.reads.values() if isinstance(view, str))
