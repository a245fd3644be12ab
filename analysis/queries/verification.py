"""Queries of what a run is to hold and what it holds, step by step; their frames may be empty."""

import pandas as pd
from sqlalchemy import Connection

from vanishing_gradients.analysis.columns import (
    CELL_SUMS,
    CHUNKS,
    EXPECTED,
    INDEX_SUMS,
    NEURON_EPOCHS,
    RECORDED,
    RECORDED_EPOCHS,
    RECORDED_NEURONS,
    RUN_SUMMARY,
)
from vanishing_gradients.analysis.queries.frames import layer_of, of_cells, rows


def expected_rows(connection: Connection, run_id: int) -> pd.DataFrame:
    """Return what each epoch of a run is to hold, one row a layer."""
    return rows(connection, "expected_rows", EXPECTED, run_id=run_id)


def run_summary(connection: Connection, run_id: int) -> pd.DataFrame:
    """Return, in one row, what experiment_summary says of a run's epochs and rows."""
    return rows(connection, "run_summary", RUN_SUMMARY, run_id=run_id)


def recorded_epochs(connection: Connection, run_id: int) -> pd.DataFrame:
    """Return of how many steps a run has statistics, one row a (layer, epoch) that has any.

    `norms` counts the steps of which it has norms of weights, which older versions did not record.
    """
    return rows(connection, "recorded_epochs", RECORDED_EPOCHS, run_id=run_id)


def neuron_epochs(connection: Connection, run_id: int) -> pd.DataFrame:
    """Return of how many neurons a run has statistics, one row a (layer, epoch) that has any."""
    return rows(connection, "neuron_epochs", NEURON_EPOCHS, run_id=run_id)


def recorded_statistics(
    connection: Connection, run_id: int, layer: int, epoch: int
) -> pd.DataFrame:
    """Return a layer's statistics in one epoch as the trainer recorded them, one row a step."""
    return rows(
        connection, "recorded_statistics", RECORDED, run_id=run_id, layer=layer, epoch=epoch
    )


def recorded_neurons(connection: Connection, run_id: int, layer: int, epoch: int) -> pd.DataFrame:
    """Return a layer's neurons in one epoch as the trainer counted them, one row a neuron."""
    return rows(
        connection, "recorded_neurons", RECORDED_NEURONS, run_id=run_id, layer=layer, epoch=epoch
    )


def recorded_chunks(connection: Connection, run_id: int) -> pd.DataFrame:
    """Return the chunks of a run that are said to be stored."""
    return rows(connection, "recorded_chunks", CHUNKS, run_id=run_id)


def cell_sums(
    connection: Connection, experiment: str, layer: int, run_id: int, epoch: int
) -> pd.DataFrame:
    """Return a layer's sums over its cells in one epoch, one row a step. Reads every cell of it."""
    own = layer_of(connection, run_id, layer)
    return of_cells(connection, "cell_sums", CELL_SUMS, experiment, own, run_id, epoch=epoch)


def index_sums(
    connection: Connection, experiment: str, layer: int, run_id: int, epoch: int
) -> pd.DataFrame:
    """Return a layer's sums of Norm and Mean in one epoch, from their index, one row a step."""
    own = layer_of(connection, run_id, layer)
    return of_cells(connection, "index_sums", INDEX_SUMS, experiment, own, run_id, epoch=epoch)
