"""A PyTorch model while it is watched: what its gradients are when its optimizer gets them.

Weights are read in hooks of the optimizer, where gradients have been accumulated, unscaled and
reduced. Nothing is attached to modules or parameters.
"""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from vanishing_gradients.telemetry.errors import WatchError
from vanishing_gradients.telemetry.torch_norms import UpdateNorms
from vanishing_gradients.telemetry.torch_optimizers import (
    find_scaler,
    found_infinity,
    fused_scale,
    scales,
    smaller_scaler,
    trained,
    unwrapped,
)
from vanishing_gradients.telemetry.torch_signals import Signal, Signals
from vanishing_gradients.telemetry.torch_tensors import is_sharded, plain
from vanishing_gradients.telemetry.torch_weights import Weight, find_weights
from vanishing_gradients.telemetry.watched_layers import (
    StepGradient,
    StepUpdate,
    Wanted,
    WatchedLayer,
)

if TYPE_CHECKING:
    import torch


LOOKED_EVERY = 100
"""Recorded steps from one look for weights that came later to the next."""


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

    def guarded(self, action: Any) -> None:
        """Do something whose errors are none of training's."""

    def note(self, sentence: str) -> None:
        """Hear once of what is good to know."""


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
        self._weights = list(find_weights(model, wanted, biases))
        if any(is_sharded(each.parameter) for each in self._weights):
            raise WatchError(
                "the model is sharded (its parameters are DTensors), which cannot be watched: "
                "watch it where it is whole, or hand gradients to w.step(grads, params)"
            )
        self._activations = activations
        self._norms = UpdateNorms() if updates else None
        self._touched: set[int] = set()
        self._accumulators: dict[int, Any] = {}
        embeddings = {each.module for each in self._weights if each.by_token}
        self._signals = Signals(model, embeddings, self._begin_forward, taker.note)
        self._entries: list[Weight | Signal] | None = None
        self._before_clipping = self._taken = self._stepped = False
        self._scaler: Any = None
        self._looked_for_scaler = False
        self._scale: float | None = None
        self._scales = scales()
        self._takes = 0

    def attach(self) -> None:
        """Put all hooks in place."""
        for optimizer in self._optimizers:
            self._handles.append(optimizer.register_step_pre_hook(self._before_step))
            self._handles.append(optimizer.register_step_post_hook(self._after_step))
        self._note_touches()
        if not _is_compiled(self._model):
            self._signals.attach(self._activations)
        elif self._activations:
            self._taker.note(
                "The model is compiled: weights are watched; gradients by the inputs of "
                "activations, which would cost its speed, are not."
            )

    def detach(self) -> None:
        """Take all hooks away again."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()
        for _, handle in self._accumulators.values():
            handle.remove()
        self._accumulators.clear()
        self._signals.detach()

    def before_clipping(self) -> None:
        """Record the gradients of the step that comes as they are now."""
        self._before_clipping = True
        self._find_scaler()
        if self._taker.wanted():
            self._take()

    def probe(self, tensor: "torch.Tensor", name: str) -> None:
        """Watch the gradient by a tensor of the forward pass, as if an activation got it."""
        self._signals.probe(tensor, name)

    def between_steps(self) -> None:
        """Look, between two batches, whether a scaler of losses has left out a step.

        And listen to the forward pass that comes, whichever module of the model it begins with.
        """
        self._look_for_skipped_step()
        self._signals.begin()

    def _look_for_skipped_step(self) -> None:
        """Meet a step that a scaler has left out.

        It then has made its scale smaller, and no optimizer has stepped. Until one has, the only
        scaler that did so is taken for theirs: after its update it does not know them any more.
        """
        stepped, self._stepped = self._stepped, False
        if stepped or not self._active() or not self._has_gradients():
            return
        self._find_scaler()
        scaler = self._scaler
        if scaler is None and not self._looked_for_scaler:
            scaler = smaller_scaler(self._scales)
        if scaler is None:
            return
        before = self._scale
        if before is None:
            before = self._scales.get(scaler, scaler._init_scale)
        self._scale = scaler.get_scale()
        if self._scale < before:
            if self._taker.wanted():
                self._take(before)
            self._scale = scaler.get_scale()
            self._end_step()

    def _active(self) -> bool:
        return bool(self._handles) and os.getpid() == self._process

    def _note_touches(self) -> None:
        """Have it noted when a backward pass reaches a parameter that is trained.

        A gradient of zeros is something else than none, and `zero_grad(set_to_none=False)` leaves
        zeros where there is none.
        """
        import torch

        touched = self._touched
        for weight in self._weights:
            parameter, number = weight.parameter, id(weight.parameter)
            if not parameter.requires_grad or number in self._accumulators:
                continue
            with torch.enable_grad():
                node: Any = parameter.view_as(parameter).grad_fn
            node = node.next_functions[0][0]
            # The node lives as long as somebody holds it.
            hook = node.register_hook(lambda *_, number=number: touched.add(number))
            self._accumulators[number] = (node, hook)

    def _begin_forward(self) -> bool:
        """Say whether a forward pass is to be looked at."""
        import torch

        if not (self._active() and torch.is_grad_enabled() and self._taker.wanted()):
            return False
        if not self._has_gradients():
            self._signals.forget()  # they belong to gradients that were never stepped by
        return True

    def _has_gradients(self) -> bool:
        return any(each.grad is not None for each in trained(self._optimizers))

    def _before_step(self, optimizer: Any, args: Any, kwargs: Any) -> Any:
        if not self._active():
            return None
        self._stepped = True
        closure = kwargs.get("closure") or (args[1] if len(args) > 1 else None)
        if closure is None:
            self._taker.guarded(lambda: self._meet_step(optimizer))
            return None
        met: list[bool] = []

        def watched() -> Any:
            loss = closure()
            if not met:
                met.append(True)
                self._taker.guarded(lambda: self._meet_step(optimizer))
            return loss

        if "closure" in kwargs:
            return args, {**kwargs, "closure": watched}
        return (args[0], watched, *args[2:]), kwargs

    def _meet_step(self, optimizer: "torch.optim.Optimizer") -> None:
        """An optimizer has its gradients: the last one's are what a step is."""
        if not self._taker.wanted():
            return
        last = optimizer is self._optimizers[-1]
        if last:
            self._find_scaler(stepping=True)
        if last and not self._taken:
            self._take(None, optimizer)
        if self._norms and not found_infinity(optimizer) and (self._taken or not last):
            own = {id(each) for each in trained([optimizer]) if each.grad is not None}
            weights = [each for each in self._weights if id(each.parameter) in own]
            self._norms.before(weights, self._before_clipping)

    def _after_step(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        if self._active() and optimizer is self._optimizers[-1]:
            self._taker.guarded(self._finish_step)

    def _finish_step(self) -> None:
        norms = self._norms.after() if self._norms else {}
        if self._taken and norms and self._entries:
            self._taker.take_updates([norms.get(id(each)) for each in self._entries])
        self._end_step()

    def _end_step(self) -> None:
        self._signals.forget()
        self._touched.clear()
        self._taken = self._before_clipping = False
        self._taker.step_done()

    def _take(self, scale: float | None = None, stepping: Any = None) -> None:
        """Hand the gradients over, those of activations divided by what the loss is scaled by.

        That is `scale`, else what can be seen. `stepping` is the optimizer whose step begins, if
        one does.
        """
        inner = fused_scale(stepping)
        if scale is None:
            scale = inner or (self._scaler.get_scale() if self._scaler else 1.0)
        self._scale = scale
        self._note_touches()
        parameters = trained(self._optimizers)
        numbers = {id(each) for each in parameters}
        entries = self._entries
        if entries is None:
            entries = self._entries = self._order()
            layers = [
                each.layer()
                if isinstance(each, Signal)
                else each.layer(id(each.parameter) not in numbers)
                for each in entries
            ]
            self._signals.fix([each for each in entries if isinstance(each, Signal)])
            self._taker.begin(layers, self._before_clipping, self._single())
        if self._takes % LOOKED_EVERY == 0:
            self._look_for_new(parameters)
        self._takes += 1
        gradients: list[StepGradient | None] = []
        for number, each in enumerate(entries, 1):
            if isinstance(each, Signal):
                gradients.append(each.of_step(number, scale))
            elif id(each.parameter) in numbers and self._has_gradient(each):
                tokens = self._signals.tokens.get(each.module)
                gradients.append(each.of_step(number, inner, tokens))
            else:
                gradients.append(None)
        self._taken = self._taker.take(gradients)

    def _order(self) -> list[Weight | Signal]:
        """Return all that is watched, in the order in which the first forward pass met it."""
        found: list[tuple[int, Weight | Signal]] = [
            (self._signals.place(each.module, each.path), each) for each in self._weights
        ]
        found += [
            (self._signals.place(each), each)
            for each in self._signals.all()
            if self._wanted.takes(each.source_name)
        ]
        return [each for _, each in sorted(found, key=lambda pair: pair[0])]

    def _has_gradient(self, weight: Weight) -> bool:
        gradient = weight.parameter.grad
        if gradient is None:
            return False
        if not self._touched or id(weight.parameter) in self._touched or gradient.is_sparse:
            return True
        return bool(gradient.any())

    def _look_for_new(self, parameters: "Sequence[torch.Tensor]") -> None:
        known = {id(each) for each in self._model.parameters()}
        if any(id(each) not in known and each.grad is not None for each in parameters):
            self._taker.note(
                "The optimizer trains weights that are not in the model that is watched: they are "
                "left out."
            )
        ours = {id(each.parameter) for each in self._weights}
        later = [
            plain(name)
            for name, each in self._model.named_parameters()
            if id(each) not in ours and each.ndim > 1 and self._wanted.takes(plain(name))
        ]
        if later:
            self._taker.note(
                f"{', '.join(later[:3])}{' and others' * (len(later) > 3)} came to the model after "
                "its watch had begun, and is not watched: begin another to have it."
            )

    def _single(self) -> bool:
        double = ("torch.float64", "torch.complex128")
        return not any(str(each.parameter.dtype) in double for each in self._weights)

    def _find_scaler(self, stepping: bool = False) -> None:
        """Find the scaler, which is known once it has unscaled gradients, or lets a step be."""
        if not self._looked_for_scaler:
            self._scaler = find_scaler(self._optimizers)
            self._looked_for_scaler = stepping or self._scaler is not None


def leads() -> bool:
    """Return whether this process is the first of those that train a model together.

    Of a model that is trained by several, all have the same gradients of weights.
    """
    from torch import distributed

    together = distributed.is_available() and distributed.is_initialized()
    return not together or distributed.get_rank() == 0


def _is_compiled(model: "torch.nn.Module") -> bool:
    return any(
        type(each).__name__ == "OptimizedModule" or getattr(each, "_compiled_call_impl", None)
        for each in model.modules()
    )
