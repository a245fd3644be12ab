"""The examples run unchanged, and the commands can process their runs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import URL

from tests.peers.conftest import library

library("torch")
ROOT = Path(__file__).parents[2]


def run(url: URL, *command: str) -> str:
    """Run a command on this database; return what it printed."""
    settings = {"DATABASE_URL": url.render_as_string(hide_password=False), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=os.environ | settings,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def ours(url: URL, *arguments: str) -> str:
    return run(url, "-m", "vanishing_gradients.cli", *arguments)


@pytest.fixture
def example(migrated, stored, tmp_path):
    """Return a function that runs an example, and then the commands on its run."""

    def ran(name: str) -> None:
        printed = run(migrated, f"examples/{name}.py")
        number = str(stored.run["run_id"])
        assert f"Run {number} is finished" in printed
        assert stored.run["status"] == "finished"
        ours(migrated, "figures", "--run", number, "--output", str(tmp_path))
        assert list(tmp_path.rglob("*.html"))
        assert ours(migrated, "diagnose", "--run", number)

    return ran


def test_the_papers_network_in_pytorch_loses_its_gradients_on_the_way_down(example, stored):
    example("mlp")
    assert stored.run["telemetry"] == "full"
    first, last = stored.norms("1.weight"), stored.norms("11.weight")
    assert len(first) == 100
    assert first.mean() < 1e-3 * last.mean()


def test_a_residual_network_has_a_row_for_each_call_of_a_shared_activation(example, stored):
    example("resnet")
    assert {"blocks.0.relu", "blocks.0.relu#2", "blocks.2.conv2.weight"} <= set(stored.names)
    relu = stored.steps("blocks.1.relu#2")
    assert len(relu) == 80
    assert all(0 < row["saturated"] < 1 for row in relu)
    assert stored.run["recorded_at"] == "before_clipping"
    first, second = stored.epochs
    assert first["test_loss"] > second["test_loss"]


def test_a_transformer_has_its_attention_by_query_key_and_value(example, stored):
    example("transformer")
    attention = "encoder.layers.3.self_attn"
    parts = {f"{attention}.in_proj_weight[{part}]" for part in ("query", "key", "value")}
    assert parts | {f"{attention}.out_proj.weight", "places.weight"} <= set(stored.names)
    assert len(stored.steps(f"{attention}.in_proj_weight[query]")) == 60
    assert stored.steps("places.weight")[0]["row_count"] == 28
    assert [row["epoch"] for row in stored.epochs] == [1, 2, 3]


def test_a_network_in_jax_is_a_run_like_any_other(example, stored):
    library("jax")
    example("jax_mlp")
    assert stored.run["source"] == "jax"
    assert len(stored.steps("dense_1.weights")) == 100
