"""Norms of weights and of their change in a step, in PyTorch: with one synchronisation."""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from vanishing_gradients.telemetry.watched_layers import StepUpdate

if TYPE_CHECKING:
    import torch

SMALL = 1e-140
"""Below it squares lose digits or underflow, even in double precision."""


class _Part(Protocol):
    """A part of a parameter."""

    @property
    def own(self) -> "Callable[[torch.Tensor], torch.Tensor]":
        """Cut it out of a tensor of the parameter's shape."""


class Weight(Protocol):
    """A weight whose norms are taken."""

    @property
    def parameter(self) -> "torch.Tensor":
        """The tensor that it is a part of."""

    @property
    def part(self) -> _Part:
        """The part of it."""


class UpdateNorms:
    """Computes the norms of weights before a step, and those of their change after it."""

    def __init__(self) -> None:
        self._weights: list[Weight] = []
        self._copies: dict[int, torch.Tensor] = {}
        self._changed: dict[int, torch.Tensor] = {}
        self._before: list[torch.Tensor] = []
        self._clipped: list[torch.Tensor] = []

    def before(self, weights: Sequence[Weight], clipped: bool) -> None:
        """Remember `weights`, which the next step may change.

        `clipped` says that gradients were recorded before clipping, so their norms are taken now.
        """
        import torch

        with torch.no_grad():
            parameters = {id(each.parameter): each.parameter.detach() for each in weights}
            for number, parameter in parameters.items():
                if number not in self._copies:
                    self._copies[number] = torch.empty_like(parameter)
            own = list(parameters.values())
            torch._foreach_copy_([self._copies[number] for number in parameters], own)
            self._changed |= parameters
            self._weights += weights
            self._before += norms([each.part.own(each.parameter.detach()) for each in weights])
            if clipped:
                self._clipped += norms([_gradient(each) for each in weights])

    def after(self) -> dict[int, StepUpdate]:
        """Return the update of each weight that `before` got, by its id."""
        import torch

        if not self._weights:
            return {}
        with torch.no_grad():
            copies = [self._copies[number] for number in self._changed]
            torch._foreach_sub_(copies, list(self._changed.values()))
            own = [each.part.own(self._copies[id(each.parameter)]) for each in self._weights]
            found = torch.stack([*self._before, *norms(own), *self._clipped]).tolist()
        count = len(self._weights)
        before, changes, clipped = found[:count], found[count : 2 * count], found[2 * count :]
        if len(clipped) != count:
            clipped = [math.nan] * count
        rows = zip(self._weights, clipped, before, changes, strict=True)
        updates = {id(each): StepUpdate(*row) for each, *row in rows}
        self._weights, self._before, self._clipped, self._changed = [], [], [], {}
        return updates


def norms(tensors: "Sequence[torch.Tensor]") -> "list[torch.Tensor]":
    """Return the L2 norm of each tensor, in double precision, however small its values are.

    Single-precision squares never underflow in double precision; doubles that would are divided by
    the largest first.
    """
    import torch

    if not tensors:
        return []
    own = [torch.view_as_real(each) if each.is_complex() else each for each in tensors]
    found = list(torch._foreach_norm(own, 2, dtype=torch.float64))
    for place, tensor in enumerate(own):
        if tensor.dtype == torch.float64 and tensor.numel() and found[place] < SMALL:
            largest = tensor.abs().max()
            if largest > 0:
                found[place] = torch.linalg.vector_norm(tensor / largest) * largest
    return found


def _gradient(weight: Weight) -> "torch.Tensor":
    gradient = weight.parameter.grad
    assert gradient is not None, "weights without a gradient are not measured"
    if gradient.is_sparse:
        return gradient.detach().coalesce().values()
    return weight.part.own(gradient.detach())
