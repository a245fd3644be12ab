"""The weights of a PyTorch model that are watched, and their gradients."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vanishing_gradients.telemetry.torch_layers import WeightPart, weight_parts
from vanishing_gradients.telemetry.torch_tensors import description, in_numpy, plain
from vanishing_gradients.telemetry.watched_layers import StepGradient, Wanted, WatchedLayer

if TYPE_CHECKING:
    import torch


@dataclass
class Weight:
    """A weight, or a part of one, that is watched; `names` are its others, where it is tied."""

    module: "torch.nn.Module"
    path: str
    parameter: "torch.Tensor"
    part: WeightPart
    source_name: str
    names: tuple[str, ...]

    def layer(self, frozen: bool) -> WatchedLayer:
        """Return what is recorded of it."""
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
        """Whether only those of its rows have a gradient whose tokens a batch had."""
        return self.part.touched and not self.names

    def of_step(
        self, number: int, scale: float | None, tokens: "list[torch.Tensor] | None"
    ) -> StepGradient:
        """Return its gradient, divided by `scale` where there is one.

        `tokens` are those that it, an embedding, was given; None where they are not known.
        """
        import torch

        gradient = self.parameter.grad
        assert gradient is not None, "a weight without a gradient has none at this step"
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
        return StepGradient(number, in_numpy(cells), None, rows)


def find_weights(model: "torch.nn.Module", wanted: Wanted, biases: bool) -> Iterator[Weight]:
    """Yield the weights of a model that are wanted, each once, in the order of definition."""
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
