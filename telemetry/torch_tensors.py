"""PyTorch tensors as rows of neurons, and as NumPy arrays."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import torch


def neurons_last(tensor: "torch.Tensor", channels_first: bool) -> "torch.Tensor":
    """Return a view of a signal as (..., neurons).

    Neurons are in the last dimension, or with `channels_first` in the second of (samples, neurons,
    ...); a vector is one neuron.
    """
    if tensor.ndim < 2:
        return tensor.reshape(-1, 1)
    return tensor.movedim(1, -1) if channels_first else tensor


def in_numpy(tensor: "torch.Tensor") -> "np.ndarray":
    """Return a matrix as an array that shares its memory if possible.

    Half precisions become single, which represents each of their values exactly; complex numbers
    become real and imaginary parts side by side.
    """
    import torch

    if tensor.dtype in (torch.float16, torch.bfloat16):
        tensor = tensor.float()
    if tensor.is_complex():
        tensor = torch.view_as_real(tensor.resolve_conj()).flatten(-2)
    array: np.ndarray = tensor.cpu().resolve_neg().numpy()
    return array


def description(tensor: "torch.Tensor", names: Sequence[str]) -> dict[str, Any]:
    """Return the content of `layers.tensor`: shape, type, and other names of tied weights."""
    found: dict[str, Any] = {
        "shape": list(tensor.shape),
        "dtype": str(tensor.dtype).removeprefix("torch."),
    }
    return found | ({"names": list(names)} if names else {})


def first_tensor(value: Any, with_gradient: bool = False) -> "torch.Tensor | None":
    """Return the first tensor in a module's arguments or result; in a mapping, `logits` first.

    `with_gradient` accepts only a floating-point tensor that has a gradient and is not a scalar.
    """
    import torch

    if type(value) is tuple and value and not with_gradient and type(value[0]) is torch.Tensor:
        return value[0]
    if isinstance(value, torch.Tensor):
        fits = value.is_floating_point() and value.requires_grad and value.ndim > 0
        return value if fits or not with_gradient else None
    if isinstance(value, Mapping):
        value = [value["logits"]] if "logits" in value else list(value.values())
    if isinstance(value, list | tuple):
        for each in value if with_gradient else value[:1]:
            if (found := first_tensor(each, with_gradient)) is not None:
                return found
    return None


def plain(path: str) -> str:
    """Return the path of a parameter or module without the parts added by wrappers."""
    return path.replace("_orig_mod.", "").removeprefix("module.").removesuffix("_orig_mod")


def is_sharded(parameter: "torch.Tensor") -> bool:
    """Return whether each process has only a part of a parameter."""
    return hasattr(parameter, "device_mesh") or type(parameter).__name__ == "FlatParameter"
