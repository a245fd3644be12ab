"""Sums up, from its cells, what a run of an older version did not when it was recorded.

That is `layer_histograms` and the noise scales in `epoch_layers`: of a layer and an epoch both at
once, so that a stop leaves nothing half done.
"""

from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

import numpy as np
from sqlalchemy import Connection, Engine, bindparam, insert, select, text, update

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
from vanishing_gradients.sql.registry import require_migrated
from vanishing_gradients.telemetry.chunk import COUNTED
from vanishing_gradients.telemetry.errors import RunBusyError
from vanishing_gradients.telemetry.lock import RunLock
from vanishing_gradients.telemetry.noise import MOST_WEIGHTS
from vanishing_gradients.telemetry.statistics import by_exponent, storable_magnitudes
from vanishing_gradients.words import Say

NOISE = ("mean_square", "square_of_mean", "noise_scale")


@dataclass(frozen=True)
class Unsummed:
    """A layer of a run in an epoch of which its cells alone are kept."""

    run_id: int
    experiment: str
    layer: Layer
    rows: int
    epoch: int

    @property
    def table(self) -> str:
        """Name of its gradient table."""
        return ExperimentSchema(self.experiment, (self.layer,)).table(self.layer)

    @property
    def has_noise_scale(self) -> bool:
        """Whether it has weights, and not too many."""
        return self.layer.row_meaning == "input" and self.rows * self.layer.width <= MOST_WEIGHTS


def unsummed(engine: Engine, run_id: int | None = None) -> list[Unsummed]:
    """Return what is to be summed up, of all runs with gradient tables or of one.

    Raises ObjectError where the database is not migrated.
    """
    summed, counted = epoch_layers.c, layer_histograms.c
    same = (counted.run_id == summed.run_id, counted.layer == summed.layer)
    done = select(1).where(*same, counted.epoch == summed.epoch).exists()
    columns = (layers.c.layer, layers.c.layer_name, layers.c.width, layers.c.row_meaning)
    query = (
        select(summed.run_id, runs.c.experiment, layers.c.row_count, summed.epoch, *columns)
        .join_from(epoch_layers, runs, runs.c.run_id == summed.run_id)
        .join(layers, (layers.c.run_id == summed.run_id) & (layers.c.layer == summed.layer))
        .where(layers.c.kept == "full", ~done)
        .order_by(summed.run_id, summed.layer, summed.epoch)
    )
    if run_id is not None:
        query = query.where(summed.run_id == run_id)
    with engine.connect() as connection:
        require_migrated(connection)
        return [
            Unsummed(run, experiment, Layer(*layer), rows, epoch)
            for run, experiment, rows, epoch, *layer in connection.execute(query)
        ]


def sum_up(engine: Engine, parts: list[Unsummed], advance: Say, say: Say) -> None:
    """Sum up every part, in a transaction of its own; `advance` hears of each once it is done.

    A run that another process trains or removes is left out, and `say` hears of it.
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
    if part.has_noise_scale:
        view = quoted(f"{part.experiment}_layer_{part.layer.number}_noise_scale")
        noise = text(
            f"SELECT {', '.join(NOISE)} FROM {view} "  # noqa: S608
            "WHERE run_id = :run_id AND Epoch = :epoch"
        )
        if found := connection.execute(noise, place).one_or_none():
            mine = [epoch_layers.c[name] == bindparam(f"own_{name}") for name in place]
            values = {f"own_{name}": value for name, value in place.items()}
            connection.execute(update(epoch_layers).where(*mine), values | found._asdict())
    steps = step_statistics.c
    known = select(steps.step).where(*(steps[name] == value for name, value in place.items()))
    recorded = list(connection.scalars(known.order_by(steps.step)))
    # As a DOUBLE, since a FLOAT is shown with six digits.
    cells = ", ".join(f"CAST({name} AS DOUBLE)" for name in gradient_columns(part.layer.width))
    rows = text(
        f"SELECT {cells} FROM {quoted(part.table)} "  # noqa: S608
        "WHERE run_id = :run_id AND Epoch = :epoch AND Step = :step"
    )
    for step in sorted({*recorded[::COUNTED], *recorded[-1:]}):
        stored = [tuple(row) for row in connection.execute(rows, {**place, "step": step})]
        counts = by_exponent(storable_magnitudes(np.array(stored, np.float64)))
        counted = [
            {**place, "step": step, "exponent": exponent, "cells": cells}
            for exponent, cells in counts
        ]
        connection.execute(insert(layer_histograms), counted)
