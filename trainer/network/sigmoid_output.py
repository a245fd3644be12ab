"""Outputs that are a sigmoid each, as if every class were a question of its own.

Sources: Bishop (2006), Pattern Recognition and Machine Learning, section 5.2 (several binary
classifications), https://www.microsoft.com/en-us/research/people/cmbishop/prml-book/; the squared
error: Nielsen (2015), Neural Networks and Deep Learning, chapter 3, equations 54 to 63,
http://neuralnetworksanddeeplearning.com/chap3.html
"""

import numpy as np

from vanishing_gradients.trainer.network.output import BINARY, Output


class SigmoidOutput(Output):
    """A p for each class, 1 / (1 + exp(-z)), which need not add up to 1.

    The cross-entropy is binary, -y log p - (1 - y) log(1 - p), and like the mean squared error its
    mean over the batch and the classes: what PyTorch's BCELoss and Keras' binary_crossentropy are.
    """

    kind = "sigmoid_output"

    def forward(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        """Return p; (batch, classes) -> (batch, classes). Keeps `inputs`, does not copy.

        With d = exp(-|z|), which cannot overflow, p is 1 / (1 + d) or, where z is negative,
        d / (1 + d).
        """
        batch = len(inputs)
        self._inputs = inputs
        self._decay, self._total, self._probabilities = (
            self._rows(name, batch) for name in ("decay", "total", "probabilities")
        )
        np.exp(np.negative(np.abs(inputs, out=self._decay), out=self._decay), out=self._decay)
        np.add(self._decay, 1.0, out=self._total)
        p = np.greater_equal(inputs, 0.0, out=self._probabilities, casting="unsafe")  # 1 or 0
        np.maximum(p, self._decay, out=p)
        return np.divide(p, self._total, out=p)

    def loss(self, labels: np.ndarray) -> float:
        """Return the loss of the latest forward, finite for any finite logits.

        The cross-entropy is the mean of log(1 + exp(z)), or of log(1 + exp(-z)) at the label.
        """
        if self.loss_name == "mean_squared_error":
            return float(np.square(self._errors(labels)).mean())
        ones = self._ones(labels)
        losses = np.maximum(self._inputs, 0.0, out=self._rows("losses", len(labels)))
        losses[ones] = np.maximum(-self._inputs[ones], 0.0)
        losses += np.log1p(self._decay)
        return float(losses.mean())

    def correct(self, labels: np.ndarray) -> int:
        """Return how many samples have their label as the most probable class.

        It is that of the largest z, which tells classes apart whose p all round to 1; ties go to
        the lowest. A sample of which a z is not a number is never right.
        """
        right = self._inputs.argmax(axis=1) == labels
        return int(np.count_nonzero(right & ~np.isnan(self._inputs).any(axis=1)))

    def backward(self, labels: np.ndarray) -> np.ndarray:
        """Return dL/dz, (batch, classes); y is 1 at the label and 0 elsewhere.

        Of the cross-entropy that is (p - y) / (batch classes), and of the mean squared error
        2 (p - y) p (1 - p) / (batch classes), which vanishes where a p is surely wrong, too.
        """
        batch = len(labels)
        gradient = self._gradient = self._rows("gradient", batch)
        np.copyto(gradient, self._errors(labels))
        if self.loss_name == "mean_squared_error":
            # p (1 - p) = d / (1 + d)^2, which nothing is subtracted from.
            gradient *= 2.0
            gradient *= self._decay
            gradient /= self._total
            gradient /= self._total
        gradient /= batch * self.width
        gradient += 0.0  # -0.0 becomes 0.0, as in ReLU
        return gradient

    def _errors(self, labels: np.ndarray) -> np.ndarray:
        """Return p - y, (batch, classes), where y is 1 as the sigmoid of -z, negative.

        p - 1 would be zero where p rounds to 1.
        """
        ones = self._ones(labels)
        errors = self._rows("errors", len(labels))
        np.copyto(errors, self._probabilities)
        decay, total = self._decay[ones], self._total[ones]
        errors[ones] = -np.where(self._inputs[ones] >= 0.0, decay, 1.0) / total
        return errors

    def _ones(self, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return where y is 1, rows and columns: at the label of each sample."""
        return self._samples(len(labels)), labels


class BinaryOutput(SigmoidOutput):
    """One sigmoid, p of class 1, that tells it from class 0: y is the label itself.

    The loss is -y log p - (1 - y) log(1 - p), its mean over the batch: PyTorch's BCEWithLogitsLoss.
    Source: Bishop (2006), section 4.3.2, equations 4.90 and 4.91.
    """

    losses = (BINARY,)

    def __init__(self, width: int, dtype: np.dtype, loss: str = BINARY) -> None:
        if width != 1:
            raise ValueError(f"{width} outputs, where one tells two classes apart")
        super().__init__(width, dtype, loss)

    @classmethod
    def neurons(cls, classes: int) -> int:
        """Return 1."""
        return 1

    def correct(self, labels: np.ndarray) -> int:
        """Return how many samples have p above 0.5 and label 1, or p of at most 0.5 and label 0.

        It is z that is compared, with 0. A sample whose z is not a number is never right.
        """
        z = self._inputs[:, 0]
        return int(np.count_nonzero(((z > 0.0) == labels) & ~np.isnan(z)))

    def _ones(self, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows = np.flatnonzero(labels)
        return rows, np.zeros_like(rows)
