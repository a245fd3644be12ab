"""The cost of watching a PyTorch model, compared with other trackers: CPU above the bare loop."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from rich.table import Table
from sqlalchemy import URL

from bench.watched import BATCHES, NOTHING, OURS, TENSORBOARD, WANDB
from bench.whole import server_cpu
from vanishing_gradients.console import show
from vanishing_gradients.migrations import history
from vanishing_gradients.sql.connection import engine

STEPS = {"mlp": 400, "resnet": 80, "transformer": 30}
ROUNDS = 5
EVERY_ROW = "ours, every row"
LONG = 10_000
ROOT = Path(__file__).parents[1]

Costs = dict[str, list[float]]
"""Seconds of CPU per step in each round, by contender."""


def contenders(network: str) -> list[str]:
    """Return those whose packages are installed; keeping every row is only for a small network."""
    others = {"wandb": list(WANDB), "tensorboard": [TENSORBOARD]}
    there = [name for package, names in others.items() if find_spec(package) for name in names]
    ours = [name for name in OURS if network == "mlp" or name != EVERY_ROW]
    return [*NOTHING, *ours, *there]


def measure(url: URL, networks: Sequence[str], rounds: int) -> None:
    """Measure every network, and print a table for each; `url` is a database for this only."""
    made = engine(url)
    history.upgrade(made)
    missing = [package for package in ("wandb", "tensorboard") if not find_spec(package)]
    if missing:
        show(f"Not installed, and left out: {', '.join(missing)} (pip install -e '.[trackers]').")
    for network in networks:
        names = contenders(network)
        costs: Costs = {name: [] for name in names}
        server: list[float] = []
        for _ in range(rounds):
            for name in names:
                before = server_cpu(made)
                costs[name].append(ran(url, network, name, STEPS[network])["cpu"])
                if name == EVERY_ROW and before is not None:
                    server.append(((server_cpu(made) or before) - before) / STEPS[network])
            names = names[1:] + names[:1]
        show(_table(network, costs, rounds))
        if server:
            show(f"The server's own CPU, every row: {1e3 * median(server):.2f} ms a step.")
        for name in ("ours, weights", "ours, all"):
            within = ran(url, network, f"{name}, timed", STEPS[network])["within"]
            share = within / median(_bare(costs))
            show(
                f"{name}: {1e3 * within:.2f} ms a step on the training thread, {share:.0%} of the "
                "bare step."
            )
    if "mlp" in networks:
        growth = ran(url, "mlp", "ours, all", LONG)["growth"]
        show(f"Memory grew by {growth / 1e6:.1f} MB from step 1,000 to step {LONG:,} (mlp, all).")
    show(f"Load averages of this machine at the end: {os.getloadavg()}.")
    made.dispose()


def ran(url: URL, network: str, contender: str, steps: int) -> dict[str, float]:
    """Let a contender train in its own process; return what it printed."""
    environment = os.environ | {
        "DATABASE_URL": url.render_as_string(hide_password=False),
        "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1",
    }  # fmt: skip
    command = [sys.executable, "-m", "bench.watched", network, contender, str(steps)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{contender} on {network} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def above(costs: Costs, name: str) -> list[float]:
    """Return a contender's cost above that of the bare loop, in each round."""
    return [own - bare for own, bare in zip(costs[name], _bare(costs), strict=True)]


def ratio(costs: Costs, name: str, other: str) -> float:
    """Return the median over rounds of one contender's cost over another's, both above the bare."""
    pairs = zip(above(costs, name), above(costs, other), strict=True)
    return median(own / theirs for own, theirs in pairs)


def _bare(costs: Costs) -> list[float]:
    return [sum(pair) / len(pair) for pair in zip(*(costs[each] for each in NOTHING), strict=True)]


def _table(network: str, costs: Costs, rounds: int) -> Table:
    table = Table(
        "watching", "CPU ms per step", "above the bare loop", "of the bare step",
        title=f"{network}: batches of {BATCHES[network]}, one thread of linear algebra",
        caption=f"CPU of the process and its children: medians of {rounds} rounds of "
        f"{STEPS[network]} steps, contenders in turn.",
    )  # fmt: skip
    others = [name for name in (*WANDB, TENSORBOARD) if name in costs]
    for other in others:
        table.add_column(f"/ {other}")
    bare = median(_bare(costs))
    for name, taken in costs.items():
        extra = median(above(costs, name))
        ratios = [f"{ratio(costs, name, other):.2f}" if name in OURS else "" for other in others]
        table.add_row(
            name, f"{1e3 * median(taken):.2f}", f"{1e3 * extra:+.2f}", f"{extra / bare:+.0%}",
            *ratios,
        )  # fmt: skip
    return table
