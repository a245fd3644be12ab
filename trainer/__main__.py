"""The command line of the trainer: `python -m trainer train --exp sigmoid_sgd`."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click
from click.core import ParameterSource
from rich.console import Console
from sqlalchemy import URL

from sql import server
from sql.connection import owner_engine
from trainer import experiments
from trainer.command import Group, Refusal, Whole
from trainer.datasets import NAMES, Dataset, load, prepare
from trainer.display import Display, say
from trainer.drop import drop_run
from trainer.experiments import Experiment
from trainer.run import Going, Settings, begun_with, carry_out, describe
from trainer.runs_table import runs_table
from trainer.sweep import Job, cores, sweep
from trainer.telemetry.patience import SECONDS
from trainer.telemetry.resumption import StoredRun, same_run, stored_run
from trainer.telemetry.room import check_room
from trainer.telemetry.runs import finished_runs

ALL = "all"
LARGEST_SEED = 2**63 - 1
"""What the column `runs.seed` holds."""
WIDE = 200
"""Columns of a table that goes into a file or a pipe."""


def with_data_options(command: Callable) -> Callable:
    """Add --dataset and --data-dir."""
    command = click.option(
        "--data-dir",
        type=click.Path(path_type=Path),
        envvar="DATA_DIR",
        help="where the data sets lie or go  [default: data]",
    )(command)
    return click.option(
        "--dataset",
        type=click.Choice(NAMES),
        default="auto",
        show_default=True,
        help="auto: MNIST, else Fashion-MNIST, else the bundled sample",
    )(command)


@click.group(cls=Group)
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
@click.option("--epochs", type=Whole(1, 10_000), help="instead of the experiment's own")
@click.option("--seed", type=Whole(0, LARGEST_SEED), default=1, show_default=True)
@click.option(
    "--seeds", type=Whole(1, 10_000), default=1, show_default=True, help="how many, from SEED up"
)
@click.option(
    "--precision", type=click.Choice(["double", "single"]), default="double", show_default=True
)
@click.option("--limit", type=Whole(1, 10**9), help="the first N training images")
@click.option(
    "--telemetry",
    type=click.Choice(["full", "statistics"]),
    default="full",
    show_default=True,
    help="statistics: no gradient tables, for sweeps",
)
@click.option(
    "--record-every",
    type=Whole(1, 60_000),
    default=1,
    show_default=True,
    help="record every k-th batch",
)
@click.option(
    "--resume",
    type=bool,
    default=False,
    help="go on with a run that was begun with the same and stopped, if there is one",
)
@click.option("--run", "run_id", type=Whole(1, 2**31 - 1), help="go on with this run alone")
@click.option(
    "--patience",
    type=Whole(0, 1_000_000),
    default=int(SECONDS),
    show_default=True,
    help="seconds that a server may be away before the run gives up",
)
@click.pass_context
def train(
    context, exp, dataset, data_dir, epochs, seed, seeds, precision, limit, telemetry,
    record_every, resume, run_id, patience,
) -> None:  # fmt: skip
    """Train experiments, every gradient recorded."""
    console = Console(stderr=True)
    if run_id is not None:
        _refuse_more_than_run(context)
        _go_on(console, run_id, data_dir, patience)
        return
    if seed + seeds - 1 > LARGEST_SEED:
        raise Refusal(f"SEED and SEEDS go beyond the largest seed, {LARGEST_SEED:,}.")
    chosen = [_with_epochs(experiments.load(name), epochs) for name in _names(exp)]
    url = server.current().owner
    data = load(dataset, data_dir)
    runs = [
        (experiment, Settings(number, precision, telemetry, record_every, limit))
        for number in range(seed, seed + seeds)
        for experiment in chosen
    ]
    if telemetry == "statistics" and len(runs) > 1:
        _sweep(console, runs, data, exp, data_dir)
        return
    to_do = []
    for experiment, settings in runs:
        begun = _begun(experiment, data, settings) if resume else None
        if begun and begun.finished:
            say(console, f"Run {begun.run_id} has done this: {_title(experiment, settings)}.")
        else:
            to_do.append((experiment, settings, begun))
    _look_for_room(console, url, data, to_do)
    for experiment, settings, begun in to_do:
        with Display(console) as display:
            going = Going(begun and begun.run_id, patience)
            carry_out(experiment, data, settings, url, display, going)


@main.command()
@with_data_options
def data(dataset: str, data_dir: Path | None) -> None:
    """Get a data set and check every file of it."""
    prepare(dataset, data_dir)


@main.command()
def runs() -> None:
    """List all runs."""
    Console(width=None if sys.stdout.isatty() else WIDE).print(runs_table(owner_engine()))


@main.command()
@click.option("--run", type=Whole(1, 2**31 - 1), help="the run's number")
@click.option("--yes", is_flag=True, help="do not ask")
def drop(run: int | None, yes: bool) -> None:
    """Remove a run and give its space back."""
    if run is None:
        raise Refusal("Which run is to go? Say `make drop RUN=id`; `make runs` lists them all.")
    drop_run(owner_engine(), run, yes, Console(stderr=True))


def _sweep(
    console: Console,
    runs: Sequence[tuple[Experiment, Settings]],
    dataset: Dataset,
    exp: str,
    data_dir: Path | None,
) -> None:
    """Carry out, side by side, those runs that are not finished already."""
    database = owner_engine()
    known = finished_runs(database)
    database.dispose()
    limit = runs[0][1].limit
    data = dataset.limited(limit) if limit else dataset
    jobs = [
        Job(experiment, settings, experiment.name if exp == ALL else exp, dataset.name, data_dir)
        for experiment, settings in runs
        if describe(experiment, data, settings).identity not in known
    ]
    finished = len(runs) - len(jobs)
    already = f", {finished} of them finished already" if finished else ""
    pace = f"; {min(cores(), len(jobs))} at a time" if jobs else ""
    say(console, f"Sweep: {len(runs)} runs on {dataset.name}, statistics alone{already}{pace}.")
    sweep(jobs, console, cores())


def _refuse_more_than_run(context: click.Context) -> None:
    """Raise Refusal for an option beside --run that would change the run."""
    given = [
        name
        for name in context.params
        if name not in ("run_id", "data_dir", "resume", "patience")
        and context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    ]
    if given:
        raise Refusal(
            f"RUN says all about a run that stopped: leave out {', '.join(map(str.upper, given))}."
        )


def _go_on(console: Console, run_id: int, data_dir: Path | None, patience: int) -> None:
    """Go on with one run, as the registry says it was begun."""
    database = owner_engine()
    found = stored_run(database, run_id)
    database.dispose()
    experiment, settings = begun_with(found.values)
    url, data = server.current().owner, load(found.dataset, data_dir)
    if not found.finished:
        _look_for_room(console, url, data, [(experiment, settings, found)])
    with Display(console) as display:
        carry_out(experiment, data, settings, url, display, Going(run_id, patience))


def _look_for_room(
    console: Console,
    url: URL,
    dataset: Dataset,
    runs: Sequence[tuple[Experiment, Settings, StoredRun | None]],
) -> None:
    """Say how much room runs with gradient tables will take; raise RoomError if there is less."""
    wanted = []
    for experiment, settings, begun in runs:
        if settings.telemetry == "full":
            data = dataset.limited(settings.limit) if settings.limit else dataset
            done = begun.completed_epoch if begun else 0
            wanted.append((describe(experiment, data, settings), experiment.epochs - done))
    if wanted:
        say(console, check_room(url, wanted))


def _begun(experiment: Experiment, dataset: Dataset, settings: Settings) -> StoredRun | None:
    database = owner_engine()
    data = dataset.limited(settings.limit) if settings.limit else dataset
    found = same_run(database, describe(experiment, data, settings))
    database.dispose()
    return found


def _title(experiment: Experiment, settings: Settings) -> str:
    return f"{experiment.name}, seed {settings.seed}"


def _names(exp: str) -> list[str]:
    return experiments.names() if exp == ALL else [exp]


def _with_epochs(experiment: Experiment, epochs: int | None) -> Experiment:
    if epochs is None:
        return experiment
    return Experiment.model_validate(experiment.model_dump(mode="json") | {"epochs": epochs})


if __name__ == "__main__":
    main()
