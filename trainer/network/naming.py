"""A layer's name says its place and its kind: layer_1_input, layer_2_sigmoid, layer_3_hidden."""

from collections.abc import Iterable


def layer_names(kinds: Iterable[str]) -> list[str]:
    """Name the layers of a network from their kinds, first to last.

    Numbers run from 1 over all layers, as in the paper's Figure 7. The first dense layer is the
    input layer, every other dense layer is hidden, and all others are called by their kind.
    """
    names = []
    roles = iter(["input"])
    for number, kind in enumerate(kinds, start=1):
        role = next(roles, "hidden") if kind == "dense" else kind
        names.append(f"layer_{number}_{role}")
    return names
