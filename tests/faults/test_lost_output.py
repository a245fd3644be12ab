"""Lost output, end to end: make and its pipes, disks that are full or read-only."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.faults.conftest import IMAGES, Ground, experiment
from tests.faults.processes import ROOT, environment
from tests.faults.test_busy_server import until
from vanishing_gradients.trainer.run import Settings, run_experiment

COMMAND = [sys.executable, "-m", "vanishing_gradients"]
pytestmark = pytest.mark.faults


@pytest.fixture
def small_disk(tmp_path):
    """A folder on its own file system of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() or not shutil.which("mount"):
        pytest.skip("needs root, to mount a file system that can be filled")
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a file system cannot be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_reader_of_makes_output_that_has_enough_does_not_end_the_training(
    ground: Ground, tmp_path
):
    words = "make train EXP=sigmoid_sgd DATASET=sample LIMIT=256 EPOCHS=4 2>&1 | head -2"
    command = ["bash", "-c", f"set -o pipefail; {words}"]
    shell = environment(ground.url, tmp_path)
    done = subprocess.run(command, cwd=ROOT, env=shell, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 2
    assert ground.status(ground.newest_run()) == "finished"


def test_a_log_whose_disk_is_full_for_a_while_says_where_lines_are_missing(
    ground: Ground, small_disk, tmp_path
):
    ballast, log = small_disk / "ballast", small_disk / "log"
    log.write_text(f"{'before ':-<4095}\n")  # a whole page: the next line needs another
    with pytest.raises(OSError, match="No space left"):
        ballast.write_bytes(b"0" * 2**21)
    before = ground.newest_run()
    with log.open("a") as output:
        process = subprocess.Popen(
            [*COMMAND, "train", "--exp=relu_sgd", "--dataset=sample", "--limit=256", "--epochs=9"],
            env=environment(ground.url, tmp_path), stdout=output, stderr=output,
        )  # fmt: skip
    stored = "SELECT COUNT(*) FROM epoch_metrics WHERE run_id > "
    until(lambda: ground.ask(f"{stored}{before}")[0][0] > 1, 120)
    ballast.unlink()
    assert process.wait(120) == 0
    assert ground.status(ground.newest_run()) == "finished"
    said = log.read_text().splitlines()[1:]
    assert said[0] == "(Lines are missing here: No space left on device.)"
    assert said[-1] == f"Run {ground.newest_run()} is finished."


@pytest.mark.parametrize("hindrance", ["full", "read-only"])
@pytest.mark.parametrize("command", ["figures", "compare", "report", "gallery"])
def test_pages_that_cannot_be_written_are_one_sentence_and_leave_nothing(
    ground: Ground, small_disk, tmp_path, command, hindrance
):
    for each in (experiment("faulty"), experiment("another")):
        run_experiment(each, ground.dataset, Settings(limit=IMAGES), ground.url)
    if hindrance == "read-only":
        subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    chosen = {"compare": ["--runs=faulty,another"], "gallery": ["--draw-only"]}.get(command, [])
    done = subprocess.run(
        [*COMMAND, command, f"--output={small_disk / 'pages'}", *chosen],
        env=environment(ground.url, tmp_path), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("Error: Cannot ")
    assert str(small_disk) in done.stderr
    assert done.stderr.endswith("choose another folder with OUTPUT.\n")
    assert done.stderr.count("\n") == 1
    assert list(small_disk.iterdir()) == []


def test_a_folder_for_the_server_that_cannot_be_written_is_one_sentence(
    ground: Ground, small_disk, tmp_path
):
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    own = environment(ground.url, tmp_path) | {"SERVER_DIR": str(small_disk / "server")}
    del own["DATABASE_URL"]
    command = [*COMMAND, "up", "--server=local"]
    done = subprocess.run(command, env=own, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == (
        f"Error: {small_disk / 'server'} cannot be used (Read-only file system): free some "
        "space there, or make it writable, and run this again\n"
    )
