"""Queries against the real views: the results equal those computed from the rows by hand."""

import math
from datetime import datetime

import pandas as pd
import pytest

from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.views import ask, records, rows
from vanishing_gradients.sql.connection import engine
from vanishing_gradients.sql.errors import ObjectError


@pytest.fixture
def connection(filled):
    with filled.connect() as opened:
        yield opened


def test_the_summary_has_a_row_for_every_run_in_order(connection):
    summary = ask(connection, "experiment_summary")
    assert summary["run_id"].tolist() == [1, 2, 3, 4]
    assert summary["status"].tolist() == ["finished", "running", "finished", "finished"]


def test_the_summary_tells_how_much_of_the_data_a_run_uses_and_records(connection):
    summary = ask(connection, "experiment_summary").set_index("run_id")
    assert summary.loc[1, ["record_every", "training_images"]].tolist() == [1, 6400]


def test_the_summary_knows_no_end_of_a_run_that_goes_on(connection):
    summary = ask(connection, "experiment_summary")
    assert pd.isna(summary.loc[summary["run_id"] == 2, "finished_at"].item())


def types(frame):
    return {name: str(kind) for name, kind in frame.dtypes.items()}


def test_every_type_of_a_file_has_its_type_in_a_frame(connection):
    summary = types(ask(connection, "experiment_summary"))
    assert list(summary)[:3] == ["run_id", "experiment", "source"]
    assert summary["run_id"] == summary["record_every"] == summary["gradient_rows"] == "int64"
    assert summary["seed"] == summary["epochs"] == "Int64"
    assert summary["experiment"] == summary["float_type"] == "str"
    assert summary["loss"] == summary["test_accuracy"] == summary["seconds"] == "float64"
    assert summary["started_at"] == summary["finished_at"] == "datetime64[us]"
    assert types(ask(connection, "gradient_norms", run_id=1))["non_finite"] == "int64"
    assert types(ask(connection, "expected_rows", run_id=1))["batch_size"] == "Int64"
    assert types(ask(connection, "ratio_thresholds")) == dict.fromkeys(
        ("vanishing", "exploding", "exploding_table_6"), "float64"
    )


def test_plain_rows_are_those_of_the_frame(connection):
    frame = rows(connection, "run_cursor").drop(columns="age")
    plain = [{**row, "age": None} for row in records(connection, "run_cursor")]
    assert {type(value) for row in plain for value in row.values()} <= {
        int, float, str, datetime, type(None),
    }  # fmt: skip
    made = frame.astype(object).where(frame.notna(), None).assign(age=None)
    assert plain == made.to_dict("records")


@pytest.mark.parametrize("run_id", [3, 99])
@pytest.mark.parametrize(
    "view",
    ["dead_neurons", "dense_norm_ratios", "epoch_means", "expected_rows", "gradient_norm_ratios",
     "gradient_norms", "layer_sizes", "neurons", "run_provenance", "saturation", "step_norms",
     "training_curves", "update_ratios", "neuron_epochs", "neuron_ranges", "recorded_chunks",
     "recorded_epochs"],
)  # fmt: skip
def test_columns_and_types_are_the_same_whatever_rows_there_are(connection, view, run_id):
    assert types(rows(connection, view, run_id=run_id)) == types(rows(connection, view, run_id=1))


def test_a_column_that_the_file_calls_never_null_holds_no_null(connection):
    kinds = {"int64", "str", "datetime64[us]"}
    frame = ask(connection, "gradient_norm_ratios", run_id=1)
    assert (
        not frame[[name for name, kind in types(frame).items() if kind in kinds]]
        .isna()
        .any(axis=None)
    )


def test_a_loss_that_was_not_finite_is_nan(connection):
    loss = ask(connection, "training_curves", run_id=1)["loss"]
    assert loss[0] == 2.0
    assert math.isnan(loss[1])


def test_norms_come_by_epoch_and_layer(connection):
    norms = ask(connection, "gradient_norms", run_id=1)
    assert list(zip(norms["epoch"], norms["layer"], strict=True)) == [
        (epoch, layer) for epoch in (1, 2) for layer in (1, 2, 3, 4)
    ]
    assert norms["norm"][:4].tolist() == [7.5, 0.5, 0.0, 10.0]


def test_a_layer_without_a_finite_row_has_no_norm(connection):
    norms = ask(connection, "gradient_norms", run_id=1).set_index(["epoch", "layer"])
    assert math.isnan(norms.loc[(2, 1), "norm"])


def test_a_run_of_statistics_alone_has_norms_too(connection):
    norms = ask(connection, "gradient_norms", run_id=3)
    assert norms["norm"].tolist() == [2.0, 8.0, 32.0, 128.0]


def test_ratios_carry_what_tells_infinite_from_undefined(connection):
    ratios = ask(connection, "gradient_norm_ratios", run_id=1).set_index(["epoch", "layer"])
    assert ratios.loc[(1, 1), "ratio"] == 0.5 / 7.5
    assert ratios.loc[(1, 2), "ratio"] == 0.0
    undefined = ratios[ratios["ratio"].isna()]
    assert undefined[["numerator", "denominator"]].to_dict("index") == {
        (1, 3): {"numerator": 10.0, "denominator": 0.0},
        (2, 1): {"numerator": 0.5, "denominator": pytest.approx(math.nan, nan_ok=True)},
        (2, 3): {"numerator": 0.0, "denominator": 0.0},
    }


def test_the_views_of_one_layer_agree_with_those_of_all(connection):
    norms = ask(connection, "gradient_norms", run_id=1).query("layer == 4").reset_index()
    ratios = ask(connection, "gradient_norm_ratios", run_id=1).query("layer == 1").reset_index()
    layer = {"experiment": "steady", "layer": 4, "run_id": 1}
    gradient_norms = norms["gradient_norm"].rename("norm")
    assert ask(connection, "norm_avg", **layer)["norm"].equals(norms["norm"])
    assert ask(connection, "gradient_norm_avg", **layer)["norm"].equals(gradient_norms)
    assert ask(connection, "mean_avg", **layer)["mean"].equals(norms["mean"])
    assert ask(connection, "ratio_avg", experiment="steady", layer=1, run_id=1)["ratio"].equals(
        ratios["ratio"]
    )


def test_a_storage_that_loses_nothing_changes_no_norm(connection):
    layer = {"experiment": "steady", "layer": 4, "run_id": 1}
    plain = ask(connection, "norm_avg", **layer)
    stored = ask(connection, "stored_norm_avg", decimals=12, filler=0, **layer)
    assert stored["norm"].equals(plain["norm"])


def test_a_stored_ratio_divides_stored_norms(connection):
    storage = {"experiment": "steady", "run_id": 1, "decimals": 6, "filler": 1.0}
    ratios = ask(connection, "stored_ratio_avg", layer=1, **storage)
    for position, layer in (("denominator", 1), ("numerator", 2)):
        norms = ask(connection, "stored_norm_avg", layer=layer, **storage)
        assert ratios[position].equals(norms["norm"].rename(position))
    assert ratios["ratio"].equals(ratios["numerator"] / ratios["denominator"])


@pytest.mark.parametrize(
    ("decimals", "filler", "choices"),
    [(3, 0.0, "decimals 3: choose one of 4, 5"), (6, 2.0, r"filler 2: choose one of 0, 1")],
)
def test_a_storage_that_is_no_hypothesis_is_an_error_that_names_those(
    connection, decimals, filler, choices
):
    with pytest.raises(NoRowsError, match=choices):
        ask(
            connection,
            "stored_norm_avg",
            experiment="steady",
            layer=1,
            run_id=1,
            decimals=decimals,
            filler=filler,
        )


def test_smallness_comes_by_epoch(connection):
    found = ask(connection, "near_zero", experiment="steady", layer=1, run_id=1)
    assert found.to_dict("records") == [
        {"run_id": 1, "epoch": 1, "below_1em3": 0.5, "below_1em5": 0.25}
    ]


def test_a_layer_without_rows_is_an_error_that_names_its_view(connection):
    with pytest.raises(NoRowsError, match="steady_layer_1_near_zero has no row of run 2"):
        ask(connection, "near_zero", experiment="steady", layer=1, run_id=2)


def test_an_unknown_run_is_an_error_that_says_where_to_look(connection):
    with pytest.raises(NoRowsError, match=r"no run 99: `make runs` lists"):
        ask(connection, "gradient_norms", run_id=99)


def test_a_run_without_rows_is_an_error_that_names_the_cure(connection):
    with pytest.raises(NoRowsError, match=r"run 4 \(bare, finished.*`make train EXP=bare`"):
        ask(connection, "training_curves", run_id=4)


def test_an_experiment_without_views_is_an_error_that_names_the_view(connection):
    with pytest.raises(ObjectError, match="no view swept_layer_1_norm_avg"):
        ask(connection, "norm_avg", experiment="swept", layer=1, run_id=3)


def test_a_name_with_sql_in_it_reaches_no_server(connection):
    with pytest.raises(ObjectError, match="cannot name an experiment"):
        ask(connection, "norm_avg", experiment="x`; DROP TABLE runs; --", layer=1, run_id=1)


def test_a_database_without_runs_is_an_error(migrated_database):
    empty = engine(migrated_database)
    with empty.connect() as connection, pytest.raises(NoRowsError, match="no run in this database"):
        ask(connection, "experiment_summary")
    empty.dispose()


def test_a_database_without_views_is_an_error_that_says_migrate(database):
    bare = engine(database)
    with bare.connect() as connection, pytest.raises(ObjectError, match="`make migrate`"):
        ask(connection, "experiment_summary")
    bare.dispose()


def test_a_database_of_a_newer_version_is_an_error_that_says_update(migrated_database):
    newer = engine(migrated_database)
    with newer.begin() as connection:
        connection.exec_driver_sql("DROP VIEW experiment_summary")
        connection.exec_driver_sql("UPDATE view_versions SET version = 99")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with (
        newer.connect() as connection,
        pytest.raises(ObjectError, match=r"at revision 9999, .* a newer version.*update"),
    ):
        ask(connection, "experiment_summary")
    newer.dispose()
