"""Clipping against PyTorch's two functions, for the gradients of one network."""

import numpy as np
import pytest

from tests.network.small_network import batch, build, experiment
from vanishing_gradients.trainer.network.clipping import ClipByGlobalNorm, ClipByNorm, ClipByValue

torch = pytest.importorskip("torch", reason="PyTorch, which this compares with, is not installed")

LIMITS = (1e-3, 1e-2, 1e-1, 1.0, 100.0)


def network_with_gradients():
    """Return a network after a backward, and PyTorch's parameters with the same gradients."""
    network = build(experiment())
    images, labels = batch()
    network.forward(images, training=True)
    network.backward(labels)
    parameters = []
    for layer in network.layers:
        for gradient in layer.parameter_gradients.values():
            parameters.append(torch.nn.Parameter(torch.zeros(gradient.shape, dtype=torch.double)))
            parameters[-1].grad = torch.tensor(gradient)
    return network, parameters


def flat(parameters) -> np.ndarray:
    return np.concatenate([parameter.grad.numpy().ravel() for parameter in parameters])


@pytest.mark.parametrize("limit", LIMITS)
def test_by_value_as_pytorch(limit):
    network, parameters = network_with_gradients()
    ClipByValue(limit).clip(network)
    torch.nn.utils.clip_grad_value_(parameters, limit)
    np.testing.assert_array_equal(network.gradients, flat(parameters))


@pytest.mark.parametrize("limit", LIMITS)
def test_by_global_norm_as_pytorch_which_adds_a_millionth_to_the_norm(limit):
    network, parameters = network_with_gradients()
    ClipByGlobalNorm(limit).clip(network)
    norm = float(torch.nn.utils.clip_grad_norm_(parameters, limit))
    expected = flat(parameters) * ((norm + 1e-6) / norm if norm > limit else 1.0)
    np.testing.assert_allclose(network.gradients, expected, rtol=1e-12)


@pytest.mark.parametrize("limit", LIMITS)
def test_by_norm_as_pytorch_for_one_array_after_the_other(limit):
    network, parameters = network_with_gradients()
    ClipByNorm(limit).clip(network)
    expected = []
    for parameter in parameters:
        norm = float(torch.nn.utils.clip_grad_norm_([parameter], limit))
        factor = (norm + 1e-6) / norm if norm > limit else 1.0
        expected.append(parameter.grad.numpy().ravel() * factor)
    np.testing.assert_allclose(network.gradients, np.concatenate(expected), rtol=1e-12)
