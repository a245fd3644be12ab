"""What figures read of gradient tables: of so many layers, epochs and batches as can be waited for.

A run without gradient tables is left out, which is no error: LeftOutError says why.
"""

import numpy as np
import pandas as pd

from vanishing_gradients.analysis.errors import LeftOutError
from vanishing_gradients.analysis.figures.figure import Ask
from vanishing_gradients.analysis.figures.marks import has_weights
from vanishing_gradients.analysis.runs import Run

MOST_CELLS = {"distribution": 10e6, "noise_scale": 120e6}
"""Gradient values that a figure reads: MySQL 9.7 on two busy cores counted 1 million a second into
decades, and read 4 million for the noise scale."""

CELLS = "distributions and noise scales of gradients"
STATISTICS = "only gradient tables can tell, which TELEMETRY=statistics leaves out"
NO_BATCH_SIZE = "the configuration they were registered with names no batch size"


def batches(ask: Ask, run: Run) -> tuple[int, int]:
    """Return how many of an epoch's recorded batches distributions count, and of how many."""
    chosen, in_all = _counted(ask, run)
    return len(chosen), in_all


def distributions(ask: Ask, run: Run) -> pd.DataFrame:
    """Return the rows of distribution of all layers, in the first epoch and the last."""
    steps = tuple(1 + (batch - 1) * run.record_every for batch in _counted(ask, run)[0])
    epochs = sorted({1, run.epochs})
    return _of_layers("distribution", ask, run, _expected(ask, run), epochs, step=steps)


def noise_scales(ask: Ask, run: Run) -> pd.DataFrame:
    """Return the rows of noise_scale of all layers with weights, in epochs chosen evenly."""
    expected = _expected(ask, run)
    weights = expected[has_weights(expected)]
    most = MOST_CELLS["noise_scale"] // (_cells(weights) * _recorded(run, expected))
    return _of_layers("noise_scale", ask, run, weights, evenly_chosen(run.epochs, int(most)))


def batch_size(ask: Ask, run: Run) -> int:
    """Return how many samples a batch of the run has."""
    return int(_expected(ask, run)["batch_size"].iloc[0])


def _expected(ask: Ask, run: Run) -> pd.DataFrame:
    """Return expected_rows of a run with gradient tables, whose size is known."""
    if run.telemetry != "full":
        raise LeftOutError(CELLS, STATISTICS)
    expected = ask("expected_rows", run_id=run.run_id)
    if expected["steps"].isna().any():
        raise LeftOutError(CELLS, NO_BATCH_SIZE)
    return expected


def _counted(ask: Ask, run: Run) -> tuple[list[int], int]:
    """Return which of an epoch's recorded batches distributions count, from 1, and of how many."""
    expected = _expected(ask, run)
    in_all = _recorded(run, expected)
    most = MOST_CELLS["distribution"] // (_cells(expected) * len({1, run.epochs}))
    return evenly_chosen(in_all, int(most)), in_all


def _recorded(run: Run, expected: pd.DataFrame) -> int:
    """Return how many batches of an epoch were recorded."""
    return -(-int(expected["steps"].iloc[0]) // run.record_every)


def _cells(layers: pd.DataFrame) -> float:
    """Return how many gradient values some layers have in a step."""
    return float((layers["layer_rows"] * layers["width"]).sum())


def _of_layers(
    view: str, ask: Ask, run: Run, layers: pd.DataFrame, epochs: list[int], **asked: object
) -> pd.DataFrame:
    """Return the rows of a view of a layer, of some layers and epochs, with number and name."""
    asked |= {"experiment": run.experiment, "run_id": run.run_id}
    parts = [
        ask(view, layer=layer, epoch=epoch, **asked).assign(layer=layer, layer_name=name)
        for layer, name in zip(layers["layer"], layers["layer_name"], strict=True)
        for epoch in epochs
    ]
    return pd.concat(parts, ignore_index=True)


def evenly_chosen(last: int, most: int) -> list[int]:
    """Return whole numbers from 1 to `last`, evenly spaced with both ends where they are many."""
    if last <= max(most, 2):
        return list(range(1, last + 1))
    return np.unique(np.linspace(1, last, max(most, 2)).round().astype("int64")).tolist()
