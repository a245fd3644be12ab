"""Queries of what a lossy storage makes of norms and ratios."""

import pandas as pd
from sqlalchemy import Connection

from vanishing_gradients.analysis.columns import HYPOTHESES, NORM, STORED_RATIO
from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.queries.frames import constant, of_layer

LAST_EPOCH = 65535
"""The last that a gradient table can hold."""


def storage_hypotheses(connection: Connection) -> pd.DataFrame:
    """Return the storages that stored_norm_avg and stored_ratio_avg can be asked for, one a row."""
    return constant(connection, "storage_hypotheses", HYPOTHESES)


def stored_norm_avg(
    connection: Connection,
    experiment: str,
    layer: int,
    run_id: int,
    decimals: int,
    filler: float,
    epochs: tuple[int, int] | None = None,
) -> pd.DataFrame:
    """Return a layer's mean row norm after a lossy storage, one row an epoch.

    Every value is rounded to `decimals` places, and `filler` stands in each column up to the 128th
    that the layer does not use. Reads every cell of the run, or of `epochs`, first and last. Raises
    NoRowsError for what is not in storage_hypotheses.
    """
    return of_layer(
        connection,
        "stored_norm_avg",
        "{0}_layer_{1}_stored_norm_avg",
        NORM,
        experiment,
        layer,
        run_id,
        values=_asked(connection, decimals, filler, epochs),
    )


def stored_ratio_avg(
    connection: Connection,
    experiment: str,
    layer: int,
    run_id: int,
    decimals: int,
    filler: float,
    epochs: tuple[int, int] | None = None,
) -> pd.DataFrame:
    """Return the stored norm of layer + 1 over that of `layer`, as stored_norm_avg gives them.

    `ratio` is NaN where it is undefined; `numerator` and `denominator` tell x / 0 from 0 / 0.
    """
    return of_layer(
        connection,
        "stored_ratio_avg",
        "{0}_ratio_{2}_{1}_stored_avg",
        STORED_RATIO,
        experiment,
        layer,
        run_id,
        values=_asked(connection, decimals, filler, epochs),
        ratio=f"ratio_{layer + 1}_{layer}",
    )


def _asked(
    connection: Connection, decimals: int, filler: float, epochs: tuple[int, int] | None
) -> dict[str, int | float]:
    known = storage_hypotheses(connection)
    for name, value in (("decimals", decimals), ("filler", filler)):
        if value not in set(known[name]):
            choices = ", ".join(f"{each:g}" for each in sorted(set(known[name])))
            raise NoRowsError(
                f"There is no storage hypothesis of {name} {value:g}: choose one of {choices}."
            )
    first, last = epochs or (1, LAST_EPOCH)
    return {"decimals": decimals, "filler": filler, "first_epoch": first, "last_epoch": last}
