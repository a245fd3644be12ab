"""The trainer's commands: `train`, `data`, `runs` and others that create and manage runs."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from vanishing_gradients.console import mention, progress, say, show
from vanishing_gradients.options import RUN, with_data_dir
from vanishing_gradients.server import lifecycle
from vanishing_gradients.server.lifecycle import owner_engine
from vanishing_gradients.sql.connection import affordable
from vanishing_gradients.telemetry.errors import (
    RemovalError,
    ResumeError,
    RunBusyError,
    RunFinishedError,
)
from vanishing_gradients.telemetry.older_runs import sum_up, unsummed
from vanishing_gradients.telemetry.removal import removable_run, remove, remove_rows
from vanishing_gradients.telemetry.resumption import (
    StoredRun,
    finished_runs,
    same_run,
    standing,
    stored_run,
)
from vanishing_gradients.telemetry.retry import SECONDS, Retry
from vanishing_gradients.telemetry.roads import AUTO, ROADS
from vanishing_gradients.telemetry.runs import TRAINER
from vanishing_gradients.telemetry.session import RUN_CONNECTIONS, WRITERS
from vanishing_gradients.telemetry.space import check_room, in_words
from vanishing_gradients.trainer.cluster import cluster
from vanishing_gradients.trainer.datasets import load, prepare
from vanishing_gradients.trainer.display import ProgressDisplay, experiments_table, runs_table
from vanishing_gradients.trainer.experiments import write_starting_file
from vanishing_gradients.trainer.jobs import TAKEN, Job, stop_at_the_end_of
from vanishing_gradients.trainer.options import (
    LARGEST_SEED,
    option,
    with_data_options,
    with_scheduler,
    with_size_and_seed_options,
)
from vanishing_gradients.trainer.run import (
    Plan,
    RunOptions,
    Settings,
    begun_with,
    chosen,
    data_of,
    plans,
    run_experiment,
)
from vanishing_gradients.trainer.sweep import Hands, Processes, cores, sweep
from vanishing_gradients.words import counted

LARGEST_CLUSTER = 10_000
"""More threads of workers than a cluster has."""


@click.command()
@option("--exp", default="sigmoid_sgd", help="a built-in experiment, all, gallery, or a TOML file")
@with_data_options
@with_size_and_seed_options
@option(
    "--telemetry",
    type=click.Choice(["full", "statistics"]),
    default="full",
    help="statistics: no gradient tables, for sweeps",
)
@option("--record-every", type=click.IntRange(1, 60_000), default=1, help="record every k-th batch")
@option(
    "--resume",
    type=bool,
    default=False,
    help="resume the stopped run with the same settings, if there is one",
)
@option("--run", "run_id", type=RUN, help="resume this run only")
@option(
    "--patience",
    type=click.IntRange(0, 1_000_000),
    default=int(SECONDS),
    help="seconds that a server may be away before the run gives up",
)
@option(
    "--road",
    type=click.Choice([AUTO, *ROADS]),
    default=AUTO,
    help="how rows travel to the server: auto uses the fastest",
)
@with_scheduler
@click.pass_context
def train(
    context,
    exp,
    dataset,
    data_dir,
    epochs,
    telemetry,
    resume,
    run_id,
    patience,
    road,
    scheduler,
    **others,
) -> None:
    """Train experiments, every gradient recorded."""
    to_do = []
    if run_id is not None:
        _refuse_more_than_run(context)
        wanted, to_do = [], [_begun(run_id, data_dir)]
        url = lifecycle.current().owner
    else:
        found = chosen(exp, epochs)
        url = lifecycle.current().owner
        settings = _settings(telemetry=telemetry, **others)
        wanted = plans(found, settings, dataset, data_dir)
    if scheduler or (telemetry == "statistics" and len(wanted) > 1):
        _sweep(wanted, data_dir, patience, road, scheduler)
        return
    for plan in wanted:
        begun = _asked(same_run, plan.description) if resume else None
        if begun and begun.finished:
            say(f"Run {begun.run_id} has already done this: {plan.title}.")
        else:
            to_do.append((plan, begun))
    full = [
        (plan.description, plan.experiment.epochs - (begun.completed_epoch if begun else 0))
        for plan, begun in to_do
        if plan.settings.telemetry == "full" and not (begun and begun.finished)
    ]
    if full:  # these fill gradient tables
        say(check_room(url, full))
    for plan, begun in to_do:
        once = resume and begun is None  # somebody may have begun it meanwhile
        options = RunOptions(begun and begun.run_id, patience, road, once=once)
        with ProgressDisplay(progress()) as display:
            run_experiment(plan.experiment, plan.dataset, plan.settings, url, display, options)


@click.command(hidden=True)
@with_data_dir
def planned(data_dir: Path | None) -> None:
    """Carry out the job on standard input; stop when that ends."""
    line = sys.stdin.buffer.readline().decode()
    try:
        job = Job.parsed(line)
    except (ValueError, TypeError):
        raise click.UsageError("A sweep gives this command to itself: use train.") from None
    stop_at_the_end_of(sys.stdin.buffer)
    plan, url = job.plan(data_dir), lifecycle.current().owner
    options = RunOptions(None, job.patience, job.road, once=True)
    try:
        with ProgressDisplay(progress()) as display:
            run_experiment(plan.experiment, plan.dataset, plan.settings, url, display, options)
    except (RunBusyError, RunFinishedError):
        raise SystemExit(TAKEN) from None


@click.command()
@with_data_options
@with_size_and_seed_options
@with_scheduler
@click.option("--draw-only", is_flag=True, help="train nothing, only draw")
def gallery(dataset, data_dir, epochs, scheduler, draw_only, **others) -> None:
    """Train the paper's experiments and the gallery, and draw all.

    The runs keep statistics only.
    """
    if draw_only:
        return
    found = [*chosen("all", epochs), *chosen("gallery", epochs)]
    lifecycle.current()
    settings = _settings(telemetry="statistics", **others)
    _sweep(plans(found, settings, dataset, data_dir), data_dir, scheduler=scheduler)


@click.command()
def experiments() -> None:
    """List the built-in experiments."""
    show(experiments_table())


@click.command()
@click.option("--exp", default="", help="its name")
def new(exp: str) -> None:
    """Write the commented file of your own experiment."""
    if not exp:
        raise click.UsageError("What should it be called? Use `make new EXP=my_network`.")
    path = write_starting_file(exp, Path())
    mention(f"{path} is written: change what you like, then `make train EXP={path}`.")


@click.command()
@with_data_options
def data(dataset: str | None, data_dir: Path | None) -> None:
    """Get a data set and check every file of it."""
    prepare(dataset or "auto", data_dir)


@click.command()
def runs() -> None:
    """List all runs."""
    show(runs_table(owner_engine()))


@click.command()
@click.option("--run", type=RUN, help="the run's number")
@click.option("--yes", is_flag=True, help="do not ask")
@click.option(
    "--keep",
    type=click.Choice(["statistics"]),
    help="remove only its gradient rows; it then counts as a run that kept statistics alone",
)
def drop(run: int | None, yes: bool, keep: str | None) -> None:
    """Remove a run, or only its rows, and free the space."""
    if run is None:
        raise click.UsageError(
            "Which run should be removed? Use `make drop RUN=id`; `make runs` lists them all."
        )
    engine = owner_engine()
    with removable_run(engine, run) as found:
        held = f"{found.rows:,} gradient rows, " if found.telemetry == "full" else ""
        on = f" on {found.dataset}" if found.dataset else ""
        seed = "" if found.seed is None else f"seed {found.seed}, "
        title = (
            f"Run {run} ({found.shape.experiment}{on}, {seed}{found.status}; "
            f"{held}{in_words(found.size)}{' size' if found.size is None else ''})"
        )
        again = f"make drop RUN={run}{' KEEP=statistics' if keep else ''}"
        what = "Remove its gradient rows" if keep else "Remove it"
        if not (yes or sys.stdin.isatty()):
            raise RemovalError(
                f"{title} stays, since there is no terminal to confirm on: YES=1 (--yes) removes "
                "it without asking."
            )
        if not (yes or click.confirm(f"{title}. {what} for good?", err=True)):
            say(f"Run {run} stays.")
            return
        say(f"{title} {'keeps only its statistics' if keep else 'is removed'}.")
        try:
            freed = (remove_rows if keep else remove)(engine, found, say)
        except KeyboardInterrupt:
            say(f"Stopped halfway: `{again}` continues.")
            raise
    # Runs that are being trained may have used its space already.
    if freed is None:
        back = "its space is free again"
    else:
        back = f"{in_words(freed)} are free again" if freed > 0 else "others have used it"
    gone = "The gradient rows of run" if keep else "Run"
    say(f"{gone} {run} {'are' if keep else 'is'} gone; {back}.")


@click.command()
@click.option("--run", type=RUN, help="only that run")
def summarize(run: int | None) -> None:
    """Compute noise scales and histograms of older runs."""
    engine = owner_engine()
    parts = unsummed(engine, run)
    whose = "Every run" if run is None else f"Run {run}"
    if not parts:
        say(f"{whose} is summarized already, or has no gradient rows to do it from.")
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, TimeRemainingColumn(compact=True), console=progress()) as bar:
        task = bar.add_task(f"{len({part.run_id for part in parts})} runs", total=len(parts))
        sum_up(engine, parts, lambda line: bar.update(task, advance=1, description=line), say)
    say(f"{len(parts) - len(unsummed(engine, run)):,} epochs of layers are summarized.")


def _settings(seed: int, seeds: int, **others: Any) -> list[Settings]:
    """Return the settings of every seed."""
    if seed + seeds - 1 > LARGEST_SEED:
        raise click.UsageError(f"SEED and SEEDS go beyond the largest seed, {LARGEST_SEED:,}.")
    return [Settings(number, **others) for number in range(seed, seed + seeds)]


def _sweep(
    wanted: Sequence[Plan],
    data_dir: Path | None,
    patience: int = int(SECONDS),
    road: str = AUTO,
    scheduler: str | None = None,
) -> None:
    """Carry out, in parallel, those runs that are not finished already.

    On this machine, or by the workers of the Dask cluster whose `scheduler` is named.
    """
    known = _asked(finished_runs)
    to_do = [plan for plan in wanted if plan.description.identity not in known]
    finished = len(wanted) - len(to_do)
    already = f", {finished} of them finished already" if finished else ""
    names = " and ".join(dict.fromkeys(plan.dataset.name for plan in wanted))
    full = wanted[0].settings.telemetry == "full"
    kept = "every gradient" if full else "statistics alone"
    retry, own_data = Retry(patience, say), None if scheduler else data_dir

    def look(plan: Plan):
        return retry.call(lambda again: _asked(standing, plan.description))

    def job(plan: Plan) -> Job:
        return Job.of(plan, patience, road, own_data)

    connections = RUN_CONNECTIONS + (WRITERS if full else 0)
    with _hands(scheduler, job, connections) as hands:
        if full and to_do:
            say(
                check_room(
                    lifecycle.current().owner,
                    [(plan.description, plan.experiment.epochs) for plan in to_do],
                )
            )
        pace = f"; {min(hands.at_once, len(to_do))} at a time" if to_do else ""
        say(f"Sweep: {counted(len(wanted), 'run')} on {names}, {kept}{already}{pace}.")
        sweep(to_do, hands, look, progress())


@contextmanager
def _hands(scheduler: str | None, job: Callable[[Plan], Job], connections: int) -> Iterator[Hands]:
    """Give those who carry out the runs of a sweep, each with so many connections."""
    if scheduler is None:
        yield Processes(job, _asked(affordable, cores(), connections))
        return
    most = _asked(affordable, LARGEST_CLUSTER, connections)
    with cluster(scheduler, lifecycle.current().owner, job, most, say) as hands:
        yield hands


def _refuse_more_than_run(context: click.Context) -> None:
    """Raise UsageError for an option next to --run that would change the run."""
    given = [
        name
        for name in context.params
        if name not in ("run_id", "data_dir", "resume", "patience", "road")
        and context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    ]
    if given:
        raise click.UsageError(
            "RUN already says all about a stopped run: leave out "
            f"{', '.join(map(str.upper, given))}."
        )


def _begun(run_id: int, data_dir: Path | None) -> tuple[Plan, StoredRun]:
    """Return a run and its plan, as registered."""
    found = _asked(stored_run, run_id)
    if found.source != TRAINER:
        raise ResumeError(
            f"Run {run_id} is of a {found.source} model that was watched: only its own "
            f"program can resume it, by watch(..., run={run_id})."
        )
    experiment, settings = begun_with(run_id, found.values)
    data = load(data_of(experiment, found.dataset), data_dir)
    return Plan(experiment, settings, data, experiment.name), found


def _asked(question: Callable, *arguments: Any) -> Any:
    """Return the result of `question`, and leave no connection open."""
    database = owner_engine()
    answer = question(database, *arguments)
    database.dispose()
    return answer
