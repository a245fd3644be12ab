"""Commands whose output nobody reads: real processes, real pipes and terminals."""

import errno
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tests.commands.conftest import ROOT
from vanishing_gradients.console import Outlet

RUN = ("--dataset", "sample", "--limit", "64")
FULL = Path("/dev/full")
CLOSING = ("sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh")
CRAMPED = ("env", "PYTHONDONTWRITEBYTECODE=1", "sh", "-c", 'ulimit -f 2; exec "$@"', "sh")
"""Starts a command for which no file can exceed 1,024 bytes; half a compiled module would stay."""
TAKING_OVER = (
    "import sys; from vanishing_gradients import console; console.take_over(); "
    "print('\\u2500 \\udcff'); print('\\u2501', file=sys.stderr)"
)


def output_of(started, *arguments: str, **streams) -> tuple[int, str]:
    """Return exit status and standard error of a command."""
    process = started(*arguments, stderr=subprocess.PIPE, text=True, **streams)
    said = process.communicate(timeout=120)[1]
    return process.returncode, said


def last_run(select) -> tuple[str, int]:
    return select("SELECT status, completed_epoch FROM runs ORDER BY run_id DESC LIMIT 1")[0]


@pytest.fixture
def training(started, experiment):
    """Return a function that starts training with the given streams."""

    def start(epochs: int = 3, **streams) -> subprocess.Popen:
        return started("train", "--exp", experiment(epochs=epochs), *RUN, **streams)

    return start


def terminal(columns: int = 80) -> tuple[int, int]:
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    return master, slave


def drained(master: int) -> bytes:
    """Return everything that is still written to a terminal."""
    raw = b""
    try:
        while piece := os.read(master, 65536):
            raw += piece
    except OSError:  # Linux's error after the last writer has gone
        pass
    os.close(master)
    return raw


def test_a_reader_that_has_enough_does_not_end_the_training(training, select):
    process = training(stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr.readline()
    process.stderr.close()
    assert process.wait(60) == 0
    assert last_run(select) == ("finished", 3)


def test_a_log_on_a_full_disk_does_not_end_the_training(training, select):
    with FULL.open("w") as full:
        assert training(stdout=full, stderr=full).wait(60) == 0
    assert last_run(select) == ("finished", 3)


def test_streams_that_are_closed_do_not_end_the_training(training, select):
    assert training(by=CLOSING).wait(60) == 0
    assert last_run(select) == ("finished", 3)


def test_a_reader_that_reads_nothing_does_not_keep_the_training_waiting(training, select):
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    process = training(epochs=60, stdout=writing, stderr=writing)
    os.close(writing)
    assert process.wait(100) == 0
    os.close(reading)
    assert last_run(select) == ("finished", 60)


def test_a_terminal_that_nobody_reads_does_not_keep_the_training_waiting(training, select):
    master, slave = terminal()
    termios.tcflow(slave, termios.TCOOFF)  # as Ctrl-S does
    process = training(stdin=slave, stdout=slave, stderr=slave)
    assert process.wait(100) == 0
    os.close(slave)
    os.close(master)
    assert last_run(select) == ("finished", 3)


def gone_terminal(training, ignored: bool) -> int:
    """Return the status of a training whose terminal closes after its first words."""
    master, slave = terminal()

    process = training(
        epochs=10 if ignored else 10_000,
        by=("setsid", "--ctty", "env", f"--{'ignore' if ignored else 'default'}-signal=HUP"),
        stdin=slave, stdout=slave, stderr=slave,
    )  # fmt: skip
    os.close(slave)
    said = b""
    while b", epoch 1/" not in said:
        said += os.read(master, 65536)
    os.close(master)
    return process.wait(60)


def test_under_nohup_a_terminal_that_goes_away_does_not_end_the_training(training, select):
    assert gone_terminal(training, ignored=True) == 0
    assert last_run(select) == ("finished", 10)


def test_a_terminal_that_goes_away_interrupts_the_training_as_ctrl_c_does(training, select):
    assert gone_terminal(training, ignored=False) == 130
    assert last_run(select)[0] == "interrupted"


def test_a_terminal_of_one_column_does_not_end_the_training(training, select):
    master, slave = terminal(columns=1)
    process = training(stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    drained(master)
    assert process.wait(60) == 0
    assert last_run(select) == ("finished", 3)


def test_a_terminal_that_knows_ascii_alone_does_not_end_the_training(training, select, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "ascii:strict")
    master, slave = terminal()
    process = training(stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    assert drained(master).isascii()
    assert process.wait(60) == 0
    assert last_run(select) == ("finished", 3)


def test_a_character_that_an_encoding_lacks_is_spelled_out(monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = subprocess.run(
        [sys.executable, "-c", TAKING_OVER], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("\\u2500 \\udcff\n", "\\u2501\n")


def test_a_sweep_goes_on_when_its_reader_has_enough(started, experiment, select):
    process = started(
        "train", "--exp", experiment(name="swept"), *RUN, "--seeds", "2", "--telemetry",
        "statistics", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    process.stderr.close()
    assert process.wait(120) == 0
    found = select("SELECT status FROM runs WHERE experiment = 'swept'")
    assert found == [("finished",)] * 2


RESULTS = [("experiments",), ("runs",), ("url", "--role=owner"), ("--help",)]


@pytest.mark.parametrize("arguments", RESULTS, ids=" ".join)
def test_a_result_that_nobody_reads_on_ends_quietly(started, arguments):
    reading, writing = os.pipe()
    os.close(reading)
    assert output_of(started, *arguments, stdout=writing) == (141, "")
    os.close(writing)


@pytest.mark.parametrize("arguments", RESULTS, ids=" ".join)
def test_a_result_for_which_there_is_no_room_is_one_sentence(started, arguments):
    with FULL.open("w") as full:
        status, said = output_of(started, *arguments, stdout=full)
    assert status == 2
    assert said.startswith("Error: The result cannot be written to standard output (No space left")
    assert said.count("\n") == 1


def test_a_result_with_nowhere_to_go_is_one_sentence(started):
    status, said = output_of(started, "experiments", by=("sh", "-c", 'exec "$@" >&-', "sh"))
    assert status == 2
    assert said.startswith("Error: The result cannot be written to standard output (Bad file")
    assert said.count("\n") == 1


@pytest.mark.parametrize("goal", [[], ["experiments"]], ids=["menu", "experiments"])
def test_make_has_no_word_to_say_where_a_reader_has_enough(goal):
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        ["make", *goal], cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_error_that_cannot_be_said_keeps_its_status(started):
    with FULL.open("w") as full:
        assert started("train", "--exp=nothing", stderr=full).wait(60) == 2


@pytest.fixture
def folder(tmp_path):
    """An empty folder."""
    made = tmp_path / "cramped"
    made.mkdir()
    return made


def test_a_starting_file_for_which_there_is_no_room_is_one_sentence_and_leaves_nothing(folder):
    done = subprocess.run(
        [*CRAMPED, sys.executable, "-m", "vanishing_gradients", "new", "--exp=mine"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("Error: mine.toml cannot be written (File too large): make room")
    assert list(folder.iterdir()) == []


@pytest.fixture
def finished(trainer, experiment, select) -> str:
    """The number of a finished run, the same for all tests."""
    assert trainer("train", "--exp", experiment(name="kept"), *RUN, "--resume", "1").status == 0
    return str(select("SELECT run_id FROM runs WHERE experiment = 'kept'")[0][0])


def test_figures_for_which_there_is_no_room_are_one_sentence_and_leave_nothing(
    finished, started, folder
):
    output = folder / "figures"
    status, said = output_of(
        started, "figures", "--no-png", f"--run={finished}", f"--output={output}",
        by=CRAMPED, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    assert status == 2
    assert said.startswith(f"Error: Cannot write figures to {output} (File too large): make room")
    assert said.count("\n") == 1
    assert list(folder.iterdir()) == []


def test_figures_are_drawn_though_nobody_reads_what_is_said_of_them(finished, started, tmp_path):
    reading, writing = os.pipe()
    os.close(reading)
    output = tmp_path / "figures"
    asked = output_of(
        started, "figures", "--no-png", f"--run={finished}", f"--output={output}", stdout=writing
    )
    os.close(writing)
    assert asked == (0, "")
    assert (output / "index.html").is_file()


def test_a_comparison_is_written_though_its_tables_cannot_be_printed(
    finished, trainer, experiment, started, tmp_path
):
    assert trainer("train", "--exp", experiment(name="other"), *RUN).status == 0
    asked = ("compare", "--no-png", f"--runs={finished},other", f"--output={tmp_path}/page")
    with FULL.open("w") as full:
        status, said = output_of(started, *asked, stdout=full)
    assert (status, said.count("\n")) == (2, 1)
    assert (tmp_path / "page" / "index.html").is_file()


def test_where_lines_were_lost_the_next_one_says_so():
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    outlet = Outlet(writing, patience=0)
    outlet.write(b"x" * 4096)
    outlet.write(b"lost\n")
    assert outlet.lost.errno == errno.ETIMEDOUT
    assert os.read(reading, 8192) == b"x" * 4096
    outlet.write(b"said\n")
    assert os.read(reading, 8192) == b"(Lines are missing here: nobody read on.)\nsaid\n"
    os.close(reading)
    os.close(writing)
