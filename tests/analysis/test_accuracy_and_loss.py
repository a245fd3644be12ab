"""The figures of accuracy and loss, of one run and by experiment."""

import math

import pandas as pd
import pytest

from vanishing_gradients.analysis.figures.curves import (
    accuracy_and_loss,
    accuracy_by_experiment,
    loss_by_experiment,
)


@pytest.fixture
def figure(curves, run):
    return accuracy_and_loss(curves, run)


@pytest.fixture
def several(make_run, curves):
    """Three runs of different experiments, and the curves of them all."""
    runs = [make_run(number, f"experiment_{number}") for number in (1, 2, 3)]
    frames = [curves.assign(run_id=run.run_id, accuracy=0.1 * run.run_id) for run in runs]
    return pd.concat(frames, ignore_index=True), runs


def traces(figure, row):
    axis = "y" if row == 1 else f"y{row}"
    return {trace.name: trace for trace in figure.data if trace.yaxis == axis}


def test_accuracy_is_above_loss_each_for_training_and_test(figure, curves):
    for row, metric in ((1, "accuracy"), (2, "loss")):
        drawn = traces(figure, row)
        assert drawn["training"].y == tuple(curves[metric])
        assert drawn["test"].y[0] == curves[f"test_{metric}"][0]


def test_training_and_test_differ_in_more_than_colour(figure):
    training, test = traces(figure, 1).values()
    assert training.line.dash != test.line.dash
    assert training.marker.symbol != test.marker.symbol


def test_accuracy_is_drawn_from_nothing_to_all_and_loss_from_zero(figure):
    accuracy, loss = figure.select_yaxes()
    assert accuracy.range[0] <= 0 < 1 <= accuracy.range[1]
    assert loss.rangemode == "tozero"


def test_a_loss_that_was_not_finite_is_a_gap_and_said_in_words(figure):
    assert traces(figure, 2)["test"].y == (2.25, None, 1.5)
    assert "test: not finite in epoch 2" in [note.text for note in figure.layout.annotations]


def test_a_loss_that_never_was_finite_has_no_line_but_words(curves, run):
    figure = accuracy_and_loss(curves.assign(loss=math.nan), run)
    assert set(traces(figure, 2)) == {"test"}
    assert "training: not finite in epochs 1, 2, 3" in figure.layout.annotations[0].text


def test_many_epochs_without_a_loss_are_counted(run):
    epochs = range(1, 51)
    frame = pd.DataFrame({"epoch": epochs, "loss": math.nan, "accuracy": 0.1})
    frame = frame.assign(test_loss=2.0, test_accuracy=0.1)
    note = accuracy_and_loss(frame, run).layout.annotations[0].text
    assert note == "training: not finite in epochs 1, 2, 3, 4, 5, 6 and 44 more"


def test_the_title_names_the_run_and_what_it_ran_on(figure):
    source = "run 3, seed 42, double precision, 6,400 training images"
    for part in ("steady", "mnist", source):
        assert part in figure.layout.title.text


def test_no_trace_is_empty(figure):
    for trace in figure.data:
        assert any(y is not None for y in trace.y), trace.name


def test_hovering_tells_the_exact_value(figure):
    assert traces(figure, 1)["training"].text[2] == "<b>training, epoch 3</b><br>accuracy 0.625"


def test_every_experiment_has_one_line_in_each_panel(several):
    curves, runs = several
    figure = accuracy_by_experiment(curves, runs)
    for row in (1, 2):
        assert [name.split()[0] for name in traces(figure, row)] == [run.experiment for run in runs]


def test_a_line_is_of_its_own_run(several):
    curves, runs = several
    drawn = list(traces(accuracy_by_experiment(curves, runs), 1).values())
    assert [set(trace.y) for trace in drawn] == [{0.1}, {0.2}, {0.1 * 3}]


def test_the_legend_names_run_seed_and_precision(several):
    curves, runs = several
    names = [trace.name for trace in loss_by_experiment(curves, runs).data if trace.showlegend]
    assert names == [f"experiment_{n} (run {n}, seed 42, double)" for n in (1, 2, 3)]


def test_the_title_names_the_data_set(several):
    curves, runs = several
    assert "<b>mnist</b>" in accuracy_by_experiment(curves, runs).layout.title.text
    assert "Loss by experiment" in loss_by_experiment(curves, runs).layout.title.text


def test_runs_on_different_data_sets_are_never_in_one_figure(several, make_run):
    curves, runs = several
    with pytest.raises(ValueError, match="mnist"):
        accuracy_by_experiment(curves, [*runs, make_run(4, "other", dataset="sample")])


def test_runs_on_as_many_images_say_so_once(several):
    curves, runs = several
    figure = accuracy_by_experiment(curves, runs)
    assert f"{runs[0].training_images:,} training images" in figure.layout.title.text
    assert not any("images" in trace.name for trace in figure.data)


def test_runs_on_different_numbers_of_images_say_so_each(several, make_run):
    curves, runs = several
    few = make_run(3, "experiment_3", training_images=640)
    figure = accuracy_by_experiment(curves, [*runs[:2], few])
    assert "training images" not in figure.layout.title.text
    names = [trace.name for trace in figure.data if trace.showlegend]
    assert names[2].endswith("640 training images)")
    assert names[0].endswith(f"{runs[0].training_images:,} training images)")
