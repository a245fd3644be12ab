"""A Dask cluster on loopback: a scheduler and workers, each a process."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil


class Cluster:
    """A running scheduler; its processes end with the block of `running`."""

    def __init__(self, folder: Path, protocol: str) -> None:
        self._folder, self._processes = folder, []
        scheduler = self._started(
            "scheduler", {}, "--host=127.0.0.1", "--port=0", "--no-dashboard",
            f"--protocol={protocol}",
        )  # fmt: skip
        said = until_said(scheduler, "Scheduler at:")
        self.address = f"{protocol}://{said.split('://')[1].strip()}"

    def worker(self, *options: str, **environment: str | None) -> subprocess.Popen:
        """Start a worker with one thread; None removes a variable from its environment."""
        process = self._started(
            "worker", environment, self.address, "--no-nanny", "--nthreads=1", "--no-dashboard",
            f"--local-directory={self._folder}", *options,
        )  # fmt: skip
        until_said(process, "Registered to:")
        return process

    def end(self, process: subprocess.Popen) -> None:
        """Kill a process."""
        process.kill()
        process.wait()
        process.stderr.close()
        self._processes.remove(process)

    def lose(self, process: subprocess.Popen) -> None:
        """Kill a worker and its runs in the same moment, like a machine without power."""
        process.send_signal(signal.SIGSTOP)
        for child in psutil.Process(process.pid).children(recursive=True):
            child.kill()
        self.end(process)

    def close(self) -> None:
        """Kill all processes."""
        for process in [*self._processes]:
            self.end(process)

    def _started(
        self, what: str, environment: dict[str, str | None], *options: str
    ) -> subprocess.Popen:
        changed = {**os.environ, "DASK_LOGGING__DISTRIBUTED": "info", **environment}
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "dask", what, *options],
            env={name: value for name, value in changed.items() if value is not None},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self._folder,
        )
        self._processes.append(process)
        return process


def until_said(process: subprocess.Popen, words: str) -> str:
    """Wait until a process has printed a line with these words; return it."""
    lines = []
    for line in process.stderr:
        lines.append(line)
        if words in line:
            return line
    raise AssertionError("".join(lines))


@contextmanager
def running(folder: Path, protocol: str = "tcp") -> Iterator[Cluster]:
    """A cluster without workers yet."""
    made = Cluster(folder, protocol)
    try:
        yield made
    finally:
        made.close()
