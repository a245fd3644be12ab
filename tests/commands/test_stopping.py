"""Ctrl-C and SIGTERM, sent to a process of its own in the middle of a run."""

import signal
import subprocess

import pytest


@pytest.fixture(params=[signal.SIGINT, signal.SIGTERM], ids=["sigint", "sigterm"])
def stopped(request, started, experiment):
    """(exit status, run id, all that went to standard error)."""
    process = started(
        "train", "--exp", experiment(epochs=10_000), "--dataset", "sample", "--limit", "64",
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    said = [process.stderr.readline()]
    while said[-1] and ", epoch 2/10000: " not in said[-1]:
        said.append(process.stderr.readline())
    process.send_signal(request.param)
    _, rest = process.communicate(timeout=60)
    run_id = int(said[-1].removeprefix("Run ").split(",")[0])
    return process.returncode, run_id, "".join(said) + rest


def test_a_stopped_run_is_interrupted_and_the_exit_status_is_130(stopped, select):
    status, run_id, said = stopped
    assert status == 130
    assert said.splitlines()[-1] == f"Run {run_id} is interrupted."
    assert "Traceback" not in said
    (found,) = select(f"SELECT status, completed_epoch FROM runs WHERE run_id = {run_id}")
    assert found[0] == "interrupted"
    assert 2 <= found[1] < 10_000
    epochs = select(f"SELECT COUNT(*) FROM epoch_metrics WHERE run_id = {run_id}")
    assert epochs == [(found[1],)]
