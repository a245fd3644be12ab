"""Queries by a report of many runs, against the real views."""

import json

import pandas as pd
import pytest

from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.views import ask, layer_of


@pytest.fixture
def connection(filled):
    with filled.connect() as opened:
        yield opened


def test_means_of_several_runs_come_by_run_and_layer(connection):
    means = ask(connection, "epoch_means", run_id=[3, 1])
    assert means["run_id"].tolist() == [1] * 8 + [3] * 4
    assert means["layer"].tolist() == [1, 2, 3, 4] * 3
    assert means["norm"][8:].tolist() == [2.0, 8.0, 32.0, 128.0]


def test_curves_of_several_runs_are_those_of_each(connection):
    both = ask(connection, "training_curves", run_id=(3, 1))
    each = [ask(connection, "training_curves", run_id=run_id) for run_id in (1, 3)]
    assert both.equals(pd.concat(each, ignore_index=True))


@pytest.mark.parametrize("view", ["epoch_means", "training_curves"])
def test_one_run_of_several_without_rows_is_named(connection, view):
    with pytest.raises(NoRowsError, match=r"has no row of run 4 \(bare"):
        ask(connection, view, run_id=[1, 4])


@pytest.mark.parametrize("view", ["epoch_means", "training_curves"])
def test_no_runs_at_all_is_an_error(connection, view):
    with pytest.raises(NoRowsError, match="No run was named"):
        ask(connection, view, run_id=[])


def test_provenance_is_one_row_with_json_in_it(connection):
    (row,) = ask(connection, "run_provenance", run_id=1).to_dict("records")
    assert (row["seed"], row["dataset_sha256"]) == (7, "0" * 64)
    assert json.loads(row["config"]) == {"batch_size": 6400, "dropout": 0.0}


def test_an_unknown_commit_is_missing(connection):
    assert pd.isna(ask(connection, "run_provenance", run_id=1)["git_commit"].item())


def test_sizes_come_by_layer(connection):
    sizes = ask(connection, "layer_sizes", run_id=3)
    assert sizes["kind"].tolist() == ["dense", "sigmoid", "dense", "softmax"]
    assert sizes["computed_rows"].tolist() == [2] * 4
    assert sizes["stored_rows"].tolist() == [0] * 4


def test_ratios_of_several_runs_are_those_of_each(connection):
    """Run 3 kept statistics only, run 1 has gradient tables."""
    several = ask(connection, "gradient_norm_ratios", run_id=[1, 3])
    third = several[several["run_id"] == 3].reset_index(drop=True)
    alone = ask(connection, "gradient_norm_ratios", run_id=3)
    pd.testing.assert_frame_equal(third, alone)


def test_ratios_of_dense_layers_carry_both_layers(connection):
    ratios = ask(connection, "dense_norm_ratios", run_id=3)
    assert ratios[["layer", "next_layer", "ratio", "class"]].to_dict("records") == [
        {"layer": 1, "next_layer": 3, "ratio": 16.0, "class": "stable"}
    ]


def test_a_ratio_of_dense_layers_that_is_undefined_is_nan(connection):
    ratios = ask(connection, "dense_norm_ratios", run_id=1).set_index("epoch")
    assert ratios.loc[1, "ratio"] == 0.0
    assert pd.isna(ratios.loc[2, "ratio"])
    assert ratios.loc[2, "class"] == "undefined"


def first_cells(connection, number, **asked):
    layer = layer_of(connection, 1, number)
    return ask(
        connection, "first_cells", experiment="steady", layer=layer, run_id=1, row=0, **asked
    )


def test_the_first_cells_are_those_of_the_table(connection):
    cells = first_cells(connection, 1, epoch=1, step=1, rows=5)
    assert cells.to_dict("records") == [
        {"run_id": 1, "Epoch": 1, "Step": 1, "RowIndex": 0,
         "Gradient1": 3.0, "Gradient2": 4.0, "Norm": 5.0, "Mean": 3.5},
        {"run_id": 1, "Epoch": 1, "Step": 1, "RowIndex": 1,
         "Gradient1": 6.0, "Gradient2": 8.0, "Norm": 10.0, "Mean": 7.0},
    ]  # fmt: skip


def test_only_as_many_rows_are_shown_as_were_asked_for(connection):
    cells = first_cells(connection, 1, epoch=1, step=1, rows=1)
    assert cells["RowIndex"].tolist() == [0]


def test_a_cell_that_is_null_is_nan_whatever_its_column(connection):
    cells = first_cells(connection, 1, epoch=2, step=1, rows=1)
    assert str(cells.dtypes["Gradient1"]) == "float64"
    assert cells[["Gradient1", "Norm"]].isna().all(axis=None)


def test_a_layer_that_the_run_lacks_is_an_error_that_says_so(connection):
    with pytest.raises(NoRowsError, match="layers 1 to 4: there is no layer 5"):
        first_cells(connection, 5, epoch=1, step=1, rows=1)


def test_a_step_without_rows_is_an_error_that_names_the_table(connection):
    with pytest.raises(NoRowsError, match="The table steady_layer_1_input has no row of run 1"):
        first_cells(connection, 1, epoch=1, step=9, rows=1)


@pytest.mark.parametrize("view", ["stored_norm_avg", "stored_ratio_avg"])
def test_a_lossy_storage_can_be_asked_for_some_epochs(connection, view):
    asked = {"experiment": "steady", "layer": 3, "run_id": 1, "decimals": 6, "filler": 1e5}
    every = ask(connection, view, **asked)
    assert every["epoch"].tolist() == [1, 2]
    assert ask(connection, view, epoch=range(1, 3), **asked).equals(every)
    assert ask(connection, view, epoch=range(2, 3), **asked).equals(
        every[1:].reset_index(drop=True)
    )


def test_epochs_that_no_run_has_are_an_error(connection):
    asked = {"experiment": "steady", "layer": 3, "run_id": 1, "decimals": 6, "filler": 1.0}
    with pytest.raises(NoRowsError, match="steady_layer_3_stored_norm_avg has no row of run 1"):
        ask(connection, "stored_norm_avg", epoch=range(8, 10), **asked)
