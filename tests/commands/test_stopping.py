"""Ctrl-C and SIGTERM, sent to a process: in the middle of a run, and before it starts."""

import os
import signal
import subprocess
import sys

import pytest

from tests.leftovers import HEARS_SIGNALS

SIGNALLED = """
import os, signal, threading
os.kill(os.getpid(), signal.{})
threading.Event().wait({})
raise SystemExit(7)
"""
"""A module that gets a signal while it is imported; if that is ignored, the import ends."""


@pytest.fixture
def beginning(tmp_path):
    """Return a function that runs `experiments` with a signal at the import of a module."""

    def begin(module: str, name: str, by=HEARS_SIGNALS, wait: int = 60) -> tuple[int, str, str]:
        (tmp_path / f"{module}.py").write_text(SIGNALLED.format(name, wait))
        done = subprocess.run(
            [*by, sys.executable, "-m", "vanishing_gradients", "experiments"],
            env=os.environ | {"PYTHONPATH": str(tmp_path)},
            capture_output=True, text=True, check=False, timeout=50,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    return begin


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("module", ["click", "numpy"])
def test_a_command_that_is_stopped_while_it_is_imported_ends_without_a_word(
    beginning, module, name
):
    """The command line needs click, and the command's package numpy."""
    assert beginning(module, name) == (130, "", "")


def test_a_signal_that_is_ignored_does_not_end_the_imports(beginning):
    by = ("env", "--ignore-signal=INT")
    assert beginning("click", "SIGINT", by, wait=0) == (7, "", "")


@pytest.fixture(params=[signal.SIGINT, signal.SIGTERM], ids=["sigint", "sigterm"])
def stopped(request, started, experiment):
    """(exit status, run id, everything on standard error)."""
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
