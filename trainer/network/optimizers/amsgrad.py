"""AMSGrad: Adam whose denominators never fall."""

import numpy as np

from vanishing_gradients.trainer.network.optimizers.adam import Adam


class AMSGrad(Adam):
    """Adam with the largest v so far in the denominator: v_max <- max(v_max, v).

    A rare large gradient is not forgotten, as Adam forgets it, to its harm on some problems.
    Source: Reddi, Kale and Kumar (2018), On the Convergence of Adam and Beyond, algorithm 2,
    https://arxiv.org/abs/1904.09237; there without Adam's corrections, here, as in PyTorch, with
    them: the maximum is of the uncorrected v, and corrected as of the step. Arguments are Adam's.
    """

    moments = (*Adam.moments, "largest_second_moment")

    def _under_root(self, second_moment: np.ndarray) -> np.ndarray:
        largest = self._arrays["largest_second_moment"]
        return np.maximum(largest, second_moment, out=largest)
