"""The figures of accuracy, loss and ratios over seeds."""

import pandas as pd
import pytest

from tests.analysis.layer_rows import layers_of
from vanishing_gradients.analysis.figures.over_seeds import (
    accuracy_over_seeds,
    loss_over_seeds,
    ratio_over_seeds,
)

NAN = float("nan")
NAMES = {1: "layer_1_input", 2: "layer_2_relu", 3: "layer_3_hidden", 4: "layer_4_softmax"}

# Norms of the four layers, by (seed, epoch).
NORMS = {
    (1, 1): (8.0, 2.0, 1.0, 4.0),
    (2, 1): (8.0, 4.0, 1.0, 2.0),
    (3, 1): (8.0, 6.0, 1.0, 1.0),
    (1, 2): (8.0, 2.0, 0.0, 4.0),
    (2, 2): (8.0, 0.0, 0.0, 4.0),
    (3, 2): (8.0, 2.0, 1.0, NAN),
}


@pytest.fixture
def seeds(make_run):
    """Three runs of one experiment."""
    return [make_run(number, "steady", seed=number) for number in (1, 2, 3)]


@pytest.fixture
def of_seeds(curves):
    """Their training curves; the test loss of epoch 2 was finite only in the third run."""
    frames = [
        curves.assign(run_id=number, loss=curves["loss"] * number, accuracy=0.1 * number)
        for number in (1, 2, 3)
    ]
    frame = pd.concat(frames, ignore_index=True)
    frame.loc[(frame["run_id"] == 3) & (frame["epoch"] == 2), "test_loss"] = 1.75
    return frame


@pytest.fixture
def norms():
    return pd.DataFrame(
        [
            (seed, layer, NAMES[layer], epoch, norm)
            for (seed, epoch), values in NORMS.items()
            for layer, norm in enumerate(values, start=1)
        ],
        columns=["run_id", "layer", "layer_name", "epoch", "norm"],
    )


@pytest.fixture
def ratios(norms, thresholds, seeds):
    return ratio_over_seeds(norms, layers_of(norms), thresholds, seeds)


def line(figure, name, axis="y"):
    found = [t for t in figure.data if t.name.split()[0] == name and not t.fill]
    return next(t for t in found if t.yaxis == axis)


def points(trace):
    """Return epoch -> [(y, symbol, hover)] of what is drawn."""
    found = {}
    for x, *rest in zip(trace.x, trace.y, trace.marker.symbol, trace.text, strict=True):
        if x is not None:
            found.setdefault(round(x), []).append(tuple(rest))
    return found


def band(figure, name, axis="y"):
    """Return epoch -> (lowest, highest) of a band."""
    bands = [t for t in figure.data if t.fill and t.name.split()[0] == name and t.yaxis == axis]
    ends = {}
    for x, y in zip(bands[0].x, bands[0].y, strict=True):
        if x is not None:
            ends.setdefault(x, []).append(y)
    return {x: (min(ys), max(ys)) for x, ys in ends.items()}


def test_training_is_above_test_and_a_line_is_the_median(of_seeds, seeds):
    figure = loss_over_seeds(of_seeds, seeds)
    assert line(figure, "steady").y == (None, 4.0, 3.0, 2.5)
    assert line(figure, "steady", "y2").y == (None, 2.25, 1.75, 1.5)


def test_a_band_is_from_the_smallest_seed_to_the_largest(of_seeds, seeds):
    drawn = band(loss_over_seeds(of_seeds, seeds), "steady")
    assert drawn == {1: (2.0, 6.0), 2: (1.5, 4.5), 3: (1.25, 3.75)}


def test_accuracy_is_drawn_from_nothing_to_all(of_seeds, seeds):
    figure = accuracy_over_seeds(of_seeds, seeds)
    assert line(figure, "steady").y[1:] == (0.2, 0.2, 0.2)
    for axis in figure.select_yaxes():
        assert axis.range[0] <= 0 < 1 <= axis.range[1]


def test_an_accuracy_of_nothing_is_an_ordinary_value(of_seeds, seeds):
    figure = accuracy_over_seeds(of_seeds.assign(accuracy=0.0), seeds)
    assert points(line(figure, "steady"))[1][0][:2] == (0.0, "circle")


def test_losses_that_were_not_finite_are_left_out_and_the_legend_counts_their_seeds(
    of_seeds, seeds
):
    figure = loss_over_seeds(of_seeds, seeds)
    assert line(figure, "steady").name == "steady (3 seeds, 2 not always finite)"
    ((_, _, hover),) = points(line(figure, "steady", "y2"))[2]
    assert "median 1.75 of 1 seed" in hover
    assert "not finite in 2 of 3 seeds" in hover


def test_an_epoch_without_a_finite_loss_is_a_gap(of_seeds, seeds):
    of_seeds.loc[of_seeds["epoch"] == 2, "loss"] = NAN
    assert line(loss_over_seeds(of_seeds, seeds), "steady").y == (None, 4.0, None, 2.5)


def test_losses_that_never_were_finite_have_no_line_but_words(of_seeds, seeds):
    figure = loss_over_seeds(of_seeds.assign(loss=NAN), seeds)
    assert not [t for t in figure.data if t.yaxis == "y"]
    notes = [note.text for note in figure.layout.annotations]
    assert "steady: not finite in epochs 1, 2, 3" in notes
    assert line(figure, "steady", "y2").showlegend


def test_a_single_seed_is_a_line_without_a_band(of_seeds, seeds):
    figure = accuracy_over_seeds(of_seeds, seeds[:1])
    assert not [t for t in figure.data if t.fill]
    assert line(figure, "steady").name == "steady (1 seed)"
    assert line(figure, "steady").text[1] == "<b>steady, epoch 1</b><br>accuracy<br>0.1 (seed 1)"


def test_experiments_have_lines_of_their_own(of_seeds, seeds, make_run):
    runs = [*seeds[:2], make_run(3, "other", seed=1)]
    figure = accuracy_over_seeds(of_seeds, runs)
    assert [t.name for t in figure.data if t.showlegend] == ["other (1 seed)", "steady (2 seeds)"]
    assert line(figure, "other").y[1:] == pytest.approx([0.3] * 3)
    assert line(figure, "other").line.dash != line(figure, "steady").line.dash


@pytest.mark.parametrize("draw", [accuracy_over_seeds, loss_over_seeds])
def test_curves_on_different_data_sets_are_never_in_one_figure(draw, of_seeds, seeds, make_run):
    with pytest.raises(ValueError, match="one data set"):
        draw(of_seeds, [*seeds, make_run(4, "steady", seed=4, dataset="sample")])


def test_a_ratio_is_the_median_of_the_ratios_of_the_seeds(ratios):
    assert points(line(ratios, "1"))[1][0][0] == 0.5
    assert points(line(ratios, "2", "y2"))[1][0][0] == 0.25
    assert points(line(ratios, "3"))[1][0][0] == 2.0


def test_a_ratios_band_is_from_the_smallest_seed_to_the_largest(ratios):
    assert band(ratios, "1")[1] == (0.25, 0.75)
    assert band(ratios, "2", "y2")[1] == (pytest.approx(1 / 6), 0.5)


def test_a_ratio_of_zero_in_one_seed_is_marked_beside_the_median(ratios):
    ordinary, marked = points(line(ratios, "1"))[2]
    assert ordinary[0] == 0.25
    assert marked[:2] == (1e-6, "triangle-down")
    assert "zero in 1 of 3 seeds" in marked[2]
    assert band(ratios, "1")[2] == (0.25, 0.25)


def test_an_undefined_ratio_is_marked_and_left_out_of_the_median(ratios):
    ordinary, *marked = points(line(ratios, "2", "y2"))[2]
    assert ordinary[0] == 0.25  # the median of 0 / 2 and 1 / 2
    assert {mark[:2] for mark in marked} == {(1e6, "x"), (1e-6, "triangle-down")}
    assert "undefined in 1 of 3 seeds" in ordinary[2]


def test_an_infinite_median_is_drawn_at_its_mark_and_not_connected(ratios):
    drawn = points(line(ratios, "3"))[2]
    assert {mark[:2] for mark in drawn} == {(1e6, "triangle-up"), (1e6, "hourglass")}
    assert "median inf of 2 seeds" in drawn[0][2]
    assert line(ratios, "3").y[:3] == (None, 2.0, None)


def test_every_mark_of_a_ratio_is_in_the_legend_once(ratios):
    meanings = [t.name for t in ratios.data if t.showlegend and t.legendrank == 10_000]
    assert sorted(meaning.split()[0] for meaning in meanings) == [
        "infinite", "no", "undefined", "zero",
    ]  # fmt: skip


def test_dense_layers_have_a_panel_of_their_own(ratios):
    assert {t.name: t.yaxis for t in ratios.data if t.name.isdigit()} == {
        "1": "y", "2": "y2", "3": "y",
    }  # fmt: skip


def test_the_thresholds_are_drawn_across_every_panel(ratios):
    levels = {(shape.yref, shape.y0) for shape in ratios.layout.shapes}
    assert levels == {(axis, y) for axis in ("y", "y2") for y in (1e-3, 1e3)}


def test_the_ratio_of_one_seed_has_no_band_and_its_title_says_one_seed(norms, thresholds, seeds):
    figure = ratio_over_seeds(norms, layers_of(norms), thresholds, seeds[:1])
    assert not [t for t in figure.data if t.fill]
    assert "<b>steady</b> on <b>mnist</b>, 1 seed<br>" in figure.layout.title.text


def test_a_network_of_two_layers_has_one_ratio_and_one_panel(norms, thresholds, seeds):
    shallow = norms[norms["layer"] <= 2]
    figure = ratio_over_seeds(shallow, layers_of(shallow), thresholds, seeds)
    assert len(list(figure.select_yaxes())) == 1
    assert {t.name for t in figure.data if t.name.isdigit()} == {"1"}


def test_ratios_of_several_experiments_are_refused(norms, thresholds, seeds, make_run):
    with pytest.raises(ValueError, match="one experiment"):
        ratio_over_seeds(norms, layers_of(norms), thresholds, [*seeds, make_run(4, "other")])


def test_no_trace_is_empty(ratios, of_seeds, seeds):
    for figure in (ratios, loss_over_seeds(of_seeds, seeds)):
        for trace in figure.data:
            assert any(y is not None for y in trace.y), trace.name
