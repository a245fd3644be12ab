"""Trainers as separate processes, with small chunks."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL

from tests.faults.conftest import CHUNK_VALUES, IMAGES

ROOT = Path(__file__).parents[2]
COMMAND = (
    "from vanishing_gradients.telemetry import chunk; "
    f"chunk.CHUNK_VALUES = {CHUNK_VALUES}; "
    "from vanishing_gradients.cli import main; main()"
)
TOML = """
name = "{name}"
activation = "sigmoid"
hidden_widths = [7, 32, 9, 16]
batch_size = 64
epochs = {epochs}
initial_weight_scale = 0.3

[optimizer]
kind = "adam"
"""
LIMIT = 120  # seconds


class Trainer:
    """A running trainer, and its output so far."""

    def __init__(self, process: subprocess.Popen) -> None:
        self.process, self.lines = process, []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def run_id(self) -> int:
        """The number of its run."""
        return int(self.lines_of("Run ")[0].removeprefix("Run ").partition(":")[0])

    def lines_of(self, start: str) -> list[str]:
        """Its lines that start with the given words."""
        return [line for line in self.lines if line.startswith(start)]

    def until_epoch(self, epoch: int) -> None:
        """Wait until an epoch is closed."""
        self.until_said(f", epoch {epoch}/")

    def until_said(self, words: str) -> None:
        """Wait until it has printed something."""
        deadline = time.monotonic() + LIMIT
        while not any(words in line for line in self.lines):
            assert self._reader.is_alive() or any(words in line for line in self.lines), self.lines
            assert time.monotonic() < deadline, self.lines
            time.sleep(0.01)

    def end(self) -> tuple[int, str]:
        """Wait for its end; return its exit status and all its output."""
        status = self.process.wait(LIMIT)
        self._reader.join(LIMIT)
        print("\n".join(self.lines))
        return status, "\n".join(self.lines)

    def _read(self) -> None:
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))


@contextmanager
def started(
    url: URL, folder: Path, name: str = "faulty", epochs: int = 3, options: Sequence[str] = ()
) -> Iterator[Trainer]:
    """A trainer that carries out the small run, killed at the end if it is still running."""
    file = folder / f"{name}_{epochs}.toml"
    file.write_text(TOML.format(name=name, epochs=epochs))
    process = subprocess.Popen(
        [
            sys.executable, "-c", COMMAND, "train", f"--exp={file}", "--dataset=sample",
            f"--limit={IMAGES}", *options,
        ],
        cwd=ROOT,
        env=environment(url, folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    trainer = Trainer(process)
    try:
        yield trainer
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        trainer._reader.join(10)
        process.stderr.close()


def environment(url: URL, folder: Path) -> dict[str, str]:
    """The environment of a command on a given server."""
    found = os.environ | {
        "DATABASE_URL": url.render_as_string(hide_password=False),
        "SERVER_DIR": str(folder / "server"),
    }
    found.pop("READER_DATABASE_URL", None)
    return found
