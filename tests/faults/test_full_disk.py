"""The server's disk fills up during a run: if space is freed, the run continues, else it stops.

The server's folder is on a small file system of its own.
"""

import os
import shutil
import subprocess
import threading
from contextlib import closing

import pytest

from tests.faults.conftest import Ground
from tests.faults.moments import CHUNKS, Hearing
from tests.faults.processes import started
from tests.faults.servers import running
from tests.faults.test_busy_server import until
from vanishing_gradients.server.settings import MIB, Size
from vanishing_gradients.telemetry.errors import OutageError
from vanishing_gradients.trainer.run import RunOptions

MEGABYTES = 400
pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory):
    """A folder on its own file system."""
    folder = tmp_path_factory.mktemp("disk")
    if os.geteuid() or not shutil.which("mount"):
        pytest.skip("needs root, to mount a file system that can be filled")
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", folder],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"a file system cannot be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.fixture(scope="module")
def disk_ground(small_disk, session_ground):
    size = Size(buffer_pool=32 * MIB, redo_log=16 * MIB)
    with running(small_disk / "server", size) as server:
        yield Ground(server, server.new_database(), session_ground.dataset)


@pytest.fixture
def disk(disk_ground):
    """Functions that fill the disk, and free it; the latter restarts a server that died of it.

    What the server has reserved really exists beforehand, as on a real disk.
    """
    folder = disk_ground.server.folder
    ballast = folder.parent / "ballast"

    def fill() -> None:
        for path in folder.rglob("*"):
            if path.is_file() and path.stat().st_size:
                with path.open("r+b") as file:
                    os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
        with closing(os.fdopen(os.open(ballast, os.O_CREAT | os.O_WRONLY), "wb", 0)) as file:
            for size in (MIB, 4096):
                try:
                    while True:
                        file.write(b"0" * size)
                except OSError:
                    pass

    def free() -> None:
        ballast.unlink(missing_ok=True)
        disk_ground.server.start()

    yield fill, free
    free()


@pytest.mark.parametrize("time", [1, 2])
def test_a_disk_that_is_full_for_a_while_costs_no_row(
    disk_ground: Ground, disk, moments, undisturbed, time
):
    fill, free = disk
    watcher = Hearing()

    def fill_for_a_while() -> None:
        fill()
        threading.Thread(target=lambda: (until(lambda: watcher.away, 60), free())).start()

    moments.at(time * CHUNKS, fill_for_a_while)
    assert disk_ground.digest(disk_ground.run(watcher)) == undisturbed
    assert len(watcher.away) == 1


def test_a_disk_that_stays_full_interrupts_the_run_which_goes_on_once_there_is_room(
    disk_ground: Ground, disk, moments, undisturbed
):
    fill, free = disk
    watcher = Hearing()
    moments.at(2 * CHUNKS, fill)
    with pytest.raises(OutageError, match="RESUME=1 resumes after"):
        disk_ground.run(watcher, RunOptions(patience=1))
    free()
    disk_ground.run(options=RunOptions(resumed=watcher.run_id))
    assert disk_ground.digest(watcher.run_id) == undisturbed


def test_the_command_ends_with_status_3_where_the_disk_stays_full(
    disk_ground: Ground, disk, tmp_path
):
    fill, _ = disk
    options = ["--patience=1"]
    with started(disk_ground.url, tmp_path, epochs=15, options=options) as trainer:
        trainer.until_epoch(1)
        fill()
        status, said = trainer.end()
    assert status == 3, said
    assert "Traceback" not in said
    assert said.splitlines()[-1].startswith("Error: Gave up after 1 s without the server")
