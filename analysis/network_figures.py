"""Figures of what goes on within a run's layers, from the views that have rows of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from sqlalchemy import Connection

from vanishing_gradients.analysis import figures, queries
from vanishing_gradients.analysis.captions import (
    DEAD,
    DISTRIBUTION,
    NEURONS,
    NOISE,
    SATURATED,
    UPDATE,
)
from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.figures.marks import has_weights
from vanishing_gradients.analysis.runs import Run

MOST_CELLS = {DISTRIBUTION: 10e6, NOISE: 120e6}
"""Gradient values that a figure reads: MySQL 9.7 on two busy cores counted 1 million a second into
decades, and read 4 million for the noise scale."""

OLD = "an older version recorded no such rows: train again for some"
STATISTICS = "only gradient tables can tell, which TELEMETRY=statistics leaves out"
NO_BATCH_SIZE = "the configuration they were registered with names no batch size"
NO_ACTIVATION = "no layer is an activation that can saturate"


@dataclass(frozen=True)
class LeftOut:
    """A kind of figure that a run has no rows for, and why."""

    what: str
    why: str


Drawn = tuple[str, go.Figure] | LeftOut


def of_statistics(connection: Connection, run: Run) -> Iterator[Drawn]:
    """Yield the figures that both kinds of telemetry have rows for."""
    try:
        neurons = queries.neurons(connection, run.run_id)
    except NoRowsError:
        yield LeftOut("dead and saturated neurons, and gradients of neurons", OLD)
    else:
        dead = queries.dead_neurons(connection, run.run_id)
        yield DEAD, figures.dead_neurons(dead, neurons, run)
        if neurons["saturated"].notna().any():
            saturated = queries.saturation(connection, run.run_id)
            yield SATURATED, figures.saturated_neurons(saturated, neurons, run)
        else:
            yield LeftOut("saturated neurons", NO_ACTIVATION)
        yield NEURONS, figures.neuron_gradients(neurons, run)
    try:
        yield UPDATE, figures.update_ratio(queries.update_ratios(connection, run.run_id), run)
    except NoRowsError:
        yield LeftOut("update-to-weight ratios", OLD)


def of_cells(connection: Connection, run: Run, names: Mapping[int, str]) -> Iterator[Drawn]:
    """Yield the figures that only gradient tables have rows for; `names` is of all layers."""
    if run.telemetry != "full":
        yield LeftOut("distributions and noise scales of gradients", STATISTICS)
        return
    expected = queries.expected_rows(connection, run.run_id)
    if expected["steps"].isna().any():
        yield LeftOut("distributions and noise scales of gradients", NO_BATCH_SIZE)
        return
    yield DISTRIBUTION, _distribution(connection, run, names, expected)
    yield NOISE, _noise(connection, run, names, expected)


def _distribution(
    connection: Connection, run: Run, names: Mapping[int, str], expected: pd.DataFrame
) -> go.Figure:
    epochs = sorted({1, run.epochs})
    every = run.record_every
    in_all = -(-int(expected["steps"].iloc[0]) // every)
    of_a_step = float((expected["layer_rows"] * expected["width"]).sum()) * len(epochs)
    places = _chosen(in_all, int(MOST_CELLS[DISTRIBUTION] // of_a_step))
    steps = [1 + (place - 1) * every for place in places]
    parts = [
        queries.distribution(connection, run.experiment, layer, run.run_id, epoch, steps).assign(
            layer=layer
        )
        for layer in names
        for epoch in epochs
    ]
    cells = pd.concat(parts, ignore_index=True)
    return figures.gradient_distribution(cells, names, (len(steps), in_all), run)


def _noise(
    connection: Connection, run: Run, names: Mapping[int, str], expected: pd.DataFrame
) -> go.Figure:
    own = {layer: name for layer, name in names.items() if has_weights(name)}
    weights = expected[expected["layer"].isin(own)]
    of_a_step = float((weights["layer_rows"] * weights["width"]).sum())
    of_an_epoch = of_a_step * -(-int(expected["steps"].iloc[0]) // run.record_every)
    epochs = _chosen(run.epochs, int(MOST_CELLS[NOISE] // of_an_epoch))
    parts = [
        queries.noise_scale(connection, run.experiment, layer, run.run_id, epoch).assign(
            layer=layer, layer_name=name
        )
        for layer, name in own.items()
        for epoch in epochs
    ]
    scales = pd.concat(parts, ignore_index=True)
    return figures.noise_scale(scales, int(expected["batch_size"].iloc[0]), run)


def _chosen(last: int, most: int) -> list[int]:
    """Return whole numbers from 1 to `last`, evenly spaced with both ends where they are many."""
    if last <= max(most, 2):
        return list(range(1, last + 1))
    return np.unique(np.linspace(1, last, max(most, 2)).round().astype("int64")).tolist()
