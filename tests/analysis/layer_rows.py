"""Rows of layer_sizes, for figures drawn from hand-made rows."""

import pandas as pd

DENSE = ("input", "hidden")


def layers_of(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the layers of `rows`, which have layer and layer_name, and run_id if of several runs.

    The last word of a name is the layer's kind: layer_1_input and layer_3_hidden are dense.
    """
    keys = [name for name in ("run_id", "layer", "layer_name") if name in rows]
    found = rows[keys].drop_duplicates()
    kinds = found["layer_name"].str.rpartition("_")[2].replace(dict.fromkeys(DENSE, "dense"))
    weights = kinds.isin(("dense", "projection"))
    return found.assign(kind=kinds, row_meaning=weights.map({True: "input", False: "sample"}))


def layers_named(names: dict[int, str]) -> pd.DataFrame:
    """Return the layers of a network, from number -> name."""
    return layers_of(pd.DataFrame({"layer": list(names), "layer_name": list(names.values())}))
