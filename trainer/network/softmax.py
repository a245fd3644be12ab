"""The loss is the categorical cross-entropy of the softmax, -log p[label], its mean over the batch.

Softmax and cross-entropy are one layer because together they need neither a logarithm of zero nor
the softmax's Jacobian. Source: Goodfellow, Bengio and Courville (2016), Deep Learning, sections 4.1
and 6.2.2.3, https://www.deeplearningbook.org/contents/mlp.html
"""

from typing import ClassVar

import numpy as np

from trainer.network.layer import Layer


class Softmax(Layer):
    """Probabilities of the classes, and the loss against labels, integers in [0, width)."""

    kind: ClassVar[str] = "softmax"

    def forward(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        """Return p = exp(z) / sum exp(z); (batch, classes) -> (batch, classes).

        The largest logit of each sample is subtracted first: no exponential is above 1 and their
        sum is at least 1.
        """
        batch = len(inputs)
        self._shifted = self._rows("shifted", batch)
        self._probabilities = self._rows("probabilities", batch)
        np.subtract(inputs, inputs.max(axis=1, keepdims=True), out=self._shifted)
        np.exp(self._shifted, out=self._probabilities)
        self._total = self._probabilities.sum(axis=1, keepdims=True)
        return np.divide(self._probabilities, self._total, out=self._probabilities)

    def loss(self, labels: np.ndarray) -> float:
        """Return the mean of log(sum exp(z)) - z[label], which is finite for any finite logits."""
        of_label = self._shifted[np.arange(len(labels)), labels]
        return float((np.log(self._total[:, 0]) - of_label).mean())

    def correct(self, labels: np.ndarray) -> int:
        """Return how many samples have their label as the most probable class.

        Ties go to the lowest class. A sample whose probabilities are NaN is never right, although
        `argmax` would call it class 0.
        """
        p = self._probabilities
        return int(np.count_nonzero((p.argmax(axis=1) == labels) & ~np.isnan(p[:, 0])))

    def backward(self, labels: np.ndarray) -> np.ndarray:
        """Return dL/dz = (p - y) / batch, (batch, classes), y being 1 at the label and 0 elsewhere.

        Unlike other layers' this one starts from labels: the chain begins here.
        """
        batch = len(labels)
        gradient = self._rows("gradient", batch)
        np.copyto(gradient, self._probabilities)
        gradient[np.arange(batch), labels] -= 1.0
        gradient /= batch
        self._gradient = gradient
        return gradient
