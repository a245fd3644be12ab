"""One sigmoid for two classes: by hand, by central differences, against PyTorch, at its ends."""

import numpy as np
import pytest

from tests.network.central_differences import TOLERANCE, gradients_of_output
from vanishing_gradients.trainer.network.sigmoid_output import BinaryOutput

LOGITS = np.log([[3.0], [1 / 4], [4.0]])
"""p = 3/4, 1/5 and 4/5."""
LABELS = np.array([1, 0, 0])


def output(logits: np.ndarray = LOGITS) -> BinaryOutput:
    layer = BinaryOutput(1, logits.dtype)
    layer.forward(logits, training=True)
    return layer


def test_the_loss_is_the_mean_over_the_batch_of_minus_the_logarithm_of_ps_and_their_rests():
    expected = -(np.log(0.75) + np.log(0.8) + np.log(0.2)) / 3
    assert output().loss(LABELS) == pytest.approx(expected, rel=1e-14)


def test_the_gradient_is_p_minus_the_label_over_the_batch():
    expected = np.array([[-0.25], [0.2], [0.8]]) / 3
    np.testing.assert_allclose(output().backward(LABELS), expected, rtol=1e-14)


def test_the_gradient_agrees_with_central_differences():
    logits, labels = np.random.default_rng(0).normal(size=(5, 1)), np.array([0, 1, 1, 0, 1])
    layer = BinaryOutput(1, np.float64)
    found, expected = gradients_of_output(layer, logits, labels)
    np.testing.assert_allclose(found, expected, **TOLERANCE)


def test_loss_and_gradient_are_pytorchs():
    torch = pytest.importorskip("torch")
    logits = np.random.default_rng(1).normal(size=(8, 1)) * 20
    labels = np.arange(8) % 2
    z = torch.tensor(logits, requires_grad=True)
    theirs = torch.nn.BCEWithLogitsLoss()(z[:, 0], torch.tensor(labels, dtype=torch.float64))
    theirs.backward()
    layer = output(logits)
    assert layer.loss(labels) == pytest.approx(theirs.item(), rel=1e-12)
    np.testing.assert_allclose(layer.backward(labels), z.grad.numpy(), rtol=1e-9, atol=1e-16)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_extreme_logits_give_finite_losses_and_no_warning(dtype):
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        layer = output(np.array([[1e4], [-1e4], [1e4], [-1e4]], dtype))
        assert layer.loss(np.array([1, 0, 0, 1])) == pytest.approx(5e3, rel=1e-6)
        gradient = layer.backward(np.array([1, 0, 0, 1]))
    assert gradient.ravel().tolist() == [0.0, 0.0, 0.25, -0.25]


def test_where_p_rounds_to_1_a_right_output_keeps_its_gradient():
    gradient = output(np.array([[40.0]])).backward(np.array([1]))
    assert gradient.item() == pytest.approx(-np.exp(-40.0), rel=1e-12)


def test_an_image_is_of_class_1_where_p_is_above_a_half_and_nowhere_where_it_is_no_number():
    layer = output(np.array([[0.1], [-0.1], [0.0], [np.nan]]))
    assert layer.correct(np.array([1, 0, 0, 0])) == 3
    assert layer.correct(np.array([0, 1, 1, 1])) == 0


def test_several_neurons_or_another_loss_are_refused():
    with pytest.raises(ValueError, match="2 outputs, where one"):
        BinaryOutput(2, np.float64)
    with pytest.raises(ValueError, match="not 'binary_cross_entropy'"):
        BinaryOutput(1, np.float64, "cross_entropy")
