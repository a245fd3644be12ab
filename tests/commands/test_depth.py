"""Fifty layers of 128 neurons with every gradient recorded, by the commands that a user runs."""

import pytest

TOML = """
name = "fifty"
activation = "{activation}"
depth = 50
width = 128
batch_size = 64
epochs = 1
initialization = {{kind = "{initialization}"}}

[optimizer]
kind = "adam"
"""
STEPS = 2
VALUES = 784 * 128 + 49 * 128 * 128 + 128 * 10 + 64 * (50 * 128 + 10)
"""Per step: rows for every weight, and for every neuron and sample."""


@pytest.mark.faults
@pytest.mark.parametrize(("activation", "initialization"), [("relu", "he"), ("sigmoid", "glorot")])
def test_fifty_layers_are_trained_verified_drawn_and_dropped(
    trainer, ask, select, tmp_path, activation, initialization
):
    path = tmp_path / "fifty.toml"
    filled = TOML.format(activation=activation, initialization=initialization)
    path.write_text(filled.replace('"fifty"', f'"fifty_{activation}"'))
    options = ("--exp", str(path), "--dataset", "sample", "--limit", str(64 * STEPS))
    assert trainer("train", *options).status == 0
    ((run_id, values),) = select("SELECT run_id, gradient_values FROM experiment_summary")
    assert values == STEPS * VALUES
    assert "all agree" in ask("verify", "--run", str(run_id))
    figures = tmp_path / "figures"
    ask("figures", "--run", str(run_id), "--no-png", "--output", str(figures))
    assert len(list(figures.glob("run_*.html"))) > 5
    assert trainer("drop", "--run", str(run_id), "--yes").status == 0
    assert select("SELECT run_id FROM runs") == []
