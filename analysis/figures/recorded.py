"""What figures read of the gradients that a run summed up while it recorded them.

A run without such sums is left out, which is no error: LeftOutError says why.
"""

import pandas as pd

from vanishing_gradients.analysis.errors import LeftOutError, NoRowsError
from vanishing_gradients.analysis.figures.figure import Ask
from vanishing_gradients.analysis.runs import Run

SUMS = "distributions and noise scales of gradients"
OF_CELLS = "an older version did not sum them up: `make summarize` does"
OF_STATISTICS = "an older version that kept statistics alone did not sum them up"
NO_BATCH_SIZE = "the configuration they were registered with names no batch size"


def histograms(ask: Ask, run: Run) -> pd.DataFrame:
    """Return the rows of gradient_histograms in the first epoch and the last."""
    return _summed_up("gradient_histograms", ask, run, epoch=(1, run.epochs))


def batches(ask: Ask, run: Run) -> tuple[int, int]:
    """Return how many of an epoch's recorded batches are in histograms, and of how many."""
    counted = _summed_up("gradient_histograms", ask, run, epoch=1, layer=1)["step"].nunique()
    steps = int(_expected(ask, run)["steps"].iloc[0])
    return counted, -(-steps // run.record_every)


def noise_scales(ask: Ask, run: Run) -> pd.DataFrame:
    """Return the rows of noise_scales."""
    _expected(ask, run)
    return _summed_up("noise_scales", ask, run)


def batch_size(ask: Ask, run: Run) -> int:
    """Return how many samples a batch of the run has."""
    return int(_expected(ask, run)["batch_size"].iloc[0])


def _summed_up(view: str, ask: Ask, run: Run, **asked: object) -> pd.DataFrame:
    try:
        return ask(view, run_id=run.run_id, **asked)
    except NoRowsError:
        raise LeftOutError(SUMS, OF_CELLS if run.telemetry == "full" else OF_STATISTICS) from None


def _expected(ask: Ask, run: Run) -> pd.DataFrame:
    """Return expected_rows of a run whose batch size is known."""
    expected = ask("expected_rows", run_id=run.run_id)
    if expected["steps"].isna().any():
        raise LeftOutError(SUMS, NO_BATCH_SIZE)
    return expected
