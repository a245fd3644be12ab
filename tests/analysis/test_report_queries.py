"""Queries that a report of many runs asks, against the real views."""

import json

import pandas as pd
import pytest

from analysis import columns, queries
from analysis.errors import NoRowsError


@pytest.fixture
def connection(filled):
    with filled.connect() as opened:
        yield opened


@pytest.mark.parametrize(
    ("query", "asked", "types"),
    [
        (queries.epoch_means, [1, 3], columns.MEANS),
        (queries.training_curves_of, [1, 3], columns.CURVES),
        (queries.run_provenance, 1, columns.PROVENANCE),
        (queries.layer_sizes, 1, columns.SIZES),
    ],
)
def test_every_column_has_its_type(connection, query, asked, types):
    frame = query(connection, asked)
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == types


def test_means_of_several_runs_come_by_run_and_layer(connection):
    means = queries.epoch_means(connection, [3, 1])
    assert means["run_id"].tolist() == [1] * 4 + [3] * 4
    assert means["layer"].tolist() == [1, 2, 3, 4] * 2
    assert means["norm"][4:].tolist() == [2.0, 8.0, 32.0, 128.0]


def test_curves_of_several_runs_are_those_of_each(connection):
    both = queries.training_curves_of(connection, (3, 1))
    each = [queries.training_curves(connection, run_id) for run_id in (1, 3)]
    assert both.equals(pd.concat(each, ignore_index=True))


@pytest.mark.parametrize("query", [queries.epoch_means, queries.training_curves_of])
def test_one_run_of_several_without_rows_is_named(connection, query):
    with pytest.raises(NoRowsError, match=r"has no row of run 4 \(bare"):
        query(connection, [1, 4])


@pytest.mark.parametrize("query", [queries.epoch_means, queries.training_curves_of])
def test_no_runs_at_all_is_an_error(connection, query):
    with pytest.raises(NoRowsError, match="No run was named"):
        query(connection, [])


def test_provenance_is_one_row_with_json_in_it(connection):
    (row,) = queries.run_provenance(connection, 1).to_dict("records")
    assert (row["seed"], row["dataset_sha256"]) == (7, "0" * 64)
    assert json.loads(row["config"]) == {}


def test_an_unknown_commit_is_missing(connection):
    assert pd.isna(queries.run_provenance(connection, 1)["git_commit"].item())


def test_sizes_come_by_layer(connection):
    sizes = queries.layer_sizes(connection, 3)
    assert sizes["kind"].tolist() == ["dense", "sigmoid", "dense", "softmax"]
    assert sizes["computed_rows"].tolist() == [2] * 4
    assert sizes["stored_rows"].tolist() == [0] * 4
