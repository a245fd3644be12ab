"""A command of the project that kills itself with SIGKILL at a given place, run as a process.

python tests/faults/victim.py PLACE COUNT COMMAND OPTIONS...: the COUNT-th time PLACE is reached,
everything stops, as in a power failure. Small chunks make many places with few rows.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from functools import reduce
from importlib import import_module

from vanishing_gradients import cli

CHUNK_VALUES = 2_500

# Where: module, the attribute in it, and whether to die before or after it.
PLACES = {
    "taking a step": ("vanishing_gradients.trainer.network.optimizers", "Optimizer.step", "before"),
    "recording": ("vanishing_gradients.telemetry.recorder", "GradientRecorder.record", "before"),
    "encoding": ("vanishing_gradients.telemetry.roads", "records", "after"),
    "sending rows": ("vanishing_gradients.telemetry.roads", "BinaryRoad.insert", "after"),
    "between rows and progress": ("vanishing_gradients.telemetry.loader", "Loader._mark", "before"),
    "between progress and commit": (
        "vanishing_gradients.telemetry.loader",
        "Loader._mark",
        "after",
    ),
    "between chunks": ("vanishing_gradients.telemetry.loader", "Loader.put", "after"),
    "ending an epoch": (
        "vanishing_gradients.telemetry.recorder",
        "GradientRecorder.close_epoch",
        "before",
    ),
    "closing an epoch": ("vanishing_gradients.telemetry.runs", "pack", "before"),
    "between epochs": ("vanishing_gradients.telemetry.runs", "Run.close_epoch", "after"),
    "registering": ("vanishing_gradients.telemetry.runs", "_insert", "after"),
    "creating a table": ("vanishing_gradients.sql.registry", "create_table", "after"),
    "making a view": ("vanishing_gradients.sql.registry", "_make_view", "after"),
    "removing rows": ("vanishing_gradients.telemetry.resumption", "remove_later_rows", "after"),
    "removing epochs": ("vanishing_gradients.telemetry.resumption", "_point", "before"),
    "finishing": ("vanishing_gradients.telemetry.runs", "Run.finish", "before"),
    "replacing a view": ("vanishing_gradients.sql.registry", "replace_view", "after"),
}
MOMENT = "a moment"  # COUNT is then a number of milliseconds from the start of the command


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def doom(place: str, count: int) -> None:
    """End the process at a place."""
    holder, attribute = found(place)
    before = PLACES[place][2] == "before"
    setattr(holder, attribute, fatal(getattr(holder, attribute), count, before))


def found(place: str) -> tuple[object, str]:
    """Return the module or class of a place, and the name of the attribute in it."""
    module, name, _ = PLACES[place]
    *owner, attribute = name.split(".")
    return reduce(getattr, owner, import_module(module)), attribute


def fatal(function: Callable, count: int, before: bool) -> Callable:
    lock, reached = threading.Lock(), 0

    def call(*arguments, **options):
        nonlocal reached
        with lock:
            reached += 1
            now = reached == count
        if now and before:
            die()
        result = function(*arguments, **options)
        if now:
            die()
        return result

    return call


def main() -> None:
    place, count, *arguments = sys.argv[1:]
    import_module("vanishing_gradients.telemetry.chunk").CHUNK_VALUES = CHUNK_VALUES
    if place == MOMENT:
        threading.Timer(int(count) / 1000, die).start()
    elif place in PLACES:
        doom(place, int(count))
    cli.main(arguments)


if __name__ == "__main__":
    main()
