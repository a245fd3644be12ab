"""The gallery: every experiment next to all others, what it changes, and its page."""

import re

import pandas as pd
import pytest
from click.testing import CliRunner
from sqlalchemy import insert, select, text

from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.figures.experiment_card import AXIS, common_axis, experiment_card
from vanishing_gradients.analysis.pages.gallery_page import cards
from vanishing_gradients.analysis.settings import NONE, SEVERAL, topic
from vanishing_gradients.cli import main
from vanishing_gradients.sql.catalogue import epoch_layers, epoch_metrics, layers, runs
from vanishing_gradients.sql.connection import engine

PAPER = {
    "name": "sigmoid_sgd", "description": "as in the paper", "activation": "sigmoid",
    "hidden_widths": [128, 128, 64, 32, 16],
    "optimizer": {"kind": "sgd", "learning_rate": 1.0, "decay": 0.001, "momentum": 0.0},
    "penalties": {"weight_l1": 0.0, "weight_l2": 0.0, "bias_l1": 0.0, "bias_l2": 0.0},
    "dropout": 0.0, "batch_normalization": False, "initial_weight_scale": 0.01, "batch_size": 128,
    "epochs": 10, "limit": 1280,
}  # fmt: skip
ADAM = {"kind": "adam", "learning_rate": 0.001, "decay": 0.001, "epsilon": 1e-07}
NAN = float("nan")


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, NONE),
        ({"activation": "relu", "optimizer": ADAM, "epochs": 3, "name": "other"}, NONE),
        ({"activation": "gelu"}, "Activation"),
        ({"hidden_widths": [128] * 49, "activation": "relu"}, "Depth and width"),
        ({"initialization": {"kind": "he", "distribution": "normal"}}, "Initialisation"),
        ({"normalization": "layer"}, "Normalisation"),
        ({"batch_normalization": True}, "Normalisation"),
        ({"residual": 2}, "Residual connections"),
        ({"residual": [[1, 2]]}, "Residual connections"),
        ({"clipping": {"kind": "norm", "limit": 1.0}}, "Clipping"),
        ({"loss": "mean_squared_error"}, "Outputs and loss"),
        ({"output": "sigmoid"}, "Outputs and loss"),
        ({"dropout": 0.2}, "Dropout and penalties"),
        ({"dropout": [0.2, 0.0, 0.0, 0.0, 0.0]}, "Dropout and penalties"),
        ({"input_dropout": 0.2}, "Dropout and penalties"),
        ({"initial_bias": 0.1}, "Initialisation"),
        ({"inputs": "0..1", "labels": "shuffled"}, "Inputs and labels"),
        ({"optimizer": ADAM | {"kind": "rmsprop", "rho": 0.9}}, "Optimizer"),
        ({"optimizer": PAPER["optimizer"] | {"momentum": 0.9, "learning_rate": 0.1}}, "Optimizer"),
        ({"optimizer": PAPER["optimizer"] | {"learning_rate": 0.1}}, "Learning rate"),
        (
            {"optimizer": PAPER["optimizer"] | {"decay": 0.0, "schedule": {"kind": "cosine"}}},
            "Learning rate",
        ),
        ({"residual": 2, "normalization": "layer"}, SEVERAL),
        ({"something_new": 3}, "Other"),
    ],
)
def test_a_configuration_tells_what_it_changes_of_the_papers_networks(changes, found):
    assert topic(PAPER | changes) == found


@pytest.fixture
def shown(filled):
    """The cards of `swept`, on mnist, and of `steady`, on the sample."""
    with filled.connect() as connection:
        yield cards(connection)


def test_each_data_set_has_the_newest_run_of_each_experiment_that_has_epochs(shown):
    found = {dataset: [each.run.run_id for each in own] for dataset, own in shown.items()}
    assert found == {"mnist": [3], "sample": [1]}


def test_a_card_has_norms_of_dense_layers_and_their_ratio(shown):
    (swept,) = shown["mnist"]
    assert swept.norms["layer"].tolist() == [1, 3]
    assert swept.depth == 2
    assert swept.ends == ("0.0625", "0.0625")  # 4 over 64


def test_seeds_of_one_size_are_drawn_together(filled, module_database):
    owner = engine(module_database)
    with owner.begin() as connection:
        for table in (runs, layers, epoch_metrics, epoch_layers):
            changed = {"run_id": 30, "seed": 8, "test_accuracy": 0.4}
            rows = connection.execute(select(table).where(table.c.run_id == 3)).mappings().all()
            copies = [{n: changed.get(n, value) for n, value in row.items()} for row in rows]
            connection.execute(insert(table), copies)
    try:
        with filled.connect() as connection:
            (swept,) = cards(connection)["mnist"]
        assert swept.accuracies == (0.2, 0.4)
        assert swept.accuracy == "30.0% (20.0% to 40.0%, 2 seeds)"
    finally:
        with owner.begin() as connection:
            connection.execute(text("DELETE FROM runs WHERE run_id = 30"))
        owner.dispose()


def test_a_database_of_the_papers_experiments_alone_is_one_sentence(filled, module_database):
    owner = engine(module_database)
    with owner.begin() as connection:
        connection.execute(
            text("UPDATE runs SET experiment = 'relu_sgd' WHERE experiment IN ('steady', 'swept')")
        )
    try:
        with (
            filled.connect() as connection,
            pytest.raises(NoRowsError, match="`make gallery` trains the others"),
        ):
            cards(connection)
    finally:
        with owner.begin() as connection:
            for run_id, name in ((1, "steady"), (2, "steady"), (3, "swept")):
                connection.execute(
                    text("UPDATE runs SET experiment = :name WHERE run_id = :run_id"),
                    {"name": name, "run_id": run_id},
                )
        owner.dispose()


@pytest.fixture
def gallery(filled, module_database, tmp_path, monkeypatch):
    """Return a function that runs the command on the filled database, into `output`."""
    monkeypatch.setenv("DATABASE_URL", module_database.render_as_string(hide_password=False))
    monkeypatch.setenv("SERVER_DIR", str(tmp_path / "server"))

    def run(output=tmp_path / "output"):
        return CliRunner().invoke(main, ["gallery", "--draw-only", "--output", str(output)])

    return run


def test_the_page_has_a_row_and_a_card_for_every_experiment(gallery, tmp_path):
    assert gallery().exit_code == 0
    page = (tmp_path / "output" / "index.html").read_text()
    assert re.findall(r'<a href="#run-(\d+)">(\w+)</a>', page) == [("3", "swept"), ("1", "steady")]
    assert re.findall(r'class="card" id="run-(\d+)"', page) == ["3", "1"]
    assert len(re.findall("Plotly.newPlot", page)) == 2


def test_the_command_says_which_is_best_on_each_data_set(gallery):
    said = gallery().stdout.splitlines()
    assert said[0] == "1 experiment on mnist; best test accuracy: 20.0% with swept (run 3)."
    assert said[-1].endswith("index.html: open it in a browser; it needs no network.")


def test_a_description_that_holds_html_is_text(gallery, module_database, tmp_path):
    owner = engine(module_database)
    change = text("UPDATE runs SET config = JSON_OBJECT('description', :words) WHERE run_id = 3")
    try:
        with owner.begin() as connection:
            connection.execute(change, {"words": "<script>x</script>"})
        assert gallery().exit_code == 0
    finally:
        with owner.begin() as connection:
            connection.execute(text("UPDATE runs SET config = '{}' WHERE run_id = 3"))
        owner.dispose()
    page = (tmp_path / "output" / "index.html").read_text()
    assert "&lt;script&gt;x" in page
    assert "<script>x" not in page


def test_a_folder_that_cannot_be_written_is_one_sentence(gallery, tmp_path):
    (tmp_path / "file").write_text("mine")
    result = gallery(tmp_path / "file")
    assert result.exit_code == 2
    assert "choose another folder with OUTPUT" in result.stderr


def dense(values):
    frame = pd.DataFrame(values, columns=["epoch", "depth", "norm"])
    return frame.assign(layer=2 * frame["depth"] - 1, layer_name="layer_1_hidden")


CURVES = pd.DataFrame({"epoch": [1, 2], "test_accuracy": [0.1, 0.5]})


def test_one_experiment_that_explodes_does_not_flatten_all_others():
    tame, wild = dense([(1, 1, 1e-5), (1, 2, 1e-2)]), dense([(1, 1, 1e90), (1, 2, 1e-70)])
    axis = common_axis([tame, wild])
    assert (axis.bottom, axis.top) == pytest.approx((AXIS[0] / 10, AXIS[1] * 10))
    line = experiment_card(wild, CURVES, axis).data[0]
    assert [y for y in line.y if y is not None] == [axis.top, axis.bottom]


def test_a_card_shows_first_and_last_epoch_and_the_accuracy():
    norms = dense([(1, 1, 1e-5), (1, 2, 1e-2), (2, 1, 0.0), (2, 2, NAN)])
    axis = common_axis([norms])
    figure = experiment_card(norms, CURVES, axis)
    drawn = {trace.name: [y for y in trace.y if y is not None] for trace in figure.data}
    assert drawn["first epoch"] == [1e-5, 1e-2]
    assert drawn["last epoch"] == [axis.bottom, axis.top]
    assert drawn["test accuracy"] == [0.1, 0.5]
    assert {"exactly zero", "not finite"} <= set(drawn)
