"""The command line of the benchmark: `python -m bench`, or `make bench`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from rich.table import Table
from sqlalchemy import URL, text

from bench import diagnosis, live, step, training, watch, ways, whole
from vanishing_gradients.cli import sentences
from vanishing_gradients.console import show
from vanishing_gradients.migrations import history
from vanishing_gradients.server import lifecycle
from vanishing_gradients.sql.connection import engine
from vanishing_gradients.sql.names import quoted
from vanishing_gradients.telemetry.chunk import Chunk
from vanishing_gradients.telemetry.runs import DTYPES, register
from vanishing_gradients.telemetry.session import WRITERS
from vanishing_gradients.trainer import experiments
from vanishing_gradients.trainer.datasets import Dataset, load
from vanishing_gradients.trainer.run import Settings, describe

EXPERIMENT = "sigmoid_sgd"
FEW_STEPS, MANY_STEPS, REPEATS = 4, 59, 8
"""59 steps, eight times, give slightly more gradients than one epoch of 469 steps."""
SLOW_WAYS = {
    "pandas to_sql": ways.pandas_to_sql,
    "SQLAlchemy insert of dicts": ways.sqlalchemy_insert,
    "PyMySQL executemany": ways.pymysql_executemany,
    "our INSERTs of literals (ROAD=insert)": ways.our_inserts,
}
FLOORS = {
    f"floor: bare LOAD DATA of files encoded beforehand, {WRITERS} connections": (
        ways.bare_load_data
    ),
    f"floor: binary rows made beforehand, {WRITERS} connections": ways.bare_binary,
}
OURS = "whole run: train, record, encode, load"


@click.command()
@click.option(
    "--part",
    type=click.Choice(["step", "server", "watch", "diagnosis", "live"]),
    help="Measure this part only.",
)
@click.option("--epochs", type=click.IntRange(1), default=10, show_default=True)
@click.option("--precision", "precisions", multiple=True, type=click.Choice(["double", "single"]))
@click.option("--dataset", default="auto", show_default=True)
@click.option("--data-dir", type=click.Path(path_type=Path, file_okay=False), envvar="DATA_DIR")
@click.option(
    "--rounds",
    type=click.IntRange(1),
    default=step.ROUNDS,
    show_default=True,
    help="How often a training step takes its turn.",
)
@click.option(
    "--network",
    "networks",
    multiple=True,
    type=click.Choice(list(watch.STEPS)),
    help="Watch this network only.",
)
@click.option("--seeds", type=click.IntRange(1), default=1, help="Of the diagnosis: 1 to this one.")
@click.option("--case", "named", multiple=True, help="Diagnose this case only.")
def main(
    part: str | None,
    epochs: int,
    precisions: Sequence[str],
    dataset: str,
    data_dir: Path | None,
    rounds: int,
    networks: Sequence[str],
    seeds: int,
    named: Sequence[str],
) -> None:
    """Measure a training step, and whole runs against other ways into a server, all in one run."""
    precisions = precisions or ("double", "single")
    with sentences():
        if part == "watch":
            with _own_database(lifecycle.current().owner, "watch") as url:
                watch.measure(url, networks or list(watch.STEPS), min(rounds, watch.ROUNDS))
            return
        if part == "diagnosis":
            with _own_database(lifecycle.current().owner, part, keep=True) as url:
                chosen = [
                    each for each in diagnosis.cases() if each.path.stem in named or not named
                ]
                names = [dataset] if dataset != "auto" else ["mnist", "fashion-mnist"]
                sets = [load(name, data_dir) for name in names]
                diagnosis.measure(url, sets, range(1, seeds + 1), chosen)
            return
        data = load(dataset, data_dir)
        if part == "live":
            with _own_database(lifecycle.current().owner, part) as url:
                live.measure(url, data.name, epochs)
            return
        if part != "server":
            step.measure(precisions, data, rounds)
        if part != "step":
            for precision in precisions:
                with _own_database(lifecycle.current().owner, precision) as url:
                    _measure(url, data, precision, epochs)


@contextmanager
def _own_database(owner: URL, part: str, keep: bool = False) -> Iterator[URL]:
    """A database for a part of the benchmark only: fresh tables, unless it is to be kept."""
    name = f"gradients_bench_{part}"
    home = engine(owner)
    with home.connect() as connection:
        if not keep:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {quoted(name)}")
        connection.exec_driver_sql(f"CREATE DATABASE IF NOT EXISTS {quoted(name)}")
        try:
            yield owner.set(database=name)
        finally:
            if not keep:
                connection.exec_driver_sql(f"DROP DATABASE {quoted(name)}")
    home.dispose()


def _measure(url: URL, data: Dataset, precision: str, epochs: int) -> None:
    made = engine(url)
    history.upgrade(made)
    with made.connect() as connection:
        version = connection.scalar(text("SELECT VERSION()"))
    experiment = experiments.load(EXPERIMENT)
    description = describe(experiment, data, Settings(precision=precision))

    def target() -> ways.Target:
        return ways.Target(url, description.shape, register(made, description).run_id)

    def chunks(steps: int) -> list[Chunk]:
        return training.gradients(experiment, data, description.shape, DTYPES[precision], steps)

    few, many = chunks(FEW_STEPS), chunks(MANY_STEPS)
    rates = {name: _size(few) / way(target(), few) for name, way in SLOW_WAYS.items()}

    def measured() -> dict[str, float]:
        return {
            name: REPEATS * _size(many) / way(target(), many, REPEATS, WRITERS)
            for name, way in FLOORS.items()
        }

    before = measured()
    run = whole.train(url, made, EXPERIMENT, data.name, precision, epochs)
    after = measured()
    rates |= {name: (before[name] + after[name]) / 2 for name in FLOORS}
    rates[OURS] = run.values / run.seconds
    views, overall = whole.time_views(made, EXPERIMENT, run.run_id)
    made.dispose()

    show(_table(f"{precision} precision, {data.name}, server {version}", rates))
    slowest = max(views, key=views.get)
    show(
        f"Whole run, {epochs} epochs: {run.seconds:.1f} s, {run.rows:,} rows, "
        f"{run.values:,} values, trainer's peak memory {run.peak_memory / 1e6:.0f} MB."
    )
    cpu = [("trainer", run.trainer_cpu), ("server", run.server_cpu)]
    told = [
        f"{who} {'unknown' if spent is None else f'{1e6 * spent / run.values:.4f} s'}"
        for who, spent in cpu
    ]
    show(f"CPU a million values: {', '.join(told)}.")
    floors = [f"{before[name] / 1e6:.2f} and {after[name] / 1e6:.2f}" for name in FLOORS]
    show(f"The floors before and after the run: {'; '.join(floors)} M values/s.")
    show(
        f"Views after it: slowest of {len(views)} per layer {views[slowest]:.2f} s ({slowest}); "
        f"gradient_norm_ratios {overall:.2f} s.\n"
    )


def _size(chunks: Sequence[Chunk]) -> int:
    return sum(chunk.values.size for chunk in chunks)


def _table(title: str, rates: dict[str, float]) -> Table:
    table = Table("way into the server", "M values/s", "whole run is", title=title)
    for name, rate in rates.items():
        table.add_row(
            name, f"{rate / 1e6:.2f}", "" if name == OURS else f"{rates[OURS] / rate:.2f} x"
        )
    return table


if __name__ == "__main__":
    main()
