"""A server that stays away: how long a run waits, and how it ends."""

import io
import signal
import threading
import time

import pytest
from rich.console import Console

from tests.faults.moments import Hearing
from tests.faults.processes import started
from vanishing_gradients.telemetry.errors import OutageError
from vanishing_gradients.trainer.display import ProgressDisplay
from vanishing_gradients.trainer.run import RunOptions


def press() -> None:
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)


@pytest.mark.parametrize(
    ("patience", "longest"), [(0, 2), pytest.param(2, 5, marks=pytest.mark.faults)]
)
def test_a_run_gives_up_when_patience_ends_and_goes_on_later(
    ground, server, moments, undisturbed, patience, longest
):
    killed = []

    def kill() -> None:
        server.kill()
        killed.append(time.monotonic())

    watcher = Hearing()
    moments.at(300, kill)
    with pytest.raises(OutageError, match="RESUME=1 resumes after"):
        ground.run(watcher, RunOptions(patience=patience))
    waited = time.monotonic() - killed[0]
    assert patience - 0.5 < waited < longest
    server.start()
    ground.run(options=RunOptions(resumed=watcher.run_id))
    assert ground.digest(watcher.run_id) == undisturbed


def test_ctrl_c_while_the_server_is_away_ends_the_run_at_once(ground, server, moments):
    class Pressing(Hearing):
        pressed = 0.0

        def warn(self, sentence: str) -> None:
            super().warn(sentence)
            if self.away and not self.pressed:
                self.pressed = time.monotonic()
                press()

    watcher = Pressing()
    moments.at(300, server.kill)
    with pytest.raises(KeyboardInterrupt):
        ground.run(watcher, RunOptions(patience=600))
    assert time.monotonic() - watcher.pressed < 2
    assert "does not know yet" in watcher.said[-1]
    server.start()
    ground.run()  # its registration cleans up what was left
    assert ground.status(watcher.run_id) == "interrupted"


@pytest.fixture
def long_run(ground, tmp_path):
    """A trainer process in the middle of a run of very many epochs."""
    with started(ground.url, tmp_path, epochs=400, options=["--patience=2"]) as process:
        process.until_epoch(2)
        yield process


def test_the_command_ends_with_status_3_when_patience_ends(long_run, server):
    server.kill()
    status, said = long_run.end()
    assert status == 3
    assert "Traceback" not in said
    assert "Error: Gave up after 2 s without the server" in said.splitlines()[-1]


@pytest.mark.faults
def test_the_command_ends_with_status_130_by_ctrl_c_while_the_server_is_away(long_run, server):
    server.kill()
    long_run.until_said("does not accept gradients")
    long_run.process.send_signal(signal.SIGINT)
    pressed = time.monotonic()
    status, said = long_run.end()
    assert time.monotonic() - pressed < 3
    assert status == 130
    assert "Traceback" not in said


@pytest.mark.faults
def test_the_bar_says_that_the_server_is_away(ground, server, moments, undisturbed):
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True, width=120)

    class Both(ProgressDisplay):
        def warn(self, sentence: str) -> None:
            super().warn(sentence)
            if "does not accept gradients" in sentence:
                threading.Thread(target=come_back).start()

    def come_back() -> None:
        deadline = time.monotonic() + 20
        while "server away" not in shown.getvalue() and time.monotonic() < deadline:
            time.sleep(0.02)
        server.start()

    moments.at(300, server.kill)
    with Both(console) as display:
        assert ground.digest(ground.run(display)) == undisturbed
    assert "server away 0:0" in shown.getvalue()
    assert "The server accepts gradients again" in shown.getvalue()
