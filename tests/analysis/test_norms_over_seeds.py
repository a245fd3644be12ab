"""The figure of gradient norms along the layers, over seeds."""

import pandas as pd
import pytest

from tests.analysis.layer_rows import layers_of
from vanishing_gradients.analysis.figures.over_seeds import norms_over_seeds

NAN = float("nan")
NAMES = {1: "layer_1_input", 2: "layer_2_relu", 3: "layer_3_hidden", 4: "layer_4_softmax"}

# Norms of the four layers, by (experiment, seed, epoch).
NORMS = {
    ("a", 1, 1): (1e-3, 1e-5, 1e-2, 1e-4),
    ("a", 2, 1): (4e-3, 2e-5, 3e-2, 1e-4),
    ("a", 3, 1): (2e-3, 9e-5, 9e-2, 1e-4),
    ("a", 1, 5): (0.0, 0.0, 0.5, NAN),
    ("a", 2, 5): (0.0, 3e-6, 0.7, 1e-4),
    ("a", 3, 5): (0.0, 1e-6, 0.6, 3e-4),
    ("b", 1, 1): (1e-6, 1e-7, 1e-4, 1e-3),
    ("b", 1, 5): (2e-6, 2e-7, 2e-4, 2e-3),
}


@pytest.fixture
def runs(make_run):
    """Three seeds of experiment a, one of experiment b."""
    chosen = sorted({(experiment, seed) for experiment, seed, _ in NORMS})
    return [
        make_run(number, experiment, seed=seed)
        for number, (experiment, seed) in enumerate(chosen, start=1)
    ]


@pytest.fixture
def norms(runs):
    ids = {(run.experiment, run.seed): run.run_id for run in runs}
    return pd.DataFrame(
        [
            (ids[experiment, seed], experiment, layer, NAMES[layer], epoch, norm)
            for (experiment, seed, epoch), values in NORMS.items()
            for layer, norm in enumerate(values, start=1)
        ],
        columns=["run_id", "experiment", "layer", "layer_name", "epoch", "norm"],
    )


def drawn(norms, runs):
    return norms_over_seeds(norms, layers_of(norms), runs)


@pytest.fixture
def figure(norms, runs):
    return drawn(norms, runs)


def line(figure, name, axis="y"):
    return next(
        t for t in figure.data if t.name.startswith(name) and t.yaxis == axis and not t.fill
    )


def points(trace):
    """Return layer -> [(y, symbol, hover)] of what is drawn."""
    found = {}
    every = zip(trace.x, trace.y, trace.marker.symbol, trace.text, strict=True)
    for x, *rest in every:
        if x is not None:
            found.setdefault(round(x), []).append(tuple(rest))
    return found


def band(figure, name, axis="y"):
    """Return layer -> (lowest, highest) of a band."""
    (trace,) = [t for t in figure.data if t.fill and t.name.startswith(name) and t.yaxis == axis]
    ends = {}
    for x, y in zip(trace.x, trace.y, strict=True):
        if x is not None:
            ends.setdefault(x, []).append(y)
    return {x: (min(ys), max(ys)) for x, ys in ends.items()}


def test_a_line_is_the_median_over_seeds(figure):
    medians = {layer: found[0][0] for layer, found in points(line(figure, "a")).items()}
    assert medians == {1: 2e-3, 2: 2e-5, 3: 3e-2, 4: 1e-4}


def test_a_band_is_from_the_smallest_seed_to_the_largest(figure):
    assert band(figure, "a") == {1: (1e-3, 4e-3), 2: (1e-5, 9e-5), 3: (1e-2, 9e-2), 4: (1e-4, 1e-4)}


def test_first_and_last_epoch_have_a_panel_each(figure):
    headings = [note.text for note in figure.layout.annotations]
    assert headings == ["First epoch: 1", "Last epoch: 5"]
    assert points(line(figure, "b"))[1][0][0] == 1e-6
    assert points(line(figure, "b", "y2"))[1][0][0] == 2e-6


def test_the_last_epoch_is_that_of_each_run(norms, runs):
    short = norms[(norms["experiment"] == "a") | (norms["epoch"] == 1)]
    figure = drawn(short, runs)
    assert figure.layout.annotations[1].text == "Last epoch: 1 to 5"
    assert points(line(figure, "b", "y2"))[1][0][0] == 1e-6


def test_runs_of_one_epoch_have_one_panel(norms, runs):
    figure = drawn(norms[norms["epoch"] == 1], runs)
    assert [note.text for note in figure.layout.annotations] == ["First epoch: 1"]


def test_a_norm_of_zero_is_marked_at_the_bottom_of_the_panel(figure):
    ((y, symbol, hover),) = points(line(figure, "a", "y2"))[1]
    bottom = 10 ** figure.layout.yaxis2.range[0]
    smallest = min(norm for values in NORMS.values() for norm in values if norm > 0)
    assert bottom < y < smallest
    assert symbol == "triangle-down"
    assert "zero in 3 of 3 seeds" in hover


def test_a_norm_of_zero_in_a_few_seeds_is_marked_beside_the_median(figure):
    ordinary, marked = points(line(figure, "a", "y2"))[2]
    assert ordinary[:2] == (1e-6, "circle-open")
    assert marked[1] == "triangle-down"
    assert "zero in 1 of 3 seeds" in marked[2]


def test_a_band_leaves_zeros_to_their_mark(figure):
    assert band(figure, "a", "y2") == {2: (1e-6, 3e-6), 3: (0.5, 0.7), 4: (1e-4, 3e-4)}


def test_the_legend_says_once_what_the_mark_of_zero_is(figure):
    entries = [t for t in figure.data if t.name.startswith("zero in one seed or more")]
    assert [entry.showlegend for entry in entries] == [True]
    assert "bottom" in entries[0].name


def test_a_norm_that_is_not_finite_is_marked_at_the_top_and_left_out(figure):
    ordinary, marked = points(line(figure, "a", "y2"))[4]
    assert ordinary[0] == pytest.approx(2e-4)
    assert marked[1] == "hourglass"
    assert marked[0] > 0.7
    assert "not finite in 1 of 3 seeds" in marked[2]


def test_dense_layers_are_filled_and_connected_apart_from_the_others(figure):
    trace = line(figure, "a")
    assert {x: found[0][1] for x, found in points(trace).items()} == {
        1: "circle", 2: "circle-open", 3: "circle", 4: "circle-open",
    }  # fmt: skip
    assert trace.x == (None, 1, 3, None, 2, 4)


def test_a_single_seed_has_a_line_without_a_band_and_says_so(figure):
    assert not [t for t in figure.data if t.fill and t.name.startswith("b")]
    assert line(figure, "b").name == "b (1 seed)"
    assert "1e-06 (seed 1)" in points(line(figure, "b"))[1][0][2]


def test_the_legend_has_the_number_of_seeds(figure):
    entries = [t.name for t in figure.data if t.showlegend]
    assert entries[:2] == ["a (3 seeds)", "b (1 seed)"]


def test_hovering_tells_the_median_and_which_seeds_are_at_the_ends(figure):
    assert points(line(figure, "a"))[3][0][2] == (
        "<b>a, layer_3_hidden</b><br>epoch 1, norm<br>median 0.03 of 3 seeds"
        "<br>smallest 0.01 (seed 1)<br>largest 0.09 (seed 3)"
    )


def test_the_median_of_an_even_number_of_seeds_is_between_the_middle_two(norms, runs):
    figure = drawn(norms, runs[:2])
    assert points(line(figure, "a"))[1][0][0] == pytest.approx(2.5e-3)


def test_the_axes_are_logarithmic_and_the_same_in_both_panels(figure):
    first, last = figure.select_yaxes()
    assert first.type == last.type == "log"
    assert first.range == last.range


def test_experiments_of_other_depths_stand_side_by_side(norms, runs):
    deeper = norms[norms["experiment"] == "b"].assign(layer=lambda frame: frame["layer"] + 4)
    deeper["layer_name"] = "layer_" + deeper["layer"].astype(str) + "_hidden"
    figure = drawn(pd.concat([norms, deeper]), runs)
    assert set(points(line(figure, "b"))) == {1, 2, 3, 4, 5, 6, 7, 8}
    assert set(points(line(figure, "a"))) == {1, 2, 3, 4}


def test_runs_whose_every_norm_is_zero_are_drawn_too(norms, runs):
    figure = drawn(norms.assign(norm=0.0), runs)
    symbols = [s for found in points(line(figure, "a")).values() for _, s, _ in found]
    assert symbols == ["triangle-down"] * 4
    assert not [t for t in figure.data if t.fill]


def test_rows_of_other_runs_are_left_out(norms, runs, figure):
    other = norms.assign(run_id=99, norm=1e9, epoch=70)
    assert drawn(pd.concat([norms, other]), runs) == figure


def test_no_trace_is_empty(figure):
    for trace in figure.data:
        assert any(y is not None for y in trace.y), trace.name


def test_the_title_names_data_set_seeds_images_and_what_a_band_is(figure):
    for part in ("<b>mnist</b>", "1 to 3 seeds", "6,400 training images", "double precision"):
        assert part in figure.layout.title.text
    assert "band: smallest to largest" in figure.layout.title.text


def test_the_title_of_single_seeds_has_no_word_of_bands(norms, runs):
    title = drawn(norms, [runs[0], runs[3]]).layout.title.text
    assert "1 seed<br>" in title
    assert "band" not in title


def test_the_title_says_where_not_every_batch_was_recorded(norms, runs, make_run):
    sparse = make_run(4, "b", seed=1, record_every=5, training_images=640)
    title = drawn(norms, [*runs[:3], sparse]).layout.title.text
    assert "640 to 6,400 training images, 1 batch in 1 or 5" in title


def test_runs_on_different_data_sets_are_never_in_one_figure(norms, runs, make_run):
    with pytest.raises(ValueError, match="one data set"):
        drawn(norms, [*runs, make_run(9, "a", seed=9, dataset="sample")])


def test_no_run_is_no_figure(norms):
    with pytest.raises(ValueError, match="one data set"):
        drawn(norms, [])


def test_a_seed_counts_once(norms, runs, make_run):
    with pytest.raises(ValueError, match="same seed"):
        drawn(norms, [*runs, make_run(9, "a", seed=1)])
