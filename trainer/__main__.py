"""The command line of the trainer: `python -m trainer train --exp sigmoid_sgd`."""

import signal
from collections.abc import Callable
from functools import wraps
from pathlib import Path

import click
from rich.console import Console

from sql import server
from sql.connection import owner_engine
from sql.errors import DatabaseError
from trainer import experiments
from trainer.datasets import load, prepare
from trainer.display import Display
from trainer.errors import TrainerError
from trainer.experiments import Experiment
from trainer.run import Settings, carry_out
from trainer.runs_table import runs_table

ALL = "all"
DATASETS = ("auto", "mnist", "fashion-mnist", "sample")
INTERRUPTED = 130


class Refusal(click.ClickException):
    """One sentence on standard error and exit status 2."""

    exit_code = 2


def sentences(command: Callable) -> Callable:
    """Let a command print the project's errors as one sentence, without a traceback."""

    @wraps(command)
    def run(*args, **options):
        try:
            return command(*args, **options)
        except (DatabaseError, TrainerError) as error:
            text = str(error)
            raise Refusal(text[:1].upper() + text[1:]) from error

    return run


data_options = (
    click.option("--dataset", type=click.Choice(DATASETS), default="auto", show_default=True,
                 help="auto: MNIST, else Fashion-MNIST, else the bundled sample"),
    click.option("--data-dir", type=click.Path(path_type=Path, file_okay=False), envvar="DATA_DIR",
                 help="where the data sets lie or go  [default: data]"),
)  # fmt: skip


def with_data_options(command: Callable) -> Callable:
    """Add --dataset and --data-dir."""
    for option in reversed(data_options):
        command = option(command)
    return command


@click.group()
def main() -> None:
    """Train networks and stream every gradient into MySQL."""


@main.command()
@click.option(
    "--exp",
    default="sigmoid_sgd",
    show_default=True,
    help="a built-in experiment, all, or a TOML file",
)
@with_data_options
@click.option("--epochs", type=click.IntRange(1, 10_000), help="instead of the experiment's own")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=1, show_default=True)
@click.option(
    "--seeds",
    type=click.IntRange(1, 10_000),
    default=1,
    show_default=True,
    help="how many, from SEED up",
)
@click.option(
    "--precision", type=click.Choice(["double", "single"]), default="double", show_default=True
)
@click.option("--limit", type=click.IntRange(1), help="the first N training images")
@click.option("--telemetry", type=click.Choice(["full", "statistics"]), default="full", show_default=True,
              help="statistics: no gradient tables, for sweeps")  # fmt: skip
@click.option(
    "--record-every",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="record every k-th batch",
)
@sentences
def train(
    exp, dataset, data_dir, epochs, seed, seeds, precision, limit, telemetry, record_every
) -> None:
    """Train experiments, every gradient recorded."""
    console = Console(stderr=True)
    chosen = [_with_epochs(experiments.load(name), epochs) for name in _names(exp)]
    data = load(dataset, data_dir)
    url = server.current().owner
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    run_id = None
    try:
        for number in range(seed, seed + seeds):
            for experiment in chosen:
                settings = Settings(number, precision, telemetry, record_every, limit)
                with Display(console) as display:
                    run_id = carry_out(experiment, data, settings, url, display)
                console.print(
                    f"Run {run_id} is finished: {experiment.name}, seed {number}.", highlight=False
                )
    except KeyboardInterrupt:
        console.print("Stopped. The run is marked as interrupted; `make runs` lists what there is.")
        raise SystemExit(INTERRUPTED) from None


@main.command()
@with_data_options
@sentences
def data(dataset: str, data_dir: Path | None) -> None:
    """Get a data set and check every file of it."""
    prepare(dataset, data_dir)


@main.command()
@sentences
def runs() -> None:
    """List all runs."""
    Console().print(runs_table(owner_engine()))


def _names(exp: str) -> list[str]:
    return experiments.names() if exp == ALL else [exp]


def _with_epochs(experiment: Experiment, epochs: int | None) -> Experiment:
    if epochs is None:
        return experiment
    return Experiment.model_validate(experiment.model_dump(mode="json") | {"epochs": epochs})


if __name__ == "__main__":
    main()
