"""Sigmoids as outputs: by hand, by central differences, against PyTorch, and where p is 0 or 1."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.network.central_differences import TOLERANCE, gradients_of_output
from vanishing_gradients.trainer.network.output import LOSSES
from vanishing_gradients.trainer.network.sigmoid_output import SigmoidOutput

ODDS = np.log([[1 / 3, 3.0], [4.0, 1.0]])
"""p = 1/4, 3/4 and 4/5, 1/2."""
LABELS = np.array([1, 0])


def output(width: int, loss: str = LOSSES[0], dtype: type = np.float64) -> SigmoidOutput:
    return SigmoidOutput(width, dtype, loss)


def test_each_class_has_a_probability_of_its_own():
    p = output(2).forward(ODDS, training=True)
    np.testing.assert_allclose(p, [[0.25, 0.75], [0.8, 0.5]], rtol=1e-15)


def test_the_cross_entropy_is_binary_and_its_mean_is_over_batch_and_classes():
    layer = output(2)
    layer.forward(ODDS, training=True)
    expected = -(np.log(0.75) + np.log(0.75) + np.log(0.8) + np.log(0.5)) / 4
    assert layer.loss(LABELS) == pytest.approx(expected, rel=1e-15)


def test_the_mean_squared_error_is_the_mean_over_batch_and_classes():
    layer = output(2, "mean_squared_error")
    layer.forward(ODDS, training=True)
    expected = (0.25**2 + 0.25**2 + 0.2**2 + 0.5**2) / 4
    assert layer.loss(LABELS) == pytest.approx(expected, rel=1e-14)


def test_the_gradient_of_the_cross_entropy_is_p_minus_y_over_batch_and_classes():
    layer = output(2)
    layer.forward(ODDS, training=True)
    expected = np.array([[0.25, -0.25], [-0.2, 0.5]]) / 4
    np.testing.assert_allclose(layer.backward(LABELS), expected, rtol=1e-14)


def test_the_gradient_of_the_mean_squared_error_has_the_slope_of_the_sigmoid_in_it():
    layer = output(2, "mean_squared_error")
    layer.forward(ODDS, training=True)
    slopes = np.array([[0.25 * 0.75, 0.75 * 0.25], [0.8 * 0.2, 0.25]])
    expected = 2 * np.array([[0.25, -0.25], [-0.2, 0.5]]) * slopes / 4
    np.testing.assert_allclose(layer.backward(LABELS), expected, rtol=1e-14)


@pytest.mark.parametrize("loss", LOSSES)
def test_the_gradient_agrees_with_central_differences(loss):
    layer, labels = output(4, loss), np.array([0, 2, 1])
    logits = np.random.default_rng(0).normal(size=(3, 4))
    found, expected = gradients_of_output(layer, logits, labels)
    np.testing.assert_allclose(found, expected, **TOLERANCE)


@pytest.mark.parametrize("loss", LOSSES)
def test_loss_and_gradient_are_pytorchs(loss):
    torch = pytest.importorskip("torch")
    logits, labels = np.random.default_rng(1).normal(size=(6, 5)) * 4, np.array([0, 1, 2, 3, 4, 0])
    z, y = torch.tensor(logits, requires_grad=True), torch.tensor(np.eye(5)[labels])
    theirs = {
        "cross_entropy": torch.nn.BCELoss(),
        "mean_squared_error": torch.nn.MSELoss(),
    }[loss](torch.sigmoid(z), y)
    theirs.backward()
    layer = output(5, loss)
    layer.forward(logits, training=True)
    assert layer.loss(labels) == pytest.approx(theirs.item(), rel=1e-12)
    np.testing.assert_allclose(layer.backward(labels), z.grad.numpy(), rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("z", [-300.0, -40.0, -1.0, 0.0, 1.0, 40.0, 300.0])
@pytest.mark.parametrize("label", [0, 1])
def test_the_gradient_of_a_sure_output_right_or_wrong_is_exact(loss, z, label):
    layer = output(2, loss)
    layer.forward(np.array([[z, 0.0]]), training=True)
    with localcontext(prec=700):
        p = 1 / (1 + Decimal(-z).exp())
        gradient = (p - (label == 0)) / 2
        if loss == "mean_squared_error":
            gradient *= 2 * p * (1 - p)
    found = layer.backward(np.array([label]))[0, 0]
    assert found == pytest.approx(float(gradient), rel=1e-12)
    assert found != 0.0


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_extreme_logits_give_finite_losses_and_gradients_and_no_warning(dtype):
    layer, labels = output(3, dtype=dtype), np.array([1, 0])
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        layer.forward(np.array([[1e4, -1e4, 0], [1e30, 0, -1e30]], dtype), training=True)
        assert layer.loss(labels) == pytest.approx((2e4 + 2 * np.log(2)) / 6, rel=1e-6)
        gradient = layer.backward(labels)
    np.testing.assert_allclose(gradient * 6, [[1, -1, 0.5], [0, 0.5, 0]], atol=1e-7)


@given(arrays(np.float32, (5, 4), elements=st.floats(-(2.0**100), 2.0**100, width=32)))
def test_whatever_the_finite_logits_the_loss_is_finite(logits):
    layer = output(4, dtype=np.float32)
    p = layer.forward(logits, training=True)
    assert ((p >= 0) & (p <= 1)).all()
    assert 0 <= layer.loss(np.array([0, 1, 2, 3, 0])) < np.inf


def test_of_classes_whose_outputs_all_round_to_1_the_one_of_the_largest_sum_counts():
    layer = output(3)
    p = layer.forward(np.array([[50.0, 60.0, 40.0], [0.0, 0.0, -1.0]]), training=False)
    assert (p[0] == 1.0).all()
    assert layer.correct(np.array([1, 0])) == 2
    assert layer.correct(np.array([0, 1])) == 0


def test_a_prediction_that_is_not_a_number_is_never_correct():
    layer = output(3)
    layer.forward(np.array([[np.nan, 1.0, 2.0], [5.0, 1.0, 2.0]]), training=False)
    assert layer.correct(np.array([0, 0])) == 1
    assert layer.correct(np.array([2, 0])) == 1


@pytest.mark.parametrize("loss", LOSSES)
def test_an_output_that_is_not_a_number_has_a_gradient_that_is_none_and_others_have_theirs(loss):
    layer = output(2, loss)
    layer.forward(np.array([[np.nan, 1.0], [2.0, 1.0]]), training=True)
    assert np.isnan(layer.loss(LABELS))
    assert np.isnan(layer.backward(LABELS)).tolist() == [[True, False], [False, False]]


@pytest.mark.parametrize("loss", LOSSES)
def test_no_gradient_is_minus_zero(loss):
    layer = output(2, loss)
    layer.forward(np.array([[900.0, -900.0]]), training=True)
    assert not np.signbit(layer.backward(np.array([0]))[layer.gradient == 0.0]).any()
