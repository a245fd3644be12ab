"""Queries of what goes on within the layers of a run; runs of older versions have no rows."""

import pandas as pd
from sqlalchemy import Connection

from vanishing_gradients.analysis.columns import DEAD, NEURONS, SATURATION, STEP_NORMS, UPDATES
from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.queries.frames import of_run, rows


def neurons(connection: Connection, run_id: int) -> pd.DataFrame:
    """Return every neuron's gradient, one row an (epoch, layer, neuron).

    `dead` is 1 where all cells were exactly zero, `saturated` the fraction of samples, NaN in a
    layer that is no activation.
    """
    return of_run(connection, "neurons", NEURONS, run_id)


def neurons_of_layer(connection: Connection, run_id: int, layer: int) -> pd.DataFrame:
    """Return the neurons of one layer over time, one row a (neuron, epoch)."""
    frame = rows(connection, "neurons_of_layer", NEURONS, run_id=run_id, layer=layer)
    if frame.empty:
        neurons(connection, run_id)  # which says so where the run has none at all
        raise NoRowsError(
            f"Run {run_id} has no layer {layer}: the view layer_sizes lists those it has."
        )
    return frame


def dead_neurons(connection: Connection, run_id: int) -> pd.DataFrame:
    """Return how many neurons were dead, one row an (epoch, layer)."""
    return of_run(connection, "dead_neurons", DEAD, run_id)


def saturation(connection: Connection, run_id: int) -> pd.DataFrame:
    """Return the fraction of saturated values, one row an (epoch, layer) of activation layers."""
    return of_run(connection, "saturation", SATURATION, run_id)


def update_ratios(connection: Connection, run_id: int) -> pd.DataFrame:
    """Return how far a step moves the weights, one row an (epoch, layer) of layers with weights."""
    return of_run(connection, "update_ratios", UPDATES, run_id)


def step_norms(connection: Connection, run_id: int) -> pd.DataFrame:
    """Return how the norm of the whole gradient varies over steps, one row an (epoch, layer)."""
    return of_run(connection, "step_norms", STEP_NORMS, run_id)
