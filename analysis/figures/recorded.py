"""What figures read from the summaries that were computed while a run was recorded.

A run without these summaries is left out without an error: LeftOutError says why.
"""

import pandas as pd

from vanishing_gradients.analysis.errors import LeftOutError, NoRowsError
from vanishing_gradients.analysis.figures.figure import OF_WATCHED, Ask
from vanishing_gradients.analysis.runs import Run

SUMS = "distributions and noise scales of gradients"
SCALES = "noise scales of gradients"
OF_CELLS = "an older version did not compute them: `make summarize` does"
OF_STATISTICS = "an older version that kept statistics alone did not compute them"
NO_ONE_SIZE = "the batch size of this model is not known"
NO_BATCH_SIZE = "the configuration they were registered with names no batch size"


def histograms(ask: Ask, run: Run) -> pd.DataFrame:
    """Return the rows of gradient_histograms in the first epoch and the last."""
    return _summed_up("gradient_histograms", ask, run, epoch=_ends(ask, run))


def batches(ask: Ask, run: Run) -> tuple[int, int]:
    """Return how many of an epoch's recorded batches are in histograms, and of how many."""
    first, _ = _ends(ask, run)
    if run.watched:
        cells, steps = histograms(ask, run), _recorded(ask, run)
        counted = cells.loc[cells["epoch"] == first, "step"].nunique()
        return counted, int((steps["epoch"] == first).sum())
    counted = _summed_up("gradient_histograms", ask, run, epoch=first, layer=1)["step"].nunique()
    steps = int(_expected(ask, run)["steps"].iloc[0])
    return counted, -(-steps // run.record_every)


def noise_scales(ask: Ask, run: Run) -> pd.DataFrame:
    """Return the rows of noise_scales."""
    if not run.watched:
        _expected(ask, run)
    found = _summed_up("noise_scales", ask, run)
    if run.watched and found["noise_scale"].isna().all():
        raise LeftOutError(SCALES, NO_ONE_SIZE)
    return found


def batch_size(ask: Ask, run: Run) -> int:
    """Return the batch size of the run; for a watched model, that of most batches."""
    if run.watched:
        usual = _recorded(ask, run)["samples"].mode()
        if usual.empty:
            raise LeftOutError(SCALES, NO_ONE_SIZE)
        return int(usual.iloc[0])
    return int(_expected(ask, run)["batch_size"].iloc[0])


def _ends(ask: Ask, run: Run) -> tuple[int, int]:
    """Return the first and the last epoch with recorded steps."""
    if not run.watched:
        return 1, run.epochs
    epochs = _recorded(ask, run)["epoch"]
    return int(epochs.min()), int(epochs.max())


def _recorded(ask: Ask, run: Run) -> pd.DataFrame:
    """Return the recorded steps of a watched model."""
    try:
        return ask("recorded_steps", run_id=run.run_id)
    except NoRowsError:
        raise LeftOutError(SUMS, OF_WATCHED) from None


def _summed_up(view: str, ask: Ask, run: Run, **asked: object) -> pd.DataFrame:
    try:
        return ask(view, run_id=run.run_id, **asked)
    except NoRowsError:
        why = OF_CELLS if run.telemetry == "full" else OF_STATISTICS
        raise LeftOutError(SUMS, OF_WATCHED if run.watched else why) from None


def _expected(ask: Ask, run: Run) -> pd.DataFrame:
    """Return expected_rows of a run whose batch size is known."""
    expected = ask("expected_rows", run_id=run.run_id)
    if expected["steps"].isna().any():
        raise LeftOutError(SUMS, NO_BATCH_SIZE)
    return expected
