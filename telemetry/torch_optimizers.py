"""PyTorch optimizers, and the loss scaler that may be used with them."""

import gc
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from vanishing_gradients.telemetry.errors import WatchError

if TYPE_CHECKING:
    import torch


def unwrapped(optimizer: Any) -> Any:
    """Return the PyTorch optimizer inside wrappers; raises WatchError if there is none."""
    from torch.optim import Optimizer

    while isinstance(inner := getattr(optimizer, "optimizer", None), Optimizer):
        optimizer = inner
    if not isinstance(optimizer, Optimizer):
        raise WatchError(
            f"{type(optimizer).__name__} is not a PyTorch optimizer: give watch a model and "
            "its optimizer, or neither, to use w.step(grads, params)"
        )
    return optimizer


def trained(optimizers: "Sequence[torch.optim.Optimizer]") -> "list[torch.Tensor]":
    """Return the parameters that the optimizers currently train."""
    return [
        parameter
        for optimizer in optimizers
        for group in optimizer.param_groups
        for parameter in group["params"]
        if parameter.requires_grad
    ]


def fused_scale(optimizer: Any) -> float | None:
    """Return the scale of the gradients that a fused optimizer is about to unscale itself."""
    scale = getattr(optimizer, "grad_scale", None)
    return None if scale is None else float(scale)


def found_infinity(optimizer: Any) -> bool:
    """Return whether a fused optimizer will skip its step because a scaler found infinities."""
    found = getattr(optimizer, "found_inf", None)
    return found is not None and bool(float(found))


def find_scaler(optimizers: "Sequence[torch.optim.Optimizer]") -> Any:
    """Find the loss scaler of these optimizers; None if there is none.

    The scaler knows its optimizers, but only between its step and its update; they do not know it.
    """
    ours = {id(each) for each in optimizers}
    return next((each for each in _scalers() if ours & set(each._per_optimizer_states)), None)


def scales() -> "WeakKeyDictionary[Any, float]":
    """Return the current scale of every scaler that has scaled a loss."""
    return WeakKeyDictionary({each: each.get_scale() for each in _used()})


def smaller_scaler(before: Mapping[Any, float]) -> Any:
    """Return the scaler whose scale is lower than in `before`, or than initially, if there is
    exactly one; else None."""
    smaller = [each for each in _used() if each.get_scale() < before.get(each, each._init_scale)]
    return smaller[0] if len(smaller) == 1 else None


def _used() -> Iterator[Any]:
    return (each for each in _scalers() if each._scale is not None)


def _scalers() -> Iterator[Any]:
    from torch.amp.grad_scaler import GradScaler

    for each in gc.get_objects():
        # Not isinstance: some objects override it with a computation.
        if issubclass(type(each), GradScaler) and each.is_enabled():
            yield each
