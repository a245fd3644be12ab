"""What the tests start ends with the tests, however those end, and no test waits forever."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.faults.test_busy_server import until
from tests.leftovers import limit, removed
from vanishing_gradients.server.processes import is_alive

ROOT = Path(__file__).parents[2]
STARTER = """
import subprocess, sys, threading
from tests.leftovers import Watcher
watcher = Watcher()
watcher.note(sys.argv[1] + "/")
own = subprocess.Popen(["sleep", "600"], start_new_session=True)
named = subprocess.Popen(
    ["sh", "-c", "read line", sys.argv[1] + "/my.cnf"], start_new_session=True, env={},
    stdin=subprocess.PIPE,
)
print(own.pid, named.pid, flush=True)
threading.Event().wait()
"""


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="only Linux has /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_processes_of_tests_end_with_the_process_that_ran_the_tests(tmp_path, number):
    process = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(tmp_path / "of its own")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    started = [int(word) for word in process.stdout.readline().split()]
    assert all(map(is_alive, started))
    process.send_signal(number)
    process.communicate(timeout=20)
    until(lambda: not any(map(is_alive, started)), 30)


class Vanished:
    """A container that has already been removed."""

    def stop(self) -> None:
        raise RuntimeError("404 Client Error: Not Found\n(No such container: 1a2b)")


def test_a_container_that_vanished_during_the_tests_is_one_sentence(capsys):
    removed(Vanished())
    (line,) = capsys.readouterr().out.splitlines()
    assert "could not be removed (404 Client Error: Not Found (No such container: 1a2b))" in line


def test_a_test_that_waits_for_ever_fails():
    with pytest.raises(TimeoutError, match="waits"), limit(1):
        threading.Event().wait()


def test_ctrl_c_reaches_the_tests_even_where_a_shell_has_it_ignored():
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    program = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    done = subprocess.run(
        [sys.executable, "-c", program], env=os.environ, capture_output=True, check=True
    )
    assert done.stdout == b"True\n"
