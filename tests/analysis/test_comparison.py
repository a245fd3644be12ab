"""Which runs are compared, their differences, and their figures."""

import json
import math

import pandas as pd
import pytest

from tests.analysis.layer_rows import layers_of
from vanishing_gradients.analysis.errors import NoRowsError, WrongChoiceError
from vanishing_gradients.analysis.figures.compared import (
    curves_compared,
    dense_norms,
    first_to_last,
    first_to_last_compared,
    norms_compared,
)
from vanishing_gradients.analysis.pages.compare_page import remarks
from vanishing_gradients.analysis.runs import MOST_RUNS, chosen_runs
from vanishing_gradients.analysis.settings import ABSENT, differences, spelled
from vanishing_gradients.analysis.views import ask

NAN = float("nan")
COLUMNS = ["run_id", "experiment", "epoch", "layer", "layer_name", "norm"]
TIMES = "\N{MULTIPLICATION SIGN}"


@pytest.fixture
def summary(filled):
    with filled.connect() as connection:
        return ask(connection, "experiment_summary")


@pytest.fixture
def runs(make_run):
    return [make_run(3, "steady"), make_run(5, "deep", dataset="sample", epochs=3)]


@pytest.fixture
def norms():
    """Run 3 has two dense layers, run 5 three, the first of which dies."""
    rows = [
        (3, "steady", 1, 1, "layer_1_input", 1e-4), (3, "steady", 1, 2, "layer_2_relu", 1.0),
        (3, "steady", 1, 3, "layer_3_hidden", 1e-2), (3, "steady", 2, 1, "layer_1_input", 1e-5),
        (3, "steady", 2, 3, "layer_3_hidden", 1e-2),
        (5, "deep", 1, 1, "layer_1_input", 1.0), (5, "deep", 1, 4, "layer_4_hidden", NAN),
        (5, "deep", 1, 6, "layer_6_projection", 1.0), (5, "deep", 1, 9, "layer_9_hidden", 2.0),
        (5, "deep", 2, 1, "layer_1_input", 0.0), (5, "deep", 2, 4, "layer_4_hidden", 1e-3),
        (5, "deep", 2, 9, "layer_9_hidden", 1e-3),
    ]  # fmt: skip
    return pd.DataFrame(
        rows, columns=["run_id", "experiment", "epoch", "layer", "layer_name", "norm"]
    )


def numbers(runs):
    return [run.run_id for run in runs]


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("1,3", [1, 3]),
        ("3,1", [3, 1]),
        (" 1 , 3 ,", [1, 3]),
        ("swept,1", [3, 1]),
        ("1,steady,3,1", [1, 3]),
    ],
)
def test_runs_are_chosen_by_number_or_by_experiment_in_order_and_once(summary, text, chosen):
    assert numbers(chosen_runs(summary, text)) == chosen


def test_an_experiment_is_its_newest_finished_run(summary):
    newer = summary[summary["run_id"] == 1].assign(run_id=9, finished_at=pd.Timestamp("2026-01-01"))
    both = pd.concat([summary, newer], ignore_index=True)
    assert numbers(chosen_runs(both, "steady,3")) == [9, 3]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Say which runs to compare, such as RUNS=3,7,9"),
        (" , ", "Say which runs to compare"),
        ("1", "at least two runs, and '1' is run 1 alone"),
        ("1,steady,1", "is run 1 alone"),
        ("1,x;y", "'x;y' is neither the number of a run nor the name of an experiment"),
        ("1,-3", "'-3' is neither"),
        ("1,3.5", "'3.5' is neither"),
        ("1,all", "'all' is neither"),
        ("1,\N{ARABIC-INDIC DIGIT THREE}", "is neither"),
    ],
)
def test_a_choice_that_makes_no_sense_is_one_sentence_that_shows_how(summary, text, sentence):
    with pytest.raises(WrongChoiceError) as caught:
        chosen_runs(summary, text)
    assert sentence in str(caught.value)
    assert "RUNS=relu_sgd,7" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1,99", "There is no run 99: `make runs` lists"),
        ("1,123456789012345678901234567890", "There is no run 1234"),
        ("1,2", "Run 2 of steady is running after 1 of 2 epochs"),
        ("1,nosuch", "There is no finished run of nosuch"),
        ("1,4", "Run 4 of bare has no epoch left to compare"),
        ("1,bare", "No run of bare has an epoch left to compare"),
    ],
)
def test_a_run_that_is_not_there_to_compare_is_one_sentence(summary, text, sentence):
    with pytest.raises(NoRowsError) as caught:
        chosen_runs(summary, text)
    assert sentence in str(caught.value)


def test_more_runs_than_one_can_tell_apart_are_refused(summary):
    one = summary[summary["run_id"] == 1]
    many = pd.concat([one.assign(run_id=number) for number in range(1, MOST_RUNS + 2)])
    with pytest.raises(WrongChoiceError, match=f"name at most {MOST_RUNS}"):
        chosen_runs(many, ",".join(map(str, range(1, MOST_RUNS + 2))))


def provenance(run_id, config, **changes):
    row = {
        "run_id": run_id, "dataset": "mnist", "seed": 1, "float_type": "double", "epochs": 10,
        "training_images": 60_000, "record_every": 1, "telemetry": "full",
        "source": "trainer", "recorded_at": "before_clipping", "config": json.dumps(config),
    }  # fmt: skip
    return pd.DataFrame([row | changes])


def differing(first, second, **changes):
    both = pd.concat([provenance(1, first), provenance(2, second, **changes)])
    return dict(differences(both, [1, 2]))


def test_only_settings_that_differ_are_named_by_dotted_keys():
    config = {"batch_size": 128, "optimizer": {"kind": "sgd", "learning_rate": 0.01}}
    other = {"batch_size": 128, "optimizer": {"kind": "adam", "learning_rate": 0.01}}
    assert differing(config, other) == {"optimizer.kind": ("sgd", "adam")}


def test_a_setting_that_one_run_lacks_is_told_from_one_it_has():
    assert differing({}, {"residual": 2}) == {"residual": (ABSENT, "2")}
    assert differing({}, {"clipping": {"kind": "norm", "limit": 1.0}}) == {
        "clipping.kind": (ABSENT, "norm"),
        "clipping.limit": (ABSENT, "1"),
    }


def test_how_a_run_was_started_counts_too():
    found = differing({"epochs": 10}, {"epochs": 10}, dataset="sample", seed=2, epochs=3)
    assert found == {
        "data set": ("mnist", "sample"), "seed": ("1", "2"), "epochs": ("10", "3"),
    }  # fmt: skip


def test_names_and_descriptions_are_no_settings():
    assert differing({"name": "a", "description": "b"}, {"name": "c", "description": "d"}) == {}


def test_the_values_stand_in_the_order_of_the_runs():
    both = pd.concat([provenance(1, {"dropout": 0.0}), provenance(2, {"dropout": 0.5})])
    assert differences(both, [2, 1]) == [("dropout", ("0.5", "0"))]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([128] * 50, f"50 {TIMES} 128"),
        ([128, 128, 64], "128, 128, 64"),
        ([], "none"),
        ([[1, 2], [3, 5]], "[[1, 2], [3, 5]]"),
        (
            [{"kind": "he", "distribution": "normal"}] * 3 + [{"kind": "uniform", "limit": 0.1}],
            f"3 {TIMES} he normal, uniform 0.1",
        ),
        ([0.5, 0.0], "0.5, 0.0"),
        (True, "true"),
        (None, ABSENT),
        (1e-07, "1e-07"),
        (1.0, "1"),
        (0.1 + 0.2, "0.30000000000000004"),
        ("relu", "relu"),
    ],
)
def test_values_are_written_in_few_words(value, text):
    assert spelled(value) == text


def test_different_data_depths_and_epochs_are_compared_all_the_same_and_said_so(norms, runs):
    data, depth, epochs = remarks(runs, dense_norms(norms, layers_of(norms)), layers_of(norms))
    assert "different data sets (mnist, sample)" in data
    assert "dense layers: run 3 2, run 5 3" in depth
    assert "different numbers of epochs" in epochs


def test_runs_of_one_kind_are_compared_without_a_remark(norms, make_run):
    alike = norms[norms["run_id"] == 3]
    both = pd.concat([alike, alike.assign(run_id=4)])
    dense = dense_norms(both, layers_of(both))
    runs = [make_run(3, "steady"), make_run(4, "steady")]
    assert remarks(runs, dense, layers_of(both)) == []


def lines(figure):
    return [trace for trace in figure.data if trace.mode == "lines+markers"]


def test_norms_of_networks_of_different_depth_are_drawn_by_relative_depth(norms, runs):
    figure = norms_compared(norms, layers_of(norms), runs)
    first = lines(figure)[:2]
    assert [x for x in first[0].x if x is not None] == [0.0, 1.0]
    assert [x for x in first[1].x if x is not None] == [0.0, 0.5, 1.0]
    assert figure.layout.xaxis2.title.text.startswith("relative depth")


def test_norms_of_networks_of_one_depth_are_drawn_by_layer(norms, make_run):
    alike = norms[norms["run_id"] == 3]
    figure = norms_compared(alike, layers_of(alike), [make_run(3, "steady")])
    assert [x for x in lines(figure)[0].x if x is not None] == [1, 2]
    assert figure.layout.xaxis2.title.text == "number of dense layer"


def test_zero_and_undefined_norms_are_marked_and_in_the_legend(norms, runs):
    figure = norms_compared(norms, layers_of(norms), runs)
    names = {trace.name for trace in figure.data if trace.mode == "markers"}
    assert names == {"exactly zero, at the bottom", "no finite gradient, at the top"}


def test_the_ratio_of_first_to_last_knows_zero_infinite_and_undefined():
    rows = [
        (1, 0.0, 2.0, 0.0, "zero"), (2, 2.0, 0.0, math.inf, "infinite"),
        (3, 0.0, 0.0, NAN, "undefined"), (4, NAN, 1.0, NAN, "not finite"), (5, 1.0, 4.0, 0.25, ""),
    ]  # fmt: skip
    norms = pd.DataFrame(
        [
            (1, "steady", epoch, layer, name, norm)
            for epoch, first, last, *_ in rows
            for layer, name, norm in ((1, "layer_1_input", first), (3, "layer_3_hidden", last))
        ],
        columns=COLUMNS,
    )
    found = first_to_last(dense_norms(norms, layers_of(norms)))
    assert found["mark"].tolist() == [mark for *_, mark in rows]
    assert found["ratio"].tolist() == pytest.approx([row[3] for row in rows], nan_ok=True)


def test_the_ratio_is_drawn_by_epoch_a_line_a_run(norms, runs):
    figure = first_to_last_compared(norms, layers_of(norms), runs)
    assert [line.name for line in lines(figure)] == ["3 steady", "5 deep"]
    assert [y for y in lines(figure)[0].y if y is not None] == pytest.approx([1e-2, 1e-3])


def test_accuracy_and_loss_are_drawn_a_line_a_run_and_gaps_are_named(curves, runs):
    both = pd.concat([curves, curves.assign(run_id=5)])
    figure = curves_compared(both, runs)
    assert len(lines(figure)) == 8
    notes = [note.text for note in figure.layout.annotations if "not finite" in note.text]
    assert notes == ["3 steady: not finite in epoch 2<br>5 deep: not finite in epoch 2"]
