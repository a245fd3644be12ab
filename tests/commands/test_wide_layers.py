"""Layers wider than any table: a run with every gradient keeps their statistics, and no rows."""

import pytest

from tests.commands.conftest import SOME_IMAGES

TOML = """
name = "wide"
activation = "relu"
hidden_widths = [801, 7]
batch_size = 64
epochs = 2
initialization = { kind = "he" }

[optimizer]
kind = "adam"
"""
WIDE, NARROW = (1, 2), (3, 4, 5, 6)


@pytest.fixture
def run_id(trainer, select, path) -> str:
    """A finished run, the newest, with every gradient that tables hold."""
    assert trainer("train", "--exp", path, *SOME_IMAGES, "--resume", "1").status == 0
    return str(select("SELECT MAX(run_id) FROM runs WHERE telemetry = 'full'")[0][0])


def test_it_is_said_at_the_start_which_layers_keep_no_rows(trainer, path):
    outcome = trainer("train", "--exp", path, *SOME_IMAGES)
    said = [line for line in outcome.errors if "keeps statistics" in line]
    assert len(said) == 1
    assert said[0].endswith(
        "keeps statistics and no rows of 2 of its 6 layers: no table holds a layer of more than "
        "800 neurons."
    )


def test_nothing_of_it_is_said_of_a_run_that_keeps_no_rows_at_all(trainer, path):
    outcome = trainer("train", "--exp", path, *SOME_IMAGES, "--telemetry", "statistics")
    assert not [line for line in outcome.errors if "keeps statistics" in line]


def test_the_other_layers_have_their_rows(select, run_id):
    kept = select(f"SELECT layer, kept FROM layers WHERE run_id = {run_id} ORDER BY layer")
    assert kept == [(each, "statistics") for each in WIDE] + [(each, "full") for each in NARROW]
    assert select("SELECT table_name FROM gradient_tables ORDER BY table_name") == [
        ("wide_layer_3_hidden",), ("wide_layer_4_relu",), ("wide_layer_5_hidden",),
        ("wide_layer_6_softmax",),
    ]  # fmt: skip
    assert select(f"SELECT COUNT(*) FROM wide_layer_3_hidden WHERE run_id = {run_id}") == [
        (2 * 2 * 801,)
    ]


def test_every_layer_answers_in_the_views(select, run_id):
    norms = select(
        f"SELECT layer, COUNT(norm) FROM gradient_norms WHERE run_id = {run_id} GROUP BY layer"
    )
    assert sorted(norms) == [(each, 2) for each in (*WIDE, *NARROW)]


def test_it_is_verified(ask, run_id):
    assert "all agree" in ask("verify", "--run", run_id)


def test_it_is_drawn(ask, run_id, tmp_path):
    ask("figures", "--run", run_id, "--no-png", "--output", str(tmp_path))
    assert len(list(tmp_path.glob("run_*.html"))) > 5


def test_it_is_diagnosed(ask, run_id):
    assert f"Run {run_id}" in ask("diagnose", "--run", run_id)


def test_it_is_compared(ask, trainer, run_id, path, select, tmp_path):
    trainer("train", "--exp", path, *SOME_IMAGES, "--telemetry", "statistics", "--seed", "5")
    ((other,),) = select("SELECT MAX(run_id) FROM runs")
    ask("compare", "--runs", f"{run_id},{other}", "--no-png", "--output", str(tmp_path))
    assert list(tmp_path.rglob("*.html"))


def test_its_rows_go_and_its_statistics_stay(trainer, ask, select, path):
    assert trainer("train", "--exp", path, *SOME_IMAGES, "--seed", "7").status == 0
    run_id = str(select("SELECT MAX(run_id) FROM runs")[0][0])
    assert trainer("drop", "--run", run_id, "--keep", "statistics", "--yes").status == 0
    assert select(f"SELECT COUNT(*) FROM wide_layer_3_hidden WHERE run_id = {run_id}") == [(0,)]
    assert "all agree" in ask("verify", "--run", run_id)


def test_the_last_run_takes_its_tables_along(trainer, select, run_id):
    for (each,) in select("SELECT run_id FROM runs"):
        assert trainer("drop", "--run", str(each), "--yes").status == 0
    assert select("SELECT table_name FROM gradient_tables") == []
