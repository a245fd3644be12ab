"""A training step of the paper's network, compared with its matrix products and PyTorch's step.

Times are CPU times: equal to wall-clock time on an idle machine, and without waiting on a busy one.
Linear algebra uses one thread, as in a run.
"""

import time
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

import numpy as np
from rich.table import Table
from threadpoolctl import threadpool_limits

from bench import pytorch
from bench.training import Training
from vanishing_gradients.console import show
from vanishing_gradients.telemetry.runs import DTYPES
from vanishing_gradients.trainer import experiments
from vanishing_gradients.trainer.datasets import Dataset
from vanishing_gradients.trainer.network.dense import Dense

EXPERIMENTS = ("sigmoid_sgd", "sigmoid_adam", "relu_sgd", "relu_adam")
ROUNDS, STEPS = 40, 20
"""Enough steps for caches to hold what they hold in training."""
PRODUCTS, OURS = "products", "ours"

Seconds = dict[str, list[float]]
"""The time of a step in each round, by contender."""


def measure(precisions: Sequence[str], data: Dataset, rounds: int) -> None:
    """Measure a training step, telemetry off, on one thread; print a table per precision."""
    ways = tuple(pytorch.WAYS) if pytorch.installed() else ()
    if not ways:
        show("PyTorch is not installed (make torch): its column is left out.")
    for precision in precisions:
        with threadpool_limits(1):
            seconds = {
                name: _rounds(name, data, DTYPES[precision], ways, rounds) for name in EXPERIMENTS
            }
        show(_table(precision, seconds, ways, rounds))
        show("")


def _rounds(
    name: str, dataset: Dataset, dtype: np.dtype, ways: Sequence[str], rounds: int
) -> Seconds:
    """Let all contenders take turns, so that temporary slowdowns affect them all."""
    experiment, generator = experiments.load(name), np.random.default_rng(1)
    ours = Training(experiment, dataset, STEPS, dtype, generator)
    dense = [layer for layer in ours.network.layers if isinstance(layer, Dense)]
    widths = [dense[0].n_in, *(layer.width for layer in dense)]
    contenders = {PRODUCTS: Products(widths, experiment.batch_size, dtype, generator), OURS: ours}
    for way in ways:
        contenders[way] = pytorch.PyTorch(experiment, ours.network, dataset, STEPS, way)
    for contender in contenders.values():
        contender.seconds(STEPS)  # warm up memory and code
    seconds: Seconds = {name: [] for name in contenders}
    order = list(contenders)
    for _ in range(rounds):
        for each in order:
            seconds[each].append(contenders[each].seconds(STEPS) / STEPS)
        order = order[1:] + order[:1]
    return seconds


def ratio(seconds: Seconds, name: str, other: str) -> float:
    """Return the median over the rounds of the time of `name` over that of `other`."""
    return median(a / b for a, b in zip(seconds[name], seconds[other], strict=True))


def _table(precision: str, seconds: dict[str, Seconds], ways: Sequence[str], rounds: int) -> Table:
    table = Table(
        "experiment", "products", "step", "/ products",
        title=f"training step, {precision} precision, one thread, telemetry off",
        caption=f"CPU time: medians, of times and of ratios, of {rounds} rounds of {STEPS} steps.",
    )  # fmt: skip
    if ways:
        for heading in ("/ PyTorch", "/ its fastest"):
            table.add_column(heading)
    for name, taken in seconds.items():
        cells = [
            f"{1e3 * median(taken[PRODUCTS]):.2f} ms",
            f"{1e3 * median(taken[OURS]):.2f} ms",
            f"{ratio(taken, OURS, PRODUCTS):.2f}",
        ]
        if ways:
            fastest = max(ways, key=lambda way: ratio(taken, OURS, way))
            cells.append(f"{ratio(taken, OURS, 'default'):.2f}")
            cells.append(f"{ratio(taken, OURS, fastest):.2f} {fastest}")
        table.add_row(name, *cells)
    return table


class Products:
    """Only the np.matmul calls for a sequence of dense layers, on arrays made beforehand.

    Per layer: one forward (x W), one for dL/dW (x^T dL/dz) and, except in the first layer, one for
    dL/dx (dL/dz W^T), since images need no gradient.

    `widths` are those of the images and of every dense layer.
    """

    def __init__(
        self, widths: Sequence[int], batch: int, dtype: np.dtype, generator: np.random.Generator
    ) -> None:
        def array(*shape: int) -> np.ndarray:
            return generator.standard_normal(shape).astype(dtype)

        forward, backward = [], []
        for layer, (n_in, width) in enumerate(pairwise(widths)):
            inputs, weights, upstream = array(batch, n_in), array(n_in, width), array(batch, width)
            forward.append((inputs, weights, array(batch, width)))
            if layer:
                backward.append((upstream, weights.T, array(batch, n_in)))
            backward.append((inputs.T, upstream, array(n_in, width)))
        self.calls = forward + backward[::-1]

    def seconds(self, steps: int) -> float:
        """Return the CPU time of `steps` consecutive steps."""
        calls = self.calls
        start = time.process_time()
        for _ in range(steps):
            for left, right, product in calls:
                np.matmul(left, right, out=product)
        return time.process_time() - start
