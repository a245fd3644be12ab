"""Summaries that an older version lacks are computed from the cells, and are the same."""

import numpy as np
import pytest

from vanishing_gradients.telemetry.lock import RunLock
from vanishing_gradients.telemetry.older_runs import sum_up, unsummed

HISTOGRAMS = (
    "SELECT * FROM layer_histograms WHERE run_id = {} ORDER BY layer, epoch, step, exponent"
)
NOISE = (
    "SELECT mean_square, square_of_mean, noise_scale FROM epoch_layers WHERE run_id = {} "
    "ORDER BY layer, epoch"
)


@pytest.fixture(params=["double", "single"])
def older(request, laboratory, small):
    """(run id, original histograms, original noise scales) of a run that has lost them."""
    experiment = small(f"older_{request.param}", "relu", batch_size=13)
    run_id = laboratory.run(experiment, precision=request.param)
    known = [laboratory.select(each.format(run_id)) for each in (HISTOGRAMS, NOISE)]
    laboratory.execute(f"DELETE FROM layer_histograms WHERE run_id = {run_id}")
    laboratory.execute(
        "UPDATE epoch_layers SET mean_square = NULL, square_of_mean = NULL, noise_scale = NULL "
        f"WHERE run_id = {run_id}"
    )
    return run_id, *known


def done(laboratory, run_id: int) -> list[str]:
    lines: list[str] = []
    sum_up(laboratory.engine, unsummed(laboratory.engine, run_id), lines.append, lines.append)
    return lines


def test_histograms_and_noise_scales_are_those_of_a_run_that_summed_them_up(laboratory, older):
    run_id, histograms, noise = older
    assert len(done(laboratory, run_id)) == 12
    assert laboratory.select(HISTOGRAMS.format(run_id)) == histograms
    found = np.array(laboratory.select(NOISE.format(run_id)), float)
    np.testing.assert_allclose(found, np.array(noise, float), rtol=1e-9)
    assert unsummed(laboratory.engine, run_id) == []


def test_what_was_stopped_goes_on_with_the_rest(laboratory, older):
    run_id, histograms, _ = older

    def stop(line: str) -> None:
        if line.endswith("layer 3, epoch 1"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sum_up(laboratory.engine, unsummed(laboratory.engine, run_id), stop, lambda line: None)
    assert len(unsummed(laboratory.engine, run_id)) == 12 - 5
    assert len(done(laboratory, run_id)) == 7
    assert laboratory.select(HISTOGRAMS.format(run_id)) == histograms


def test_a_run_that_another_process_has_is_left_out_and_said(laboratory, older):
    run_id = older[0]
    with RunLock(laboratory.engine.connect(), run_id):
        (said,) = done(laboratory, run_id)
    assert f"un {run_id} " in said
    assert len(unsummed(laboratory.engine, run_id)) == 12


def test_a_run_of_statistics_alone_cannot_be_summed_up(laboratory, small):
    run_id = laboratory.run(small("older_light"), telemetry="statistics")
    laboratory.execute(f"DELETE FROM layer_histograms WHERE run_id = {run_id}")
    assert unsummed(laboratory.engine, run_id) == []
