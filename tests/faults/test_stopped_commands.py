"""Every command, stopped at some statement that it sends to the server: status 130, without a word
too many, and the same command then does its work."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.conftest import TOML, text
from tests.leftovers import HEARS_SIGNALS

pytestmark = pytest.mark.faults

STOPPED = """
import atexit, os, signal, sys, threading
from pymysql.connections import Connection
from vanishing_gradients import cli

name, number, counts, *arguments = sys.argv[1:]
lock, sent, execute = threading.Lock(), 0, Connection._execute_command

def told(self, *command):
    global sent
    with lock:
        sent += 1
        now = sent == int(number)
    execute(self, *command)
    if now:
        os.kill(os.getpid(), getattr(signal, name))

Connection._execute_command = told
atexit.register(lambda: open(counts, "w").write(str(sent)))
cli.main(arguments)
"""
"""Gets a signal at a statement; notes at its end how many there were."""
COMMANDS = {
    "runs": [],
    "diagnose": [],
    "verify": ["--run=1"],
    "summarize": [],
    "migrate": [],
    "compare": ["--runs=1,2"],
    "figures": ["--run=1"],
    "report": [],
    "audit": [],
    "train": ["--exp=small.toml", "--dataset=sample", "--limit=128", "--seeds=2"],
}


class Stopping:
    """Runs commands in a folder, on a database that has two finished runs."""

    def __init__(self, url: str, folder: Path) -> None:
        self.folder = folder
        self.environment = os.environ | {"DATABASE_URL": url, "SERVER_DIR": str(folder / "server")}
        self.environment.pop("READER_DATABASE_URL", None)
        (folder / "small.toml").write_text(TOML.format(name="small", epochs=1))
        (folder / "stopped.py").write_text(STOPPED)

    def run(self, command: str, name: str = "SIGTERM", at: int = 0) -> tuple[int, str, int]:
        """Run a command, stopped by a signal at a statement; 0: at none.

        Returns exit status, what went to standard error, and the number of statements.
        """
        count = self.folder / "count"
        done = subprocess.run(
            [*HEARS_SIGNALS, sys.executable, "stopped.py", name, str(at), str(count), command,
             *COMMANDS[command]],
            cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, timeout=300,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stderr, int(count.read_text())


@pytest.fixture(scope="module")
def stopping(migrated, tmp_path_factory) -> Stopping:
    made = Stopping(text(migrated), tmp_path_factory.mktemp("stopping"))
    assert made.run("train")[0] == 0
    return made


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_is_stopped_at_a_statement_ends_with_130_and_can_be_run_again(
    stopping, command
):
    status, said, statements = stopping.run(command)
    assert status == 0, said
    moments = [1, statements // 2, statements]
    for at, name in zip(moments, ["SIGTERM", "SIGHUP", "SIGINT"], strict=True):
        status, said, _ = stopping.run(command, name, at)
        assert (status, "Traceback" in said, "Error" in said) == (130, False, False), (at, said)
    status, said, _ = stopping.run(command)
    assert status == 0, said
