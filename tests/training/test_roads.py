"""The same run by every road: the same rows, and the registry records the road."""

import pytest

from vanishing_gradients.telemetry.roads import ROADS
from vanishing_gradients.telemetry.session import RunOptions


@pytest.mark.parametrize("precision", ["double", "single"])
def test_a_run_leaves_the_same_cells_by_every_road(laboratory, small, precision):
    experiment = small(f"roads_{precision}")
    columns = "Epoch, Step, RowIndex, Gradient1 + 0e0, Gradient5 + 0e0, Norm, Mean"
    found = []
    for road in ROADS:
        run_id = laboratory.run(experiment, options=RunOptions(road=road), precision=precision)
        assert laboratory.select(f"SELECT road FROM runs WHERE run_id = {run_id}") == [(road,)]
        found.append(
            laboratory.select(
                f"SELECT {columns} FROM {experiment.name}_layer_3_hidden WHERE run_id = {run_id} "
                "ORDER BY Epoch, Step, RowIndex"
            )
        )
    assert found[0] == found[1] == found[2] != []
