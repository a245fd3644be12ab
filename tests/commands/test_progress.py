"""What a user sees on a terminal during a run."""

import fcntl
import io
import os
import pty
import re
import struct
import termios

import pytest
from rich.console import Console

from vanishing_gradients.telemetry.recording import EpochMetrics
from vanishing_gradients.telemetry.runs import RunDescription
from vanishing_gradients.telemetry.sink import Traffic
from vanishing_gradients.trainer.display import ProgressDisplay
from vanishing_gradients.trainer.loop import Progress

CONTROL = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
BAR = re.compile(
    r"(?P<title>\S*) ?[━╸╺ ]+ epoch (?P<epoch>\S+) loss (?P<loss>\S+) accuracy (?P<accuracy>\S+) "
    r"(?P<rows>\S+)( rows)? (sent|read) (?P<behind>\S+) behind (?P<elapsed>[\d:]+)<(?P<left>\S+)"
)


def shown(raw: str) -> list[str]:
    """Split a terminal's input into lines, without the codes that move its cursor."""
    return [line.rstrip() for line in re.split(r"[\r\n]+", CONTROL.sub("", raw))]


@pytest.fixture
def screen(started, experiment):
    """All lines that a run showed on a terminal of 100 columns."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    process = started(
        "train", "--exp", experiment(epochs=3), "--dataset", "sample", "--limit", "640",
        stdin=slave, stdout=slave, stderr=slave,
    )  # fmt: skip
    os.close(slave)
    raw = b""
    try:
        while piece := os.read(master, 65536):
            raw += piece
    except OSError:  # Linux's error after the last writer has gone
        pass
    os.close(master)
    assert process.wait(60) == 0
    return shown(raw.decode())


def test_a_terminal_shows_where_the_run_stands_on_one_line(screen):
    bars = [found for line in screen if (found := BAR.fullmatch(line))]
    assert bars
    assert max(len(found[0]) for found in bars) <= 100
    last = bars[-1]
    assert (last["title"], last["epoch"]) == ("small", "3/3")
    assert 0 < float(last["loss"]) < 10
    assert 0 <= float(last["accuracy"]) <= 1
    # 10 steps of 784 + 6 rows and 2 x 640 rows in each of three epochs: 27,540
    assert (last["rows"], last["behind"]) == ("27.5k", "0")


def test_a_terminal_keeps_a_line_an_epoch(screen):
    kept = [line for line in screen if re.match(r"Run \d+, epoch \d/3: loss ", line)]
    assert len(kept) == 3


DESCRIPTION = RunDescription(
    experiment="an_experiment_with_a_long_name_1", seed=1, dataset="mnist",
    dataset_sha256="0" * 64, precision="double", telemetry="full", record_every=3,
    training_images=60_000, epochs=10,
    config={}, layers=(),
)  # fmt: skip


def drawn(width: int, loss: float = 2.3026, **changes) -> list[str]:
    """Return the lines of a display, `width` columns wide, in the middle of a long run."""
    file = io.StringIO()
    console = Console(
        file=file, force_terminal=True, width=width, legacy_windows=False, _environ={}
    )
    with ProgressDisplay(console) as display:
        description = RunDescription(**vars(DESCRIPTION) | changes)
        display.registered(12, description, lambda: Traffic(8_765_432, 10**9, 123_456), 0)
        display.progress(Progress(10, 469, 469, loss, 0.112))
    return shown(file.getvalue())


@pytest.mark.parametrize("width", [80, 96, 100, 120, 200])
def test_the_bar_fits_on_one_line_and_keeps_every_number(width):
    bars = [found for line in drawn(width) if (found := BAR.fullmatch(line))]
    assert bars
    assert all(len(found[0]) <= width for found in bars)
    last = bars[-1]
    numbers = ("epoch", "loss", "accuracy", "rows", "behind")
    assert last.group(*numbers) == ("10/10", "2.3026", "0.112", "8.8M", "123k")


@pytest.mark.parametrize(
    ("loss", "expected"),
    [(2.3026, "2.3026"), (1.4e68, "1.40e+68"), (float("nan"), "nan"), (float("inf"), "inf")],
)
def test_a_loss_that_diverges_stays_short(loss, expected):
    bars = [found for line in drawn(100, loss) if (found := BAR.fullmatch(line))]
    assert bars[-1]["loss"] == expected


def beginning(**changes) -> str:
    return next(line for line in drawn(200, **changes) if line.startswith("Run 12"))


def test_a_run_begins_by_saying_what_it_is_and_what_is_kept():
    assert beginning() == (
        "Run 12: an_experiment_with_a_long_name_1 on mnist, seed 1, double precision, 10 epochs, "
        "every gradient of one batch in 3."
    )
    brief = beginning(telemetry="statistics", record_every=1, epochs=1)
    assert brief.endswith(", 1 epoch, statistics alone.")


def test_rows_that_are_not_sent_are_not_called_sent():
    bars = [line for line in drawn(100, telemetry="statistics") if BAR.fullmatch(line)]
    assert " rows read " in bars[-1]


def test_a_warning_and_an_ending_are_lines_of_their_own():
    file = io.StringIO()
    display = ProgressDisplay(Console(file=file, width=80))
    with display:
        display.registered(3, DESCRIPTION, Traffic, 0)
        display.warn("the server is slow.")
        display.epoch(EpochMetrics(2, 1e200, 0.5, float("nan"), 0.25, 0.9, 1.26))
        display.ended(3, "failed")
    assert file.getvalue().splitlines()[1:] == [
        "Warning: the server is slow.",
        "Run 3, epoch 2/10: loss 1.00e+200, accuracy 0.5000, test loss nan, test accuracy 0.2500, "
        "1.3 s",
        "Run 3 has failed.",
    ]
