"""Computes, from its cells, the summaries that an older version did not record for a run.

These are `layer_histograms` and the noise scales in `epoch_layers`, both at once for each layer and
epoch, so that a stop leaves nothing half done. Cells come as binary rows: all of them for a layer
with weights, otherwise only those of the counted steps.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import attrgetter

import numpy as np
from sqlalchemy import Connection, Engine, bindparam, select, update

from vanishing_gradients.server import protocol
from vanishing_gradients.sql.catalogue import (
    epoch_layers,
    layer_histograms,
    layers,
    runs,
    step_statistics,
)
from vanishing_gradients.sql.cells import gradient_columns
from vanishing_gradients.sql.names import quoted
from vanishing_gradients.sql.objects import ExperimentSchema, Layer
from vanishing_gradients.sql.registry import gradient_column_types, require_migrated
from vanishing_gradients.telemetry.chunk import COUNTED
from vanishing_gradients.telemetry.errors import RunBusyError
from vanishing_gradients.telemetry.finite_steps import finite_steps
from vanishing_gradients.telemetry.lock import RunLock
from vanishing_gradients.telemetry.many_rows import insert_rows
from vanishing_gradients.telemetry.noise import MOST_WEIGHTS, GradientSums, batch_size
from vanishing_gradients.telemetry.runs import TABLE_DTYPES
from vanishing_gradients.telemetry.statistics import (
    HISTOGRAM_COLUMNS,
    by_exponent,
    storable_magnitudes,
)
from vanishing_gradients.words import Say

NOISE = ("mean_square", "square_of_mean", "noise_scale")
BLOCK_BYTES = 1 << 18
"""Bytes to read at once: as much as fits a processor's caches."""


@dataclass(frozen=True)
class Unsummed:
    """A layer of a run in an epoch that has cells but no summaries.

    `rows` is the size of a full batch's gradient; `batch_size`, in samples, is None if unknown.
    """

    run_id: int
    experiment: str
    layer: Layer
    rows: int
    epoch: int
    batch_size: int | None

    @property
    def table(self) -> str:
        """Name of its gradient table."""
        return ExperimentSchema(self.experiment, (self.layer,)).table(self.layer)

    @property
    def has_noise_scale(self) -> bool:
        """Whether it has weights, and not too many."""
        return self.layer.row_meaning == "input" and self.rows * self.layer.width <= MOST_WEIGHTS


def unsummed(engine: Engine, run_id: int | None = None) -> list[Unsummed]:
    """Return what is to be summarized, for all runs with gradient tables or for one.

    Raises ObjectError if the database is not migrated.
    """
    summed, counted = epoch_layers.c, layer_histograms.c
    same = (counted.run_id == summed.run_id, counted.layer == summed.layer)
    done = select(1).where(*same, counted.epoch == summed.epoch).exists()
    columns = (layers.c.layer, layers.c.layer_name, layers.c.width, layers.c.row_meaning)
    query = (
        select(
            summed.run_id, runs.c.experiment, runs.c.config, runs.c.training_images,
            layers.c.row_count, summed.epoch, *columns,
        )
        .join_from(epoch_layers, runs, runs.c.run_id == summed.run_id)
        .join(layers, (layers.c.run_id == summed.run_id) & (layers.c.layer == summed.layer))
        .where(layers.c.kept == "full", ~done)
        .order_by(summed.run_id, summed.layer, summed.epoch)
    )  # fmt: skip
    if run_id is not None:
        query = query.where(summed.run_id == run_id)
    with engine.connect() as connection:
        require_migrated(connection)
        return [
            Unsummed(run, experiment, Layer(*layer), rows, epoch, batch_size(config, images))
            for run, experiment, config, images, rows, epoch, *layer in connection.execute(query)
        ]


def sum_up(engine: Engine, parts: list[Unsummed], advance: Say, say: Say) -> None:
    """Summarize every part, in a transaction of its own; `advance` is called after each.

    A run that another process is training or removing is skipped, and `say` reports it.
    """
    for run_id, own in groupby(parts, key=attrgetter("run_id")):
        try:
            with RunLock(engine.connect(), run_id), engine.connect() as connection:
                for part in own:
                    _sum_up(connection, part)
                    connection.commit()
                    advance(f"run {run_id}, layer {part.layer.number}, epoch {part.epoch}")
        except RunBusyError as error:
            say(str(error))


def _sum_up(connection: Connection, part: Unsummed) -> None:
    place = {"run_id": part.run_id, "layer": part.layer.number, "epoch": part.epoch}
    steps = step_statistics.c
    known = select(steps.step).where(*(steps[name] == value for name, value in place.items()))
    recorded = list(connection.scalars(known.order_by(steps.step)))
    counted = {*recorded[::COUNTED], *recorded[-1:]}
    sums = GradientSums(part.rows, part.layer.width) if part.has_noise_scale else None
    histograms: list[tuple[int, ...]] = []
    for step, gradient in _gradients(connection, part, sorted(counted) if sums is None else None):
        if sums:
            (finite,) = finite_steps(gradient[np.newaxis])
            sums.add(finite.values, finite.squares, finite.kept)
        if step in counted:
            histograms += [
                (*place.values(), step, *each)
                for each in by_exponent(storable_magnitudes(gradient))
            ]
    insert_rows(connection, layer_histograms, ("run_id", *HISTOGRAM_COLUMNS), histograms)
    if sums:
        noise = sums.noise()
        found = (noise.mean_square, noise.square_of_mean, noise.in_samples(part.batch_size))
        mine = [epoch_layers.c[name] == bindparam(f"own_{name}") for name in place]
        values = {f"own_{name}": value for name, value in place.items()}
        changed = dict(zip(NOISE, found, strict=True))
        connection.execute(update(epoch_layers).where(*mine), values | changed)


def _gradients(
    connection: Connection, part: Unsummed, steps: Sequence[int] | None
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield each of some steps, or all, with its gradient, shape (rows, width).

    The array is valid until the next one. What is not stored is NaN: NULL cells, and rows missing
    from a smaller batch.
    """
    kinds = gradient_column_types(connection, part.table)
    dtype = TABLE_DTYPES[kinds["Gradient1"]]
    record = np.dtype([("step", "<u4"), ("row", "<u4"), ("cells", dtype, (part.layer.width,))])
    cells = ", ".join(gradient_columns(part.layer.width))
    session = connection.connection.driver_connection
    assert session is not None, "the engine's connection is open"
    gradient = np.full((part.rows, part.layer.width), np.nan, dtype)
    for first, last in [(0, 2**32 - 1)] if steps is None else [(step, step) for step in steps]:
        statement = (
            f"SELECT Step, RowIndex, {cells} FROM {quoted(part.table)} FORCE INDEX (PRIMARY) "  # noqa: S608
            f"WHERE run_id = {part.run_id:d} AND Epoch = {part.epoch:d} "
            f"AND Step BETWEEN {first:d} AND {last:d} ORDER BY Step, RowIndex"
        )
        step = None
        for block in protocol.select(session, statement, record, BLOCK_BYTES):
            own, rows, values = (block.records[name] for name in ("step", "row", "cells"))
            if block.nulls is not None:
                values = np.where(block.nulls[:, 2:], np.nan, values)
            edges = [0, *(np.flatnonzero(np.diff(own)) + 1).tolist(), len(own)]
            for start, end in pairwise(edges):
                if step is not None and own[start] != step:
                    yield step, gradient
                    gradient.fill(np.nan)
                step = int(own[start])
                gradient[rows[start:end]] = values[start:end]
        if step is not None:
            yield step, gradient
            gradient.fill(np.nan)
