"""Figures, comparison, report and audit of watched runs."""

from functools import cache, partial

import pytest

from tests.watched import CONVOLUTIONS, MIXED, MLP, WEIGHTS, Model, linear, watched_run
from vanishing_gradients.analysis.audit import Evidence
from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.figures import grids, over_epochs
from vanishing_gradients.analysis.figures.layer_names import LONGEST, shortened
from vanishing_gradients.analysis.pages import compare_page, figures_page, gallery_page, report_page
from vanishing_gradients.analysis.pages.figures_page import draw_run
from vanishing_gradients.analysis.runs import chosen_runs, finished_runs
from vanishing_gradients.analysis.views import ask
from vanishing_gradients.sql.connection import engine

PATH = "backbone.transformer.encoder.layers.{}.feed_forward.linear1.weight"
DEEP = Model(tuple(linear(number, 8, 8, PATH.format(number)) for number in range(1, 66)))
"""65 layers with long paths."""
HOSTILE = Model((linear(1, 4, 3, "<b>&amp;{run_id}%"), linear(2, 3, 2, "plain.weight")))
EVERYTHING = {
    "gradient_norm_ratio", "mean_gradient", "accuracy_and_loss", "norm_grid", "ratio_grid",
    "dead_neurons", "saturated_neurons", "neuron_gradients", "update_ratio",
    "gradient_distribution", "noise_scale",
}  # fmt: skip


@pytest.fixture(scope="module")
def recorded(migrated) -> dict[str, int]:
    """The runs by name."""
    record = partial(watched_run, migrated)
    return {
        "mlp": record("mlp", MLP),
        "cnn": record("cnn", CONVOLUTIONS, dataset="cifar", seed=3, epochs=9, metrics={
            "accuracy": 0.5, "test_accuracy": 0.4, "test_loss": 2.0,
        }),
        "mixed": record("mixed", MIXED),
        "silent": record("silent", WEIGHTS, (None, None)),
        "brief": record("brief", MLP, (0.7,)),
        "deep": record("deep", DEEP),
        "hostile": record("hostile", HOSTILE),
        "sigmoid_sgd": record("sigmoid_sgd", MLP),
    }  # fmt: skip


@pytest.fixture(scope="module")
def connection(recorded, migrated):
    made = engine(migrated, read_only=True)
    with made.connect() as opened:
        yield opened
    made.dispose()


@pytest.fixture(scope="module")
def drawn(connection, recorded):
    """Return a function that returns the figures of a run, by name, and the reasons for missing
    ones.

    They are drawn once.
    """

    @cache
    def draw(name: str):
        (run,) = finished_runs(ask(connection, "experiment_summary"), recorded[name])
        found, reasons = draw_run(connection, run)
        return {page.figure.name: figure for page, figure in found.items()}, reasons

    return draw


def texts(figure) -> str:
    return figure.to_json()


def lacks(text: str, *words: str) -> bool:
    """Return whether a text lacks all of these words; it is too long for a failure message."""
    return not any(word in text for word in words)


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("mlp", set()), ("cnn", set()), ("brief", set()), ("mixed", {"saturated_neurons"}),
        ("silent", {"saturated_neurons", "update_ratio", "accuracy_and_loss"}),
        ("deep", {"saturated_neurons"}),
    ],
)  # fmt: skip
def test_every_figure_is_drawn_of_which_anything_is_known(drawn, name, missing):
    figures, reasons = drawn(name)
    assert set(figures) == EVERYTHING - missing
    assert len(reasons) == len(missing)


@pytest.mark.parametrize("name", ["mlp", "silent", "deep"])
def test_what_is_not_known_is_in_no_title(drawn, name):
    for figure in drawn(name)[0].values():
        title = figure.layout.title.text
        assert f"<b>{name}</b><br>run " in title
        assert not {"None", "nan", "seed"} & set(title.replace(",", " ").split())


def test_what_is_known_is_in_the_title(drawn):
    title = drawn("cnn")[0]["norm_grid"].layout.title.text
    assert "<b>cnn</b> on <b>cifar</b>" in title
    assert "seed 3, single precision, a torch model, watched" in title


def test_every_figure_of_layers_calls_them_as_their_own_model_does(drawn):
    for name, figure in drawn("mlp")[0].items():
        if name != "accuracy_and_loss":
            assert not lacks(texts(figure), "net."), name
            assert lacks(texts(figure), "layer_3_hidden"), name


def test_the_legend_has_number_and_name(drawn):
    names = [trace.name for trace in drawn("mlp")[0]["gradient_norm_ratio"].data]
    assert {"1 net.0.weight", "2 net.1", "5 net.4.weight"} <= set(names)


def test_the_ratio_to_a_layer_behind_a_frozen_one_names_that_layer(drawn):
    figure = drawn("cnn")[0]["gradient_norm_ratio"]
    (line,) = [trace for trace in figure.data if trace.name == "3 relu"]
    assert "<br>relu#2: norm " in line.text[1]


def test_long_paths_are_short_on_an_axis_and_whole_when_pointed_at(drawn):
    figure = drawn("deep")[0]["norm_grid"]
    labels = figure.layout.yaxis.ticktext
    assert labels[0] == "1 backbone…1…linear1.weight"
    assert max(map(len, labels)) <= LONGEST + 3
    assert not lacks(texts(figure), PATH.format(17))


def test_very_many_layers_are_told_by_a_bar_of_colours_with_names(drawn):
    figure = drawn("deep")[0]["gradient_norm_ratio"]
    bar = figure.data[0].marker.colorbar
    assert 4 < len(bar.ticktext) < 10
    assert bar.ticktext[0] == "1 backbone…1…linear1.weight"


def test_a_name_cannot_be_taken_for_html(drawn):
    for name, figure in drawn("hostile")[0].items():
        if name != "accuracy_and_loss":
            shown = str(figure.to_dict())
            assert lacks(shown, "<b>&amp;{run_id}%"), name
            assert not lacks(shown, "&lt;b&gt;&amp;amp;{run_id}%"), name


@pytest.mark.parametrize(
    ("path", "short"),
    [
        ("fc.weight", "fc.weight"),
        ("encoder.layers.11.self_attn.out_proj.weight", "encoder…11…out_proj.weight"),
        ("a" * 60, "a" * 26),
        ("stage.3.17.a_very_long_name_of_a_block.weight", "stage…3.17…weight"),
        ("model.blocks.17.weight_of_some_kind", "mod…17.weight_of_some_kind"),
    ],
)
def test_a_path_is_shortened_in_its_middle(path, short):
    found = shortened(path)
    assert len(found) <= LONGEST
    assert found[-6:] == short[-6:]
    assert found[:3] == short[:3] or "…" in found


@pytest.fixture(scope="module")
def folder(connection, tmp_path_factory):
    """The folder of the figures of all runs."""
    folder = tmp_path_factory.mktemp("figures")
    figures_page.write(connection, folder, images=False, say=lambda _: None)
    return folder


def test_the_folder_of_figures_lists_runs_without_data_set_seed_and_accuracy(folder, recorded):
    index = (folder / "index.html").read_text()
    assert not lacks(index, "torch, watched")
    assert lacks(index, "None", ">nan")

    page = (folder / f"run_{recorded['silent']}_silent_norm_grid.html").read_text()
    assert lacks(page, "update_ratio")  # which was not drawn


def test_a_run_of_which_accuracy_and_data_set_are_known_is_among_the_experiments(folder):
    assert (folder / "accuracy_by_experiment_cifar.html").is_file()


def compared(connection, folder, *run_ids: int) -> tuple[str, str]:
    said: list[str] = []
    runs = chosen_runs(ask(connection, "experiment_summary"), ",".join(map(str, run_ids)))
    compare_page.write(connection, runs, folder, images=False, say=said.append)
    return (folder / "index.html").read_text(), " ".join(said)


def test_watched_runs_are_compared_with_each_other(connection, recorded, tmp_path, capsys):
    page, said = compared(connection, tmp_path, *recorded.values())
    assert lacks(page, "on None", "seed None", ">None")
    assert "is not known: losses and accuracies may not be comparable" in said
    assert "here also those of kind attention, convolution" in said
    assert not lacks(page, "layer 1 net.0.weight")
    assert not lacks(page, "not recorded")


def test_runs_of_which_nothing_was_told_are_compared_without_curves(
    connection, recorded, migrated, tmp_path
):
    other = watched_run(migrated, "mute", WEIGHTS, (None,))
    page, _ = compared(connection, tmp_path, recorded["silent"], other)
    assert not lacks(page, "Left out: accuracy and loss, since they were not logged")
    assert not lacks(page, 'id="norms"')
    assert lacks(page, 'id="curves"')


def test_the_gallery_is_of_the_trainers_experiments(connection, tmp_path):
    with pytest.raises(NoRowsError, match="Only the paper's four experiments"):
        gallery_page.write(connection, tmp_path, lambda _: None)


def test_a_watched_run_of_the_papers_name_is_not_the_papers(migrated, recorded):
    evidence = Evidence(engine(migrated, read_only=True), None)
    assert evidence.runs == []
    (left_out,) = evidence.left_out
    assert left_out.reason == (
        "it is of a torch model that was watched, and the paper's is the trainer's"
    )


@pytest.fixture(scope="module")
def report(migrated, recorded, tmp_path_factory) -> str:
    """The report, which shows the newest run of every experiment besides the one asked for."""
    evidence = Evidence(engine(migrated, read_only=True), None)
    folder = tmp_path_factory.mktemp("report")
    path = report_page.write(evidence, folder, recorded["mlp"], lambda _: None)
    return path.read_text()


def test_the_report_says_nothing_that_is_not_known(report):
    assert not lacks(report, "A watched torch model, single precision")
    assert lacks(report, "on None", "seed None", "None epochs")


@pytest.mark.parametrize("name", ["mlp", "cnn", "silent"])
def test_the_report_shows_a_watched_run(report, recorded, name):
    assert not lacks(report, f'<section id="run-{recorded[name]}">')


def test_functions_of_figures_still_draw_rows_without_names(run, norms, layers, ratios, thresholds):
    figure = over_epochs.gradient_norm_ratio(ratios, layers, thresholds, run=run)
    assert {trace.name for trace in figure.data} >= {"1", "2", "3"}
    assert grids.ratio_grid(ratios, layers, run=run).layout.yaxis.ticktext[0] == "1"
