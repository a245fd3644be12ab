"""A PyTorch model while it is watched: what its gradients are when its optimizer gets them.

Weights are read in hooks of the optimizer, where gradients have been accumulated, unscaled and
reduced; gradients by the inputs of activations come by hooks of tensors, which a forward pass makes
and forgets. Nothing is attached to modules or parameters.
"""

import gc
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from vanishing_gradients.telemetry.errors import WatchError
from vanishing_gradients.telemetry.torch_activations import TorchActivation, activation_of
from vanishing_gradients.telemetry.torch_layers import WeightPart, weight_parts
from vanishing_gradients.telemetry.torch_norms import UpdateNorms
from vanishing_gradients.telemetry.torch_tensors import (
    as_rows,
    description,
    first_tensor,
    in_numpy,
    is_sharded,
)
from vanishing_gradients.telemetry.watched_layers import (
    OUTPUT,
    StepGradient,
    StepUpdate,
    Wanted,
    WatchedLayer,
)

if TYPE_CHECKING:
    import torch

Key = tuple[str, int]
"""Source name of an activation, and which call of it in a forward pass, from 1."""
CHANNELS_FIRST = ("Conv", "BatchNorm", "InstanceNorm", "GroupNorm", "SyncBatchNorm")
CHANNELS_LAST = ("Linear", "Bilinear", "Embedding", "LayerNorm", "RMSNorm", "MultiheadAttention")
"""Beginnings and ends of the names of classes after which neurons are in that dimension."""


class StepTaker(Protocol):
    """Who is told of steps."""

    def wanted(self) -> bool:
        """Whether the step that comes is to be recorded."""

    def begin(self, layers: Sequence[WatchedLayer], before_clipping: bool, single: bool) -> None:
        """Hear once, at the first step that is recorded, what there is."""

    def take(self, gradients: Sequence[StepGradient | None]) -> bool:
        """Take copies of one step's gradients; False leaves the step out."""

    def take_updates(self, updates: Sequence[StepUpdate | None]) -> None:
        """Hear what the step did that was taken last."""

    def step_done(self) -> None:
        """Hear that a step is over, recorded or not."""

    def note(self, sentence: str) -> None:
        """Hear once of what is good to know."""


@dataclass
class _Weight:
    """A weight, or a part of one, that is watched."""

    module: "torch.nn.Module"
    parameter: "torch.Tensor"
    part: WeightPart
    source_name: str
    names: tuple[str, ...]

    def layer(self, trained: bool) -> WatchedLayer:
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
            frozen=not trained,
        )


@dataclass
class _Signal:
    """An activation's input, a probe or the output, as met in the first forward pass."""

    key: Key
    activation: TorchActivation | None
    shape: tuple[int, ...]
    dtype: str
    channels_first: bool
    gradients: "list[torch.Tensor]" = field(default_factory=list)
    counts: "list[torch.Tensor]" = field(default_factory=list)

    @property
    def source_name(self) -> str:
        name, call = self.key
        return name if call == 1 else f"{name}#{call}"

    @property
    def width(self) -> int:
        if len(self.shape) < 2:
            return 1
        return self.shape[1] if self.channels_first and len(self.shape) > 2 else self.shape[-1]

    def layer(self) -> WatchedLayer:
        size = 1
        for length in self.shape:
            size *= length
        known = self.activation
        kind = known.kind if known else (OUTPUT if self.key[0] == OUTPUT else "probe")
        return WatchedLayer(
            self.source_name,
            kind,
            kind,
            "sample",
            size // max(1, self.width),
            self.width,
            {"shape": list(self.shape), "dtype": self.dtype},
            len(self.shape),
            gain=known.gain if known else None,
            flat=known.flat if known else None,
        )

    def forget(self) -> None:
        self.gradients.clear()
        self.counts.clear()


class TorchModel:
    """Watches `model`, which `optimizers` train; `taker` hears of every step.

    A step is one of the last of the optimizers. `wanted` chooses layers; `activations`, `updates`
    and `biases` are whether gradients by activations' inputs and by the output, norms of weights
    and their changes, and biases and other vectors are watched.

    Raises WatchError for what cannot be watched.
    """

    def __init__(
        self,
        model: "torch.nn.Module",
        optimizers: "Sequence[torch.optim.Optimizer]",
        taker: StepTaker,
        wanted: Wanted,
        activations: bool,
        updates: bool,
        biases: bool,
    ) -> None:
        self._model, self._taker, self._wanted = model, taker, wanted
        self._optimizers = [unwrapped(each) for each in optimizers]
        self._process = os.getpid()
        self._handles: list[Any] = []
        self._weights = list(self._find_weights(biases))
        self._parameters = {id(each.parameter) for each in self._weights}
        if any(is_sharded(each.parameter) for each in self._weights):
            raise WatchError(
                "the model is sharded (its parameters are DTensors), which cannot be watched: "
                "watch it where it is whole, or hand gradients to w.step(grads, params)"
            )
        self._compiled = _is_compiled(model)
        self._activations = activations and not self._compiled
        self._norms = UpdateNorms() if updates else None
        self._touched: set[int] | None = None
        self._accumulators: list[Any] = []
        # What the current forward pass and the backward passes since the last step have brought.
        self._modules: dict[torch.nn.Module, _Module] = {}
        self._met: list[Any] = []
        self._signals: dict[Key, _Signal] = {}
        self._calls: dict[str, int] = {}
        self._recalls: dict[str, int] = {}
        self._tokens: dict[torch.nn.Module, list[torch.Tensor]] = {}
        self._listening = self._channels_first = False
        self._entries: list[_Weight | _Signal] | None = None
        self._before_clipping = self._taken = self._stepped = False
        self._scaler: Any = None
        self._looked_for_scaler = False
        self._scale = 1.0

    # -- attaching ---------------------------------------------------------------------------------

    def attach(self) -> None:
        """Put all hooks in place."""
        from torch.nn.modules import module as modules

        for optimizer in self._optimizers:
            self._handles.append(optimizer.register_step_pre_hook(self._before_step))
            self._handles.append(optimizer.register_step_post_hook(self._after_step))
        self._touched = set()
        for parameter in {id(each.parameter): each.parameter for each in self._weights}.values():
            self._note_touches(parameter)
        if self._compiled:
            self._taker.note(
                "The model is compiled: weights are watched; gradients by the inputs of "
                "activations, which would cost its speed, are not."
            )
            return
        self._modules = {each.module: each for each in self._find_modules()}
        self._handles.append(modules.register_module_forward_pre_hook(self._enters))
        if self._activations:
            self._handles.append(modules.register_module_forward_hook(self._leaves))

    def detach(self) -> None:
        """Take all hooks away again."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()
        self._accumulators.clear()
        self._modules.clear()
        self._signals.clear()
        self._tokens.clear()

    def before_clipping(self) -> None:
        """Record the gradients of the step that comes as they are now."""
        self._before_clipping = True
        if self._taker.wanted():
            self._take()

    def probe(self, tensor: "torch.Tensor", name: str) -> None:
        """Watch the gradient by a tensor of the forward pass, as if an activation got it."""
        if self._listening and not self._compiled:
            self._signal(name, tensor, None)

    def between_steps(self) -> None:
        """Look whether the loss was scaled so much that a scaler has left out the step.

        To be called between two batches.
        """
        stepped, self._stepped = self._stepped, False
        if stepped or not self._active() or not any(map(_with_gradient, self._optimizers)):
            return
        self._find_scaler()
        if self._scaler is None:
            return
        scale, before = self._scaler.get_scale(), self._scale
        if scale >= before:
            self._scale = scale
            return
        if self._taker.wanted():
            self._take(before)
        self._scale = scale
        self._end_step()

    # -- what there is -----------------------------------------------------------------------------

    def _find_weights(self, biases: bool) -> Iterator[_Weight]:
        names: dict[int, list[str]] = {}
        for name, parameter in self._model.named_parameters(remove_duplicate=False):
            names.setdefault(id(parameter), []).append(plain(name))
        seen: set[int] = set()
        for module in self._model.modules():
            for name, parameter in module.named_parameters(recurse=False):
                if id(parameter) in seen or (parameter.ndim <= 1 and not biases):
                    continue
                seen.add(id(parameter))
                own, *others = names[id(parameter)]
                for part in weight_parts(module, name, parameter):
                    weight = _Weight(module, parameter, part, own, tuple(others))
                    if self._wanted.takes(own + part.suffix):
                        yield weight

    def _find_modules(self) -> "Iterator[_Module]":
        tied = {id(each.parameter) for each in self._weights if each.names}
        for path, module in self._model.named_modules():
            name, kind = plain(path), type(module).__name__
            embeds = any(
                each.module is module and each.part.touched and id(each.parameter) not in tied
                for each in self._weights
            )
            first = any(part in kind for part in CHANNELS_FIRST) and kind != "Conv1D"
            last = any(part in kind for part in CHANNELS_LAST) or kind == "Conv1D"
            order = first if first or last else None
            yield _Module(module, name, activation_of(module), order, embeds)

    def _order(self) -> "list[_Weight | _Signal]":
        """Return all that is watched in the order in which the first forward pass met it."""
        places = {id(each): place for place, each in enumerate(self._met)}
        by_name = dict(self._model.named_modules())

        def place(module: "torch.nn.Module", path: str) -> int:
            while id(module) not in places and path:
                path = path.rpartition(".")[0]
                module = by_name[path]
            return places.get(id(module), -1)

        paths = {module: name for name, module in by_name.items()}
        found: list[tuple[int, int, _Weight | _Signal]] = []
        for number, weight in enumerate(self._weights):
            found.append((place(weight.module, paths[weight.module]), number, weight))
        for signal in self._signals.values():
            if self._wanted.takes(signal.source_name):
                found.append((places[id(signal)], 0, signal))
        return [each for *_, each in sorted(found, key=lambda each: each[:2])]

    def _trained(self) -> set[int]:
        """Return the parameters, by id, that the optimizers train at present."""
        return {
            id(parameter)
            for optimizer in self._optimizers
            for group in optimizer.param_groups
            for parameter in group["params"]
            if parameter.requires_grad
        }

    # -- forward and backward ----------------------------------------------------------------------

    def _active(self) -> bool:
        return bool(self._handles) and os.getpid() == self._process

    def _enters(self, module: "torch.nn.Module", inputs: tuple[Any, ...]) -> None:
        """A module of any model is about to be called."""
        known = self._modules.get(module)
        if known is None:
            return
        if known.name == "":
            self._begin_forward()
        if not self._listening:
            return
        if self._entries is None and id(module) not in {id(each) for each in self._met}:
            self._met.append(module)
        if known.channels_first is not None:
            self._channels_first = known.channels_first
        tensor = first_tensor(inputs)
        if known.embeds and tensor is not None:
            self._tokens.setdefault(module, []).append(tensor.detach())
        if known.activation and self._activations and tensor is not None:
            self._signal(known.name, tensor, known)

    def _leaves(self, module: "torch.nn.Module", inputs: Any, outputs: Any) -> None:
        """A module of any model has returned."""
        if self._listening and module is self._model:
            tensor = first_tensor(outputs, with_gradient=True)
            if tensor is not None:
                self._signal(OUTPUT, tensor, None)

    def _begin_forward(self) -> None:
        import torch

        if _in_backward():
            return
        self._listening = self._active() and torch.is_grad_enabled() and self._taker.wanted()
        self._calls.clear()
        self._recalls.clear()
        if self._weights and self._weights[0].parameter.grad is None:
            self._forget_signals()  # what they belong to is not going to be stepped

    def _signal(self, name: str, tensor: "torch.Tensor", known: "_Module | None") -> None:
        import torch

        calls = self._recalls if _in_backward() else self._calls
        calls[name] = calls.get(name, 0) + 1
        if not (torch.is_grad_enabled() and tensor.requires_grad and not tensor.is_leaf):
            return
        key = (name, calls[name])
        signal = self._signals.get(key)
        if signal is None:
            if self._entries is not None:
                if self._wanted.takes(name):
                    self._taker.note(
                        f"{name} was not met in the first step, and is not watched: layers are "
                        "those that the first step has."
                    )
                return
            shape = tuple(tensor.shape)
            kind = str(tensor.dtype).removeprefix("torch.")
            activation = known.activation if known else None
            signal = _Signal(key, activation, shape, kind, self._channels_first)
            self._signals[key] = signal
            self._met.append(signal)
        counts = None
        if known and known.activation and known.activation.mask:
            with torch.no_grad():
                mask = known.activation.mask(known.module, tensor.detach())
                counts = as_rows(mask, signal.channels_first).sum(0)
        tensor.register_hook(  # type: ignore[no-untyped-call]
            partial(self._arrived, signal, counts)
        )

    def _arrived(
        self, signal: _Signal, counts: "torch.Tensor | None", gradient: "torch.Tensor"
    ) -> None:
        """The gradient by a tensor is known; counts are taken where it is."""
        rows = as_rows(gradient.detach(), signal.channels_first)
        if rows.shape[1] != signal.width:
            self._taker.note(
                f"{signal.source_name} has changed its width from {signal.width} to "
                f"{rows.shape[1]}: what does not fit is left out."
            )
            return
        signal.gradients.append(rows)
        if counts is not None:
            signal.counts.append(counts)

    def _note_touches(self, parameter: "torch.Tensor") -> None:
        """Have it noted when a backward pass reaches a parameter.

        A gradient of zeros is something else than none, which `zero_grad(set_to_none=False)`
        leaves, too.
        """
        if not parameter.requires_grad:
            return
        import torch

        with torch.enable_grad():
            node: Any = parameter.view_as(parameter).grad_fn
        node = node.next_functions[0][0]
        touched, number = self._touched, id(parameter)
        assert touched is not None
        node.register_hook(lambda *_: touched.add(number))
        self._accumulators.append(node)

    # -- steps -------------------------------------------------------------------------------------

    def _before_step(self, optimizer: Any, args: Any, kwargs: Any) -> Any:
        if not self._active():
            return None
        self._stepped = True
        closure = kwargs.get("closure") or (args[1] if len(args) > 1 else None)
        if closure is None:
            self._meet_step(optimizer)
            return None
        met: list[bool] = []

        def watched() -> Any:
            loss = closure()
            if not met:
                met.append(True)
                self._meet_step(optimizer)
            return loss

        if "closure" in kwargs:
            return args, {**kwargs, "closure": watched}
        return (args[0], watched, *args[2:]), kwargs

    def _meet_step(self, optimizer: "torch.optim.Optimizer") -> None:
        """An optimizer has its gradients: the last one's are what a step is."""
        if not self._taker.wanted():
            return
        last = optimizer is self._optimizers[-1]
        if last and not self._taken:
            self._find_scaler()
            self._take(None, optimizer)
        if self._norms and not _found_infinity(optimizer) and (self._taken or not last):
            own = {id(each) for each in _with_gradient(optimizer)}
            weights = [each for each in self._weights if id(each.parameter) in own]
            self._norms.before(weights, self._before_clipping)

    def _after_step(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        if not self._active() or optimizer is not self._optimizers[-1]:
            return
        norms = self._norms.after() if self._norms else {}
        if self._taken and norms and self._entries:
            self._taker.take_updates([norms.get(id(each)) for each in self._entries])
        self._end_step()

    def _end_step(self) -> None:
        self._forget_signals()
        assert self._touched is not None
        self._touched.clear()
        self._taken = self._before_clipping = False
        self._taker.step_done()

    def _take(self, scale: float | None = None, stepping: Any = None) -> None:
        """Hand the gradients over, those of activations divided by what the loss is scaled by.

        `stepping` is the optimizer whose step begins, if one does.
        """
        inner = _fused_scale(stepping)
        if scale is None:
            scale = inner or (self._scaler.get_scale() if self._scaler else 1.0)
        self._scale = scale
        trained = self._trained()
        if self._entries is None:
            self._entries = self._order()
            layers = [
                each.layer(id(each.parameter) in trained)
                if isinstance(each, _Weight)
                else each.layer()
                for each in self._entries
            ]
            self._taker.begin(layers, self._before_clipping, self._single())
        strange = trained - self._parameters
        if strange and any(
            parameter.ndim > 1 and id(parameter) in strange
            for each in self._optimizers
            for parameter in _with_gradient(each)
        ):
            self._taker.note(
                "The optimizer trains weights that were not in the model when it began to be "
                "watched: they are left out."
            )
        gradients = [
            self._of_weight(number, each, trained, inner)
            if isinstance(each, _Weight)
            else self._of_signal(number, each, scale)
            for number, each in enumerate(self._entries, 1)
        ]
        self._taken = self._taker.take(gradients)

    def _single(self) -> bool:
        return not any(
            str(each.parameter.dtype) in ("torch.float64", "torch.complex128")
            for each in self._weights
        )

    def _of_weight(
        self, number: int, weight: _Weight, trained: set[int], scale: float | None
    ) -> StepGradient | None:
        parameter, part = weight.parameter, weight.part
        gradient = parameter.grad
        if gradient is None or id(parameter) not in trained:
            return None
        if self._touched and id(parameter) not in self._touched and not gradient.any():
            return None
        gradient = gradient.detach()
        index = None
        if gradient.is_sparse:
            gradient = gradient.coalesce()
            index, cells = gradient.indices()[0], gradient.values()
        else:
            cells = part.matrix(part.own(gradient))
            index = self._rows_of(weight, cells)
            if index is not None:
                cells = cells[index]
        if scale:
            cells = cells / scale
        rows = None if index is None else in_numpy(index)
        if part.touched and rows is None:
            import numpy as np

            rows = np.arange(len(cells))
        return StepGradient(number, in_numpy(cells), None, rows)

    def _rows_of(self, weight: _Weight, cells: "torch.Tensor") -> "torch.Tensor | None":
        """Return which rows of an embedding's gradient a batch had tokens of; None for all."""
        import torch

        if not weight.part.touched or weight.names:
            return None
        if tokens := self._tokens.get(weight.module):
            return torch.unique(torch.cat([each.reshape(-1) for each in tokens]))
        return cells.any(dim=1).nonzero().reshape(-1)

    def _of_signal(self, number: int, signal: _Signal, scale: float) -> StepGradient | None:
        import torch

        if not signal.gradients:
            return None
        several = len(signal.gradients) > 1
        cells = torch.cat(signal.gradients) if several else signal.gradients[0]
        if scale != 1.0:
            cells = cells / scale
        counts = sum(signal.counts[1:], signal.counts[0]) if signal.counts else None
        return StepGradient(number, in_numpy(cells), None if counts is None else in_numpy(counts))

    def _forget_signals(self) -> None:
        for signal in self._signals.values():
            signal.forget()
        self._tokens.clear()

    def _find_scaler(self) -> None:
        """Find the scaler of losses that these optimizers step through, if there is one.

        It knows its optimizers, and they do not know it.
        """
        if self._looked_for_scaler:
            return
        from torch.amp.grad_scaler import GradScaler

        ours = {id(each) for each in self._optimizers}
        for each in gc.get_objects():
            # Not isinstance: to that, some objects answer with a computation.
            if not issubclass(type(each), GradScaler) or not each.is_enabled():
                continue
            if ours & set(each._per_optimizer_states):
                self._scaler = each
        self._looked_for_scaler = True


@dataclass(frozen=True)
class _Module:
    """A module of the model: whether after it neurons are in dimension 1 (None: as before it), and
    whether its input is tokens."""

    module: "torch.nn.Module"
    name: str
    activation: TorchActivation | None
    channels_first: bool | None
    embeds: bool


def unwrapped(optimizer: Any) -> Any:
    """Return the PyTorch optimizer inside of others' wrappers; raise WatchError where none is."""
    from torch.optim import Optimizer

    while isinstance(inner := getattr(optimizer, "optimizer", None), Optimizer):
        optimizer = inner
    if not isinstance(optimizer, Optimizer):
        raise WatchError(
            f"{type(optimizer).__name__} is no PyTorch optimizer: watch takes a model and its "
            "optimizer, or neither, for w.step(grads, params)"
        )
    return optimizer


def _with_gradient(optimizer: "torch.optim.Optimizer") -> "list[torch.Tensor]":
    return [
        parameter
        for group in optimizer.param_groups
        for parameter in group["params"]
        if parameter.grad is not None
    ]


def plain(name: str) -> str:
    """Return a path without what wrappers put into it."""
    return name.replace("_orig_mod.", "").removeprefix("module.").removesuffix("_orig_mod")


def _is_compiled(model: "torch.nn.Module") -> bool:
    return any(
        type(each).__name__ == "OptimizedModule" or getattr(each, "_compiled_call_impl", None)
        for each in model.modules()
    )


def _in_backward() -> bool:
    import torch

    return bool(torch._C._current_graph_task_id() != -1)


def _fused_scale(optimizer: Any) -> float | None:
    """Return by what the gradients are still scaled that a fused optimizer is about to get."""
    scale = getattr(optimizer, "grad_scale", None)
    return None if scale is None else float(scale)


def _found_infinity(optimizer: Any) -> bool:
    found = getattr(optimizer, "found_inf", None)
    return found is not None and bool(float(found))
