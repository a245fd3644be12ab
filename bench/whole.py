"""A whole experiment as a user runs it, in its own process, and then its views."""

import os
import re
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, inspect, text

SAMPLING_SECONDS = 0.2
AVERAGES = r"layer_\d+_(norm_avg|gradient_norm_avg|mean_avg|near_zero)|ratio_\d+_\d+_avg"
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class WholeRun:
    """Wall time in seconds, the trainer's peak memory in bytes, and what reached the tables.

    Also the CPU seconds of the trainer and of the server, None if it runs elsewhere.
    """

    seconds: float
    peak_memory: int
    trainer_cpu: float
    server_cpu: float | None
    run_id: int
    rows: int
    values: int


def train(
    url: URL, engine: Engine, experiment: str, dataset: str, precision: str, epochs: int
) -> WholeRun:
    """Run `vanishing-gradients train` and wait for its end."""
    command = [
        sys.executable, "-m", "vanishing_gradients", "train", "--exp", experiment,
        "--dataset", dataset, "--precision", precision, "--epochs", str(epochs),
    ]  # fmt: skip
    environment = os.environ | {"DATABASE_URL": url.render_as_string(hide_password=False)}
    server_before, before = server_cpu(engine), _children_cpu()
    start = time.perf_counter()
    with subprocess.Popen(command, cwd=ROOT, env=environment) as process:
        peak = 0
        while process.poll() is None:
            peak = max(peak, _peak_memory(process.pid))
            time.sleep(SAMPLING_SECONDS)
    seconds = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(f"The run ended with exit status {process.returncode}.")
    server_after = server_cpu(engine)
    server = None if server_before is None or server_after is None else server_after - server_before
    with engine.connect() as connection:
        run_id, rows, values = connection.execute(
            text(
                "SELECT run_id, gradient_rows, gradient_values FROM experiment_summary "
                "ORDER BY run_id DESC LIMIT 1"
            )
        ).one()
    trainer = _children_cpu() - before
    return WholeRun(seconds, peak, trainer, server, run_id, int(rows), int(values))


def server_cpu(engine: Engine) -> float | None:
    """Return the server's CPU seconds; None if it runs on another machine."""
    with engine.connect() as connection:
        pid_file = Path(connection.scalar(text("SELECT @@pid_file")))
    try:
        return cpu_of(int(pid_file.read_text()))
    except (OSError, ValueError):
        return None


def cpu_of(pid: int) -> float:
    """Return the CPU seconds of a process of this machine."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2]
    user, system = fields.split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _peak_memory(pid: int) -> int:
    """Return a process's peak resident memory in bytes; rusage would count its parent's too."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.M)
    return int(found[1]) * 1024 if found else 0


def time_views(engine: Engine, experiment: str, run_id: int) -> tuple[dict[str, float], float]:
    """Return the seconds of each per-layer average of one run, by name, and of
    gradient_norm_ratios.

    An index or the statistics answer averages. Views that read every cell of a gradient table, such
    as those used by `make verify`, take time in proportion to the table and are left out.
    """
    views = [name for name in inspect(engine).get_view_names() if is_average(name, experiment)]
    with engine.connect() as connection:
        seconds = {name: _seconds(connection, name, run_id) for name in views}
        return seconds, _seconds(connection, "gradient_norm_ratios", run_id)


def is_average(view: str, experiment: str) -> bool:
    """Return whether a view is an average of one layer, or of two neighbours, of the experiment."""
    return re.fullmatch(f"{experiment}_({AVERAGES})", view) is not None


def _seconds(connection: Connection, view: str, run_id: int) -> float:
    start = time.perf_counter()
    connection.exec_driver_sql(f"SELECT * FROM {view} WHERE run_id = {run_id}").all()
    return time.perf_counter() - start
