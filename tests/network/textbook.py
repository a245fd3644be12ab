"""The same network written as in a textbook: slowly, one new array per line, nothing shared.

It gets its initial weights from a network and its hyper-parameters from an experiment without
dropout and batch normalisation, and uses nothing else of the trainer.
"""

import numpy as np

from vanishing_gradients.trainer.experiments import Experiment
from vanishing_gradients.trainer.network.network import Network


class Textbook:
    """Weights and biases alternating, a pair per dense layer, with the optimizer's two moments."""

    def __init__(self, experiment: Experiment, network: Network) -> None:
        self.experiment = experiment
        self.parameters = [
            array.copy() for layer in network.layers for array in layer.parameters.values()
        ]
        self.first = [np.zeros_like(array) for array in self.parameters]
        self.second = [np.zeros_like(array) for array in self.parameters]
        self.steps = 0

    def step(self, images: np.ndarray, labels: np.ndarray) -> float:
        """Train on one batch and return the loss it had before, without penalties."""
        inputs, p = self._forward(images)
        gradients = self._backward(inputs, p - np.eye(p.shape[1])[labels])
        for k, gradient in enumerate(gradients):
            self.parameters[k] = self.parameters[k] + self._update(k, gradient)
        self.weight_gradients = gradients[0::2]
        self.steps += 1
        return float(np.mean([-np.log(p[i, label]) for i, label in enumerate(labels)]))

    def flat(self) -> np.ndarray:
        """Return all parameters in one row."""
        return np.concatenate([array.ravel() for array in self.parameters])

    def _forward(self, images: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
        """Return the inputs of each dense layer, and the probabilities."""
        inputs = [images]
        pairs = list(zip(self.parameters[0::2], self.parameters[1::2], strict=True))
        for weights, biases in pairs[:-1]:
            z = inputs[-1] @ weights + biases
            relu = self.experiment.activation == "relu"
            inputs.append(np.where(z > 0, z, 0) if relu else 1 / (1 + np.exp(-z)))
        weights, biases = pairs[-1]
        exponentials = np.exp(inputs[-1] @ weights + biases)
        return inputs, exponentials / exponentials.sum(axis=1, keepdims=True)

    def _backward(self, inputs: list[np.ndarray], error: np.ndarray) -> list[np.ndarray]:
        gradients: list[np.ndarray] = []
        self.z_gradients: list[np.ndarray] = []
        penalties = self.experiment.penalties
        z_gradient = error / len(error)
        for k in reversed(range(len(inputs))):
            self.z_gradients = [z_gradient, *self.z_gradients]
            x, w, b = inputs[k], self.parameters[2 * k], self.parameters[2 * k + 1]
            of_weights = penalties.weight_l1 * np.sign(w) + 2 * penalties.weight_l2 * w
            of_biases = penalties.bias_l1 * np.sign(b) + 2 * penalties.bias_l2 * b
            gradients = [
                x.T @ z_gradient + of_weights,
                z_gradient.sum(axis=0) + of_biases,
                *gradients,
            ]
            slope = (x > 0) * 1.0 if self.experiment.activation == "relu" else x * (1 - x)
            z_gradient = (z_gradient @ w.T) * slope
        return gradients

    def _update(self, k: int, gradient: np.ndarray) -> np.ndarray:
        o = self.experiment.optimizer
        rate = o.learning_rate / (1 + o.decay * self.steps)
        if o.kind == "sgd":
            self.first[k] = o.momentum * self.first[k] - rate * gradient
            return self.first[k]
        t = self.steps + 1
        self.first[k] = o.beta_1 * self.first[k] + (1 - o.beta_1) * gradient
        self.second[k] = o.beta_2 * self.second[k] + (1 - o.beta_2) * gradient**2
        m_hat = self.first[k] / (1 - o.beta_1**t)
        v_hat = self.second[k] / (1 - o.beta_2**t)
        return -rate * m_hat / (np.sqrt(v_hat) + o.epsilon)
