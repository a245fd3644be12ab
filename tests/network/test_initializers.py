"""Initial weights: their moments, their orthogonality, and the gains for activations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vanishing_gradients.trainer.network.activations import ACTIVATIONS
from vanishing_gradients.trainer.network.initializers import (
    Constant,
    Glorot,
    He,
    KerasDefault,
    LeCun,
    Normal,
    Orthogonal,
    PyTorchDefault,
    Uniform,
)

GENERATOR = np.random.default_rng(0)
SHAPE = (500, 300)
VARIANCES = {
    Normal(0.3): 0.09,
    Uniform(0.3): 0.03,
    Glorot("normal"): 2 / 800,
    Glorot("uniform"): 2 / 800,
    He("normal"): 2 / 500,
    He("uniform"): 2 / 500,
    LeCun("normal"): 1 / 500,
    LeCun("uniform"): 1 / 500,
    PyTorchDefault(): 1 / 1500,
    KerasDefault(): 2 / 800,
}
LIMITS = {
    Uniform(0.3): 0.3,
    Glorot("uniform"): (6 / 800) ** 0.5,
    He("uniform"): (6 / 500) ** 0.5,
    LeCun("uniform"): (3 / 500) ** 0.5,
    PyTorchDefault(): 500**-0.5,
    KerasDefault(): (6 / 800) ** 0.5,
}
ALL = [*VARIANCES, Constant(0.3), Orthogonal(2.0)]
named = {"ids": str}


def draw(initializer, shape=SHAPE, dtype=np.float64, seed=0):
    return initializer.draw(shape, dtype, np.random.default_rng(seed))


@pytest.mark.parametrize(("initializer", "variance"), VARIANCES.items(), **named)
def test_weights_have_mean_zero_and_the_published_variance(initializer, variance):
    weights = draw(initializer)
    count = weights.size
    assert abs(weights.mean()) < 4 * (variance / count) ** 0.5
    # the variance of a normal sample's variance is 2 / n, and a uniform one's is less
    assert weights.var() == pytest.approx(variance, rel=4 * (2 / count) ** 0.5)


@pytest.mark.parametrize(("initializer", "limit"), LIMITS.items(), **named)
def test_uniform_weights_fill_the_interval_and_keep_to_it(initializer, limit):
    weights = draw(initializer)
    assert 0.999 * limit < weights.max() < limit
    assert -limit <= weights.min() < -0.999 * limit


@pytest.mark.parametrize("initializer", [Normal(), Glorot("normal"), He(), LeCun()], **named)
def test_normal_weights_have_the_tails_of_a_normal_distribution(initializer):
    weights = draw(initializer)
    kurtosis = np.mean(weights**4) / np.mean(weights**2) ** 2
    assert kurtosis == pytest.approx(3, abs=4 * (24 / weights.size) ** 0.5)


def test_a_constant_is_every_weight_and_draws_nothing():
    generator = np.random.default_rng(0)
    np.testing.assert_array_equal(Constant(0.3).draw((4, 2), np.float64, generator), 0.3)
    assert generator.random() == np.random.default_rng(0).random()


@pytest.mark.parametrize("initializer", ALL, **named)
def test_both_precisions_start_from_the_same_weights(initializer):
    single, double = draw(initializer, dtype=np.float32), draw(initializer)
    assert (single.dtype, double.dtype) == (np.float32, np.float64)
    np.testing.assert_array_equal(single, double.astype(np.float32))


WITHOUT_BIASES = [each for each in ALL if each != PyTorchDefault()]


@pytest.mark.parametrize("initializer", WITHOUT_BIASES, **named)
def test_biases_are_zero_where_inputs_have_no_offset(initializer):
    biases = initializer.draw_biases(draw(initializer, dtype=np.float32), GENERATOR)
    assert biases.dtype == np.float32
    np.testing.assert_array_equal(biases, np.zeros(SHAPE[1]))


def test_pytorchs_default_draws_biases_from_the_interval_of_the_weights():
    weights = draw(PyTorchDefault(), (25, 9000), dtype=np.float32)
    biases = PyTorchDefault().draw_biases(weights, np.random.default_rng(3))
    assert (biases.dtype, biases.shape) == (np.float32, (9000,))
    assert -0.2 <= biases.min() < -0.199
    assert 0.199 < biases.max() <= 0.2
    assert biases.var() == pytest.approx(0.04 / 3, rel=0.05)


def test_normal_draws_what_it_always_drew():
    expected = np.random.default_rng(5).standard_normal((3, 4)) * 0.01
    np.testing.assert_array_equal(draw(Normal(), (3, 4), seed=5), expected)


@given(st.integers(1, 40), st.integers(1, 40), st.floats(0.01, 100), st.integers(0, 1000))
def test_orthogonal_weights_have_orthonormal_columns_or_rows(n_in, width, gain, seed):
    unit = draw(Orthogonal(gain), (n_in, width), seed=seed) / gain
    product = unit.T @ unit if n_in >= width else unit @ unit.T
    np.testing.assert_allclose(product, np.eye(min(n_in, width)), rtol=0, atol=1e-12)


@pytest.mark.parametrize("shape", [(784, 128), (128, 128), (128, 10), (10, 128)])
def test_orthogonal_weights_of_real_layers_are_so_to_twelve_digits(shape):
    weights = draw(Orthogonal(), shape)
    values = np.linalg.svd(weights, compute_uv=False)
    np.testing.assert_allclose(values, 1.0, rtol=0, atol=1e-12)


def test_every_orthogonal_matrix_is_equally_likely():
    """A plain QR would bias the diagonal of Q to one sign; the trace must have variance 1."""
    generator = np.random.default_rng(0)
    matrices = np.array([Orthogonal().draw((3, 3), np.float64, generator) for _ in range(4000)])
    assert np.abs(matrices.mean(axis=0)).max() < 4 * (1 / 3 / 4000) ** 0.5
    np.testing.assert_allclose((matrices**2).mean(axis=0), 1 / 3, atol=0.02)
    assert np.trace(matrices, axis1=1, axis2=2).var() == pytest.approx(1, abs=0.1)
    assert (np.linalg.det(matrices) > 0).mean() == pytest.approx(0.5, abs=0.04)


def test_orthogonal_biases_bring_sums_of_offset_inputs_to_zero():
    weights = draw(Orthogonal(4.0), (50, 30))
    biases = Orthogonal(4.0).draw_biases(weights, GENERATOR, offset=0.5)
    np.testing.assert_allclose(np.full(50, 0.5) @ weights + biases, 0.0, atol=1e-13)


@pytest.mark.parametrize("kind", [Glorot, He, LeCun])
def test_a_distribution_that_is_not_known_is_refused(kind):
    with pytest.raises(ValueError, match="distribution is 'cauchy', not 'normal' or 'uniform'"):
        kind("cauchy")


def at(kind: str, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return f(z) and f'(z) of an activation, (n,)."""
    layer = ACTIVATIONS[kind](1, np.float64)
    values = layer.forward(z[:, np.newaxis].copy(), True)[:, 0].copy()
    return values, layer.backward(np.ones((len(z), 1)))[:, 0].copy()


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_offsets_are_what_activations_make_of_zero(kind):
    assert at(kind, np.zeros(1))[0][0] == pytest.approx(ACTIVATIONS[kind].offset, abs=1e-15)


STEEPEST_AT_ZERO = ["sigmoid", "tanh", "softplus", "identity"]


@pytest.mark.parametrize("kind", STEEPEST_AT_ZERO)
def test_a_gain_is_one_over_the_slope_at_zero(kind):
    assert ACTIVATIONS[kind].gain == pytest.approx(1 / at(kind, np.zeros(1))[1][0], rel=1e-15)


@pytest.mark.parametrize("kind", [kind for kind in ACTIVATIONS if kind not in STEEPEST_AT_ZERO])
def test_a_gain_keeps_the_mean_square_of_standard_normal_signals(kind):
    z = (np.arange(-400_000, 400_000) + 0.5) * 3e-5  # from -12 to 12
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    mean_square = float(np.sum(at(kind, z)[0] ** 2 * density)) * 3e-5
    assert ACTIVATIONS[kind].gain ** 2 * mean_square == pytest.approx(1, rel=1e-9)
