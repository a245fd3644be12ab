"""Mean squared error of the softmax: by hand, by central differences, and where p is 0 or 1."""

from decimal import Decimal, localcontext

import numpy as np
import pytest

from tests.network.central_differences import TOLERANCE, gradients_of_output
from vanishing_gradients.trainer.network import softmax as module
from vanishing_gradients.trainer.network.output import LOSSES
from vanishing_gradients.trainer.network.softmax import Softmax


def softmax(width: int, dtype: type = np.float64) -> Softmax:
    return Softmax(width, dtype, loss="mean_squared_error")


def test_the_loss_is_the_mean_of_squares_over_batch_and_classes():
    layer = softmax(2)
    # odds of 1:3 and 4:1 for class 0: p = 1/4, 3/4 and 4/5, 1/5
    layer.forward(np.log([[1.0, 3.0], [4.0, 1.0]]), training=True)
    expected = (0.25**2 + 0.25**2 + 0.8**2 + 0.8**2) / 4
    assert layer.loss(np.array([1, 1])) == pytest.approx(expected, rel=1e-15)


def test_the_gradient_agrees_with_central_differences():
    layer, labels = softmax(4), np.array([0, 2, 1])
    logits = np.random.default_rng(0).normal(size=(3, 4))
    found, expected = gradients_of_output(layer, logits, labels)
    np.testing.assert_allclose(found, expected, **TOLERANCE)


def test_a_single_sample_of_a_single_class_has_no_loss_and_no_gradient():
    layer = softmax(1)
    layer.forward(np.array([[3.0]]), training=True)
    assert layer.loss(np.array([0])) == 0.0
    np.testing.assert_array_equal(layer.backward(np.array([0])), [[0.0]])


@pytest.mark.parametrize("label", [0, 1, 2])
@pytest.mark.parametrize("lead", [1, 20, 40, 100, 300])
def test_the_gradient_of_a_sure_sample_right_or_wrong_is_small_and_exact(lead, label):
    layer, logits = softmax(3), [float(lead), 0.0, -1.5]
    layer.forward(np.array([logits]), training=True)
    expected = exact_gradient(logits, label)
    np.testing.assert_allclose(layer.backward(np.array([label]))[0], expected, rtol=1e-12)
    assert all(expected)


def exact_gradient(logits: list[float], label: int) -> list[float]:
    """Return 2 p[k] (e[k] - sum of p[j] e[j]) / classes, with enough digits for the subtraction."""
    with localcontext(prec=700):
        exponentials = [Decimal(z).exp() for z in logits]
        p = [each / sum(exponentials) for each in exponentials]
        errors = [each - (k == label) for k, each in enumerate(p)]
        mean = sum(a * b for a, b in zip(p, errors, strict=True))
        return [float(2 * a * (b - mean) / 3) for a, b in zip(p, errors, strict=True)]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_extreme_logits_give_the_loss_of_sure_predictions_and_no_warning(dtype):
    layer, labels = softmax(3, dtype), np.array([1, 0])
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        layer.forward(np.array([[1e4, -1e4, 0], [1e30, 0, -1e30]], dtype), training=True)
        assert layer.loss(labels) == pytest.approx(2 / 6, rel=1e-6)
        np.testing.assert_array_equal(layer.backward(labels), np.zeros((2, 3)))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_sample_that_is_not_finite_has_a_gradient_that_is_not_a_number(bad):
    layer, labels = softmax(2), np.array([0, 1])
    with np.errstate(invalid="ignore"):
        layer.forward(np.array([[bad, 1.0], [2.0, 1.0]]), training=True)
        assert np.isnan(layer.loss(labels))
        gradient = layer.backward(labels)
    assert np.isnan(gradient).tolist() == [[True, True], [False, False]]


def test_without_a_word_the_loss_is_the_cross_entropy():
    assert Softmax(2, np.float64).loss_name == "cross_entropy"
    assert "cross_entropy" in LOSSES


def test_an_unknown_loss_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match="'hinge', not 'cross_entropy' or 'mean_squared_error'"):
        Softmax(2, np.float64, loss="hinge")


def test_of_many_classes_the_gradient_is_computed_in_parts_and_is_the_same(monkeypatch):
    logits, labels = np.random.default_rng(3).normal(size=(5, 4)), np.array([0, 3, 1, 2, 2])
    found = []
    for at_once in (module.DIFFERENCES, 2 * 4**2):
        monkeypatch.setattr(module, "DIFFERENCES", at_once)
        layer = softmax(4)
        layer.forward(logits, training=True)
        found.append(layer.backward(labels).copy())
    np.testing.assert_array_equal(*found)
