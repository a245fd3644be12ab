"""Class probabilities that add up to 1, and their loss against labels.

Softmax and cross-entropy are one layer because together they need neither a logarithm of zero nor
the softmax's Jacobian. Source: Goodfellow, Bengio and Courville (2016), Deep Learning, sections 4.1
and 6.2.2.3, https://www.deeplearningbook.org/contents/mlp.html
Softmax with mean squared error shows why cross-entropy is used: the slope of the softmax stays in
the gradient, which vanishes if a sample is certainly wrong as well as if it is right. Source: the
same, section 6.2.2.3.
"""

import numpy as np

from vanishing_gradients.trainer.network.output import Output

DIFFERENCES = 2**24
"""How many differences between classes are held at once: of thousands of classes, few samples'."""


class Softmax(Output):
    """Probabilities of the classes; the cross-entropy is -log p[label], its mean over the batch."""

    kind = "softmax"

    def forward(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        """Return p = exp(z) / sum exp(z); (batch, classes) -> (batch, classes).

        The largest logit of each sample is subtracted first: no exponential is above 1 and their
        sum is at least 1.
        """
        batch = len(inputs)
        self._shifted = self._rows("shifted", batch)
        self._probabilities = self._rows("probabilities", batch)
        largest = np.maximum.reduce(inputs, axis=1, keepdims=True)
        np.subtract(inputs, largest, out=self._shifted)
        np.exp(self._shifted, out=self._probabilities)
        self._total = np.add.reduce(self._probabilities, axis=1, keepdims=True)
        return np.divide(self._probabilities, self._total, out=self._probabilities)

    def loss(self, labels: np.ndarray) -> float:
        """Return the loss of the latest forward, finite for any finite logits.

        The cross-entropy is the mean of log(sum exp(z)) - z[label].
        """
        if self.loss_name == "mean_squared_error":
            return float(np.square(self._errors(labels)).mean())
        losses = np.log(self._total[:, 0])
        losses -= self._shifted[self._samples(len(labels)), labels]
        # add.reduce avoids the Python overhead of `mean`.
        return float(np.add.reduce(losses) / len(losses))

    def correct(self, labels: np.ndarray) -> int:
        """Return how many samples have their label as the most probable class.

        Ties go to the lowest class. A sample with NaN probabilities never counts, although
        `argmax` would call it class 0.
        """
        p = self._probabilities
        return int(np.count_nonzero((p.argmax(axis=1) == labels) & ~np.isnan(p[:, 0])))

    def backward(self, labels: np.ndarray) -> np.ndarray:
        """Return dL/dz, (batch, classes); y is 1 at the label and 0 elsewhere.

        For the cross-entropy it is (p - y) / batch. For the mean squared error, with e = p - y,
        it is 2 p[k] sum over j of p[j] (e[k] - e[j]) / (batch classes).
        """
        batch = len(labels)
        gradient = self._gradient = self._rows("gradient", batch)
        if self.loss_name == "mean_squared_error":
            return self._squares_backward(labels, gradient)
        np.copyto(gradient, self._probabilities)
        gradient[self._samples(batch), labels] -= 1.0
        gradient /= batch
        return gradient

    def _squares_backward(self, labels: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        # The usual p[k] (e[k] - sum p[j] e[j]) is the same, since the p[j] add up to 1, but if one
        # p rounds to 1 it subtracts equal numbers, and comes out as zero too early.
        p, errors = self._probabilities, self._errors(labels)
        at_once = max(1, DIFFERENCES // self.width**2)
        for start in range(0, len(labels), at_once):
            part = slice(start, start + at_once)
            few = errors[part]
            differences = self._rows("differences", len(few), self.width**2)
            differences = differences.reshape(len(few), self.width, self.width)
            np.subtract(few[:, :, np.newaxis], few[:, np.newaxis, :], out=differences)
            np.einsum("bkj,bj->bk", differences, p[part], out=gradient[part])
        gradient *= p
        gradient *= 2.0 / (len(labels) * self.width)
        gradient += 0.0  # -0.0 becomes 0.0, as in ReLU
        return gradient

    def _errors(self, labels: np.ndarray) -> np.ndarray:
        """Return p - y, (batch, classes); at the label it is minus the sum of all other p.

        p - 1 would be zero if p rounds to 1.
        """
        rows = self._samples(len(labels))
        errors = self._rows("errors", len(labels))
        np.copyto(errors, self._probabilities)
        errors[rows, labels] = 0.0
        errors[rows, labels] = -errors.sum(axis=1)
        return errors
