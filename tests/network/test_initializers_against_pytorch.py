"""Initial weights against PyTorch's: the same distributions, though never the same numbers."""

import numpy as np
import pytest

from vanishing_gradients.trainer.network.activations import ACTIVATIONS
from vanishing_gradients.trainer.network.initializers import (
    Glorot,
    He,
    KerasDefault,
    LeCun,
    Normal,
    Orthogonal,
    PyTorchDefault,
    Uniform,
)

torch = pytest.importorskip("torch", reason="PyTorch, which this compares with, is not installed")
init = torch.nn.init

N_IN, WIDTH = 500, 300
PAIRS = {
    Normal(0.3): lambda w, g: init.normal_(w, std=0.3, generator=g),
    Uniform(0.3): lambda w, g: init.uniform_(w, -0.3, 0.3, generator=g),
    Glorot("normal"): lambda w, g: init.xavier_normal_(w, generator=g),
    Glorot("uniform"): lambda w, g: init.xavier_uniform_(w, generator=g),
    He("normal"): lambda w, g: init.kaiming_normal_(w, nonlinearity="relu", generator=g),
    He("uniform"): lambda w, g: init.kaiming_uniform_(w, nonlinearity="relu", generator=g),
    LeCun("normal"): lambda w, g: init.kaiming_normal_(w, nonlinearity="linear", generator=g),
    LeCun("uniform"): lambda w, g: init.kaiming_uniform_(w, nonlinearity="linear", generator=g),
    PyTorchDefault(): lambda w, g: init.kaiming_uniform_(w, a=5**0.5, generator=g),
    KerasDefault(): lambda w, g: init.xavier_uniform_(w, generator=g),
    Orthogonal(2.0): lambda w, g: init.orthogonal_(w, gain=2.0, generator=g),
}


@pytest.mark.parametrize(("ours", "theirs"), PAIRS.items(), ids=map(str, PAIRS))
def test_weights_are_distributed_as_pytorchs(ours, theirs):
    mine = ours.draw((N_IN, WIDTH), np.float64, np.random.default_rng(0))
    weights = torch.empty(WIDTH, N_IN, dtype=torch.double)  # PyTorch keeps them transposed
    yours = theirs(weights, torch.Generator().manual_seed(0)).numpy()
    levels = np.linspace(0.01, 0.99, 99)
    deviation = mine.std()
    np.testing.assert_allclose(
        np.quantile(mine, levels), np.quantile(yours, levels), rtol=0, atol=0.05 * deviation
    )
    assert deviation == pytest.approx(yours.std(), rel=0.01)


@pytest.mark.parametrize("of", ["weight", "bias"])
def test_pytorchs_default_is_that_of_its_linear_layer(of):
    torch.manual_seed(0)
    yours = np.concatenate(
        [getattr(torch.nn.Linear(40, 300), of).detach().numpy().ravel() for _ in range(100)]
    )
    generator, layers = np.random.default_rng(0), []
    for _ in range(100):
        weights = PyTorchDefault().draw((40, 300), np.float64, generator)
        biases = PyTorchDefault().draw_biases(weights, generator)
        layers.append({"weight": weights.ravel(), "bias": biases}[of])
    levels = np.linspace(0.0, 1.0, 101)
    np.testing.assert_allclose(
        np.quantile(np.concatenate(layers), levels), np.quantile(yours, levels), rtol=0, atol=0.004
    )


@pytest.mark.parametrize(
    ("kind", "name", "argument"),
    [
        ("relu", "relu", None),
        ("leaky_relu", "leaky_relu", 0.01),
        ("prelu", "leaky_relu", 0.25),
        ("identity", "linear", None),
    ],
)
def test_gains_are_pytorchs(kind, name, argument):
    assert ACTIVATIONS[kind].gain == pytest.approx(init.calculate_gain(name, argument), rel=1e-15)
