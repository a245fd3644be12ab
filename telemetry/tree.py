"""Trees of arrays, the form of gradients in JAX and others: names, rows and columns."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import is_dataclass
from typing import Any

import numpy as np

from vanishing_gradients.telemetry.chunk import scaled_norms
from vanishing_gradients.telemetry.errors import WatchError
from vanishing_gradients.telemetry.watched_layers import StepUpdate, WatchedLayer

TORCH = "torch"


def named_arrays(tree: Any) -> tuple[dict[str, np.ndarray], str]:
    """Return the arrays of a tree by their paths, joined by dots, and their library.

    Raises WatchError if there are none, or something other than arrays.
    """
    leaves = dict(_leaves(tree, ""))
    if not leaves:
        raise WatchError("w.step got no gradients: pass it a mapping of names to arrays")
    libraries = {type(each).__module__.partition(".")[0] for each in leaves.values()}
    source = "torch" if TORCH in libraries else "jax"
    return {name: _array(each) for name, each in leaves.items()}, source


def layer(name: str, array: np.ndarray, source: str) -> WatchedLayer:
    """Return the layer to record for an array of that name."""
    rows, width = matrix(array, source).shape
    weights = array.ndim > 1
    kind = "parameter" if weights else "bias"
    return WatchedLayer(
        name,
        kind,
        "dense" if array.ndim == 2 else kind,
        "input" if weights else "element",
        rows,
        width,
        {"shape": list(array.shape), "dtype": str(array.dtype)},
        array.ndim,
        parameters=array.size,
    )


def matrix(array: np.ndarray, source: str) -> np.ndarray:
    """Return an array as (rows, neurons): neurons are in its last dimension, in torch its first."""
    if array.ndim < 2:
        return array.reshape(1, -1)
    if source == TORCH:
        return array.reshape(len(array), -1).T
    return array.reshape(-1, array.shape[-1])


def norms(params: Any, updates: Any) -> dict[str, StepUpdate]:
    """Return norms of weights and, if given, of what is added to them, by name."""
    weights, _ = named_arrays(params)
    changes = {} if updates is None else named_arrays(updates)[0]
    return {
        name: StepUpdate(
            float("nan"), _norm(each), _norm(changes[name]) if name in changes else float("nan")
        )
        for name, each in weights.items()
    }


def _norm(array: np.ndarray) -> float:
    flat = array.astype(np.float64).reshape(1, -1)
    return float(scaled_norms(flat)[0]) if flat.any() else 0.0


def _leaves(tree: Any, path: str) -> Iterator[tuple[str, Any]]:
    if tree is None:
        return
    if hasattr(tree, "shape") and hasattr(tree, "dtype"):
        yield path or "weights", tree
        return
    members: Iterable[tuple[Any, Any]]
    if isinstance(tree, Mapping):
        members = tree.items()
    elif hasattr(tree, "_asdict"):
        members = tree._asdict().items()
    elif isinstance(tree, list | tuple):
        members = enumerate(tree)
    elif is_dataclass(tree):
        members = vars(tree).items()
    else:
        raise WatchError(
            f"w.step got a {type(tree).__name__} at {path or 'its top'}: pass it arrays, in "
            "mappings, lists or tuples"
        )
    for key, value in members:
        yield from _leaves(value, f"{path}.{key}" if path else str(key))


def _array(leaf: Any) -> np.ndarray:
    if type(leaf).__module__.partition(".")[0] == TORCH:
        from vanishing_gradients.telemetry.torch_tensors import in_numpy

        return in_numpy(leaf.detach())
    array = np.asarray(leaf)
    if array.dtype.kind != "f" or array.dtype.itemsize < 4:  # bfloat16 has a kind of its own
        array = array.astype(np.float32)
    return array
