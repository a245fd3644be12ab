"""The watched weights of a PyTorch model, and their gradients."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from vanishing_gradients.telemetry.torch_layers import WeightPart, weight_parts
from vanishing_gradients.telemetry.torch_tensors import description, in_numpy, plain
from vanishing_gradients.telemetry.watched_layers import StepGradient, Wanted, WatchedLayer

if TYPE_CHECKING:
    import torch


class Place(NamedTuple):
    """The memory layout of a weight's matrix within a gradient, in bytes.

    Valid for gradients on the CPU with these `strides` and this type.
    """

    strides: tuple[int, ...]
    dtype: "torch.dtype"
    shape: tuple[int, ...]
    offset: int
    own_strides: tuple[int, ...]

    def matrix(self, gradient: "torch.Tensor") -> np.ndarray:
        """Return the matrix, which shares the gradient's memory."""
        cells = gradient.detach().numpy()
        return np.ndarray(self.shape, cells.dtype, cells, self.offset, self.own_strides)


@dataclass
class Weight:
    """A watched weight, or a part of one; `names` are its others if it is tied."""

    module: "torch.nn.Module"
    path: str
    parameter: "torch.Tensor"
    part: WeightPart
    source_name: str
    names: tuple[str, ...]
    _place: Place | None = field(default=None, init=False, repr=False)

    def layer(self, frozen: bool) -> WatchedLayer:
        """Return the layer to record."""
        matrix = self.part.matrix(self.part.own(self.parameter.detach()))
        rows, width = matrix.shape
        return WatchedLayer(
            self.source_name + self.part.suffix,
            self.part.role,
            self.part.kind,
            self.part.row_meaning,
            rows,
            width * (2 if self.parameter.is_complex() else 1),
            description(self.parameter, self.names),
            parameters=rows * width,
            frozen=frozen,
        )

    @property
    def by_token(self) -> bool:
        """Whether only the rows of tokens in the batch have a gradient."""
        return self.part.touched and not self.names

    def of_step(
        self, number: int, scale: float | None, tokens: "list[torch.Tensor] | None"
    ) -> StepGradient:
        """Return its gradient, divided by `scale` if given.

        `tokens` are those that an embedding was given; None if unknown.
        """
        import torch

        gradient = self.parameter.grad
        assert gradient is not None, "a weight without a gradient has none at this step"
        if not self.part.touched and not scale and self._lies_as_before(gradient):
            assert self._place is not None
            return StepGradient(number, self._place.matrix(gradient))
        gradient, index = gradient.detach(), None
        if gradient.is_sparse:
            gradient = gradient.coalesce()
            index, cells = gradient.indices()[0], gradient.values()
        else:
            cells = self.part.matrix(self.part.own(gradient))
            if self.by_token and tokens:
                index = torch.unique(torch.cat([each.reshape(-1) for each in tokens]))
            elif self.by_token:
                index = cells.any(dim=1).nonzero().reshape(-1)
            if index is not None:
                cells = cells[index]
        if scale:
            cells = cells / scale
        rows = None
        if self.part.touched:
            rows = np.arange(len(cells)) if index is None else in_numpy(index)
        elif not gradient.is_sparse:
            self._place = _place(gradient, lambda tensor: self.part.matrix(self.part.own(tensor)))
        return StepGradient(number, in_numpy(cells), None, rows)

    def _lies_as_before(self, gradient: "torch.Tensor") -> bool:
        place = self._place
        return (
            place is not None
            and gradient.dtype is place.dtype
            and gradient.stride() == place.strides
            and gradient.is_cpu
        )


def _place(
    gradient: "torch.Tensor", matrix: "Callable[[torch.Tensor], torch.Tensor]"
) -> Place | None:
    """Return the layout of a weight's matrix in its gradient; None if the matrix is a copy, or
    NumPy does not know the type."""
    import torch

    plain = gradient.is_cpu and gradient.dtype in (torch.float32, torch.float64)
    if type(gradient) is not torch.Tensor or not plain or not gradient.is_contiguous():
        return None
    cells = matrix(gradient)
    if cells.untyped_storage().data_ptr() != gradient.untyped_storage().data_ptr():
        return None
    size = cells.element_size()
    offset = (cells.storage_offset() - gradient.storage_offset()) * size
    strides = tuple(size * each for each in cells.stride())
    return Place(gradient.stride(), gradient.dtype, tuple(cells.shape), offset, strides)


def find_weights(model: "torch.nn.Module", wanted: Wanted, biases: bool) -> Iterator[Weight]:
    """Yield the wanted weights of a model, each once, in the order of definition."""
    names: dict[int, list[str]] = {}
    for name, parameter in model.named_parameters(remove_duplicate=False):
        names.setdefault(id(parameter), []).append(plain(name))
    seen: set[int] = set()
    for path, module in model.named_modules():
        for name, parameter in module.named_parameters(recurse=False):
            if id(parameter) in seen or (parameter.ndim <= 1 and not biases):
                continue
            seen.add(id(parameter))
            own, *others = names[id(parameter)]
            for part in weight_parts(module, name, parameter):
                if wanted.takes(own + part.suffix):
                    yield Weight(module, path, parameter, part, own, tuple(others))
