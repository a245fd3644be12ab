"""Queries of one layer of an experiment that read every cell of what is asked for."""

from collections.abc import Sequence

import pandas as pd
from sqlalchemy import Connection

from vanishing_gradients.analysis.columns import DISTRIBUTION, LAYER_NEURONS, NOISE
from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.queries.frames import (
    layer_of,
    of_cells,
    of_layer,
    why_empty,
)


def distribution(
    connection: Connection,
    experiment: str,
    layer: int,
    run_id: int,
    epoch: int,
    steps: Sequence[int] | None = None,
) -> pd.DataFrame:
    """Return a layer's gradient values in an epoch by magnitude, one row a (step, decade).

    `decade` is NaN for exact zeros; the lowest and the highest take whatever lies beyond. With
    `steps` only theirs, and only their cells are read.
    """
    asked = {} if steps is None else {"steps": [int(step) for step in steps]}
    return of_layer(
        connection,
        "distribution" if steps is None else "distribution_of_steps",
        "{0}_layer_{1}_distribution",
        DISTRIBUTION,
        experiment,
        layer,
        run_id,
        values={"epoch": epoch, **asked},
    )


def noise_scale(
    connection: Connection,
    experiment: str,
    layer: int,
    run_id: int,
    epoch: int,
) -> pd.DataFrame:
    """Return the simple gradient noise scale of a layer with weights, in samples, of an epoch.

    McCandlish et al., 2018, https://arxiv.org/abs/1812.06162.
    """
    return of_layer(
        connection,
        "noise_scale",
        "{0}_layer_{1}_noise_scale",
        NOISE,
        experiment,
        layer,
        run_id,
        values={"epoch": epoch},
    )


def layer_neurons(
    connection: Connection, experiment: str, layer: int, run_id: int, epoch: int
) -> pd.DataFrame:
    """Return a layer's neurons in one epoch as `neurons` has them, but from the cells."""
    own = layer_of(connection, run_id, layer)
    frame = of_cells(
        connection, "layer_neurons", LAYER_NEURONS, experiment, own, run_id, epoch=epoch
    )
    if frame.empty:
        raise NoRowsError(why_empty(connection, f"table {experiment}_{own.name}", run_id))
    return frame
