"""The query of how far apart the neurons of a layer are."""

import pandas as pd
from sqlalchemy import Connection

from vanishing_gradients.analysis.columns import IN_LAYER
from vanishing_gradients.analysis.queries.frames import of_run

NEURON_RANGES = (
    IN_LAYER
    | {"width": "int64"}
    | dict.fromkeys(("least", "largest", "mean"), "float64")
    | {"dead": "int64", "saturated": "float64", "saturated_neurons": "float64"}
)


def neuron_ranges(connection: Connection, run_id: int) -> pd.DataFrame:
    """Return the least, largest and mean gradient of a layer's neurons, one row an (epoch, layer).

    As magnitudes, each the mean over the epoch. `dead` and `saturated_neurons` are how many neurons
    were so for every sample, `saturated` the fraction of all values; the latter two are NaN in a
    layer that cannot saturate. Runs of older versions have no rows: NoRowsError.
    """
    return of_run(connection, "neuron_ranges", NEURON_RANGES, run_id)
