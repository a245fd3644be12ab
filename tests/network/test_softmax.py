"""Softmax and cross-entropy: by hand, against central differences, and at extreme values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.network.central_differences import TOLERANCE, gradients_of_output
from vanishing_gradients.trainer.network.softmax import Softmax

LABELS = np.array([0, 2, 1])


def test_the_loss_of_uniform_predictions_is_the_logarithm_of_the_number_of_classes():
    layer = Softmax(10, np.float64)
    layer.forward(np.zeros((4, 10)), training=True)
    assert layer.loss(np.array([0, 3, 9, 9])) == pytest.approx(np.log(10), rel=1e-15)


def test_the_loss_is_the_mean_over_the_batch_of_minus_log_p():
    layer = Softmax(2, np.float64)
    # odds of 1:3 and 4:1 for class 0: p = 1/4, 3/4 and 4/5, 1/5
    layer.forward(np.log([[1.0, 3.0], [4.0, 1.0]]), training=True)
    expected = (-np.log(0.75) - np.log(0.8)) / 2
    assert layer.loss(np.array([1, 0])) == pytest.approx(expected, rel=1e-15)


def test_the_gradient_is_p_minus_y_over_the_batch():
    layer = Softmax(2, np.float64)
    layer.forward(np.log([[1.0, 3.0], [4.0, 1.0]]), training=True)
    np.testing.assert_allclose(
        layer.backward(np.array([1, 0])), [[0.125, -0.125], [-0.1, 0.1]], rtol=1e-14
    )


def test_the_gradient_agrees_with_central_differences():
    layer = Softmax(4, np.float64)
    logits = np.random.default_rng(0).normal(size=(3, 4))
    found, expected = gradients_of_output(layer, logits, LABELS)
    np.testing.assert_allclose(found, expected, **TOLERANCE)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_extreme_logits_give_finite_losses_and_gradients_and_no_warning(dtype):
    layer = Softmax(3, dtype)
    logits = np.array([[1e4, -1e4, 0], [-1e4, -1e4, -1e4], [0, 1e4, 1e4]], dtype)
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        p = layer.forward(logits, training=True)
        loss = layer.loss(np.array([1, 0, 0]))
        gradient = layer.backward(np.array([1, 0, 0]))
    np.testing.assert_allclose(p, [[1, 0, 0], [1 / 3] * 3, [0, 0.5, 0.5]], rtol=1e-6)
    # per sample: 1e4 - -1e4; log 3; 1e4 + log 2
    expected = (2e4 + np.log(3) + 1e4 + np.log(2)) / 3
    assert loss == pytest.approx(expected, rel=1e-6)
    np.testing.assert_allclose(gradient[0], [1 / 3, -1 / 3, 0], rtol=1e-6)


@given(arrays(np.float32, (5, 4), elements=st.floats(-(2.0**100), 2.0**100, width=32)))
def test_whatever_the_finite_logits_probabilities_add_up_to_1_and_the_loss_is_finite(logits):
    layer = Softmax(4, np.float32)
    p = layer.forward(logits, training=True)
    np.testing.assert_allclose(p.sum(axis=1), 1.0, rtol=1e-5)
    assert 0 <= layer.loss(np.array([0, 1, 2, 3, 0])) < np.inf


def test_correct_counts_the_samples_whose_label_is_most_probable():
    layer = Softmax(3, np.float64)
    layer.forward(np.array([[1.0, 2.0, 0.0], [3.0, 2.0, 0.0], [0.0, 0.0, 1.0]]), training=False)
    assert layer.correct(np.array([1, 1, 2])) == 2


def test_a_prediction_that_is_not_a_number_is_never_correct():
    layer = Softmax(3, np.float64)
    layer.forward(np.array([[np.nan, 1.0, 2.0], [5.0, 1.0, 2.0]]), training=False)
    assert layer.correct(np.array([0, 0])) == 1
