"""PyTorch's version of a network, with the same parameters; it computes with PyTorch's own code."""

from collections.abc import Callable

import numpy as np
import pytest

from vanishing_gradients.trainer.network.layer import Layer
from vanishing_gradients.trainer.network.network import Network

torch = pytest.importorskip("torch", reason="PyTorch, which this compares with, is not installed")
functional = torch.nn.functional

ACTIVATIONS: dict[str, Callable] = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "gelu": lambda z: functional.gelu(z, approximate="tanh"),
    "swish": functional.silu,
    # By default PyTorch uses z itself for log(1 + exp(z)) above a threshold of 20.
    "softplus": lambda z: functional.softplus(z, threshold=100.0),
    "identity": lambda z: z,
}
"""Those with other names in PyTorch, or computed there with other constants."""


class PyTorchNetwork:
    """The same function of the same parameters, differentiated by autograd.

    Attributes:
        parameters: copies of each layer's, by the names that `Network.state` gives them.
        weights: dense layers' and projections' W, by layer number, as used in the product.
        inputs: the inputs of each layer, by layer number.
    """

    def __init__(self, network: Network, loss: str = "cross_entropy") -> None:
        self.network, self.loss_name = network, loss
        self.parameters = {
            f"{layer.name}.{name}": tensor(array)
            for layer in network.layers
            for name, array in layer.parameters.items()
        }
        self.weights: dict[int, torch.Tensor] = {}
        self.inputs: dict[int, torch.Tensor] = {}

    def loss(self, images: np.ndarray, labels: np.ndarray) -> float:
        """Return the loss in training, and have autograd compute all gradients."""
        outputs, projected = torch.from_numpy(images.copy()).requires_grad_(), None
        for layer in self.network.layers:
            if layer.kind == "projection":
                projected = self._outputs(layer, self.inputs[layer.start])
                continue
            outputs = self.inputs[layer.number] = self._watched(outputs)
            if layer.kind == "residual":
                outputs = outputs + (self.inputs[layer.start] if projected is None else projected)
                projected = None
            elif layer.kind not in ("softmax", "sigmoid_output"):
                outputs = self._outputs(layer, outputs)
        self.logits = outputs
        targets = torch.from_numpy(labels)
        one_hot = functional.one_hot(targets, outputs.shape[1]).to(outputs.dtype)
        match self.network.layers[-1].kind, self.loss_name:
            case "softmax", "cross_entropy":
                loss = functional.cross_entropy(outputs, targets)
            case "softmax", _:
                loss = functional.mse_loss(torch.softmax(outputs, dim=1), one_hot)
            case _, "cross_entropy":
                loss = functional.binary_cross_entropy_with_logits(outputs, one_hot)
            case _:
                loss = functional.mse_loss(torch.sigmoid(outputs), one_hot)
        loss.backward()
        return loss.item()

    def recorded(self, layer: Layer) -> np.ndarray:
        """Return what our layer's `gradient` should be."""
        tensors = self.weights if layer.number in self.weights else self.inputs
        return tensors[layer.number].grad.numpy()

    def _outputs(self, layer: Layer, x: "torch.Tensor") -> "torch.Tensor":
        parameters = {
            name.split(".")[1]: value
            for name, value in self.parameters.items()
            if name.split(".")[0] == layer.name
        }
        match layer.kind:
            case "dense" | "projection":
                weights = self.weights[layer.number] = self._watched(_weights(parameters))
                return x @ weights + parameters.get("biases", 0.0)
            case "layer_normalization":
                scale, shift = parameters["scale"], parameters["shift"]
                return functional.layer_norm(x, (layer.width,), scale, shift, layer.epsilon)
            case "batch_normalization":
                scale, shift = parameters["scale"], parameters["shift"]
                return functional.batch_norm(
                    x, None, None, scale, shift, training=True, eps=layer.epsilon
                )
            case "prelu":
                return functional.prelu(x, parameters["slope"])
            case kind:
                return (ACTIVATIONS.get(kind) or getattr(functional, kind))(x)

    def _watched(self, value: "torch.Tensor") -> "torch.Tensor":
        # A view has its own gradient, while the tensor itself may already be tracked.
        view = value.view_as(value)
        view.retain_grad()
        return view


def tensor(array: np.ndarray) -> "torch.Tensor":
    """Return a copy that autograd tracks."""
    return torch.from_numpy(array.copy()).requires_grad_()


def _weights(parameters: dict[str, "torch.Tensor"]) -> "torch.Tensor":
    """Return W; for a weight-normalised layer by PyTorch's own formula, with neurons in dim 1."""
    if "weights" in parameters:
        return parameters["weights"]
    return torch._weight_norm(parameters["directions"], parameters["gains"].reshape(1, -1), 1)
