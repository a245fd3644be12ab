"""A watched PyTorch model: records its gradients when its optimizer gets them.

Weights are read in hooks of the optimizer, when gradients have been accumulated, unscaled and
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
"""Recorded steps between checks for weights that were added later."""


class StepTaker(Protocol):
    """Receives steps."""

    def wanted(self) -> bool:
        """Return whether the next step is to be recorded."""

    def begin(self, layers: Sequence[WatchedLayer], before_clipping: bool, single: bool) -> None:
        """Take the list of layers, once, at the first recorded step."""

    def take(self, gradients: Sequence[StepGradient | None]) -> bool:
        """Take copies of one step's gradients; False leaves the step out."""

    def take_updates(self, updates: Sequence[StepUpdate | None]) -> None:
        """Take the updates of the last recorded step."""

    def step_done(self) -> None:
        """Count a finished step, recorded or not."""

    def guarded(self, action: Any) -> None:
        """Run `action` so that its errors do not end training."""

    def note(self, sentence: str) -> None:
        """Report something that is good to know, once."""


class TorchModel:
    """Watches `model`, which `optimizers` train; `taker` receives every step.

    The steps that count are those of the last optimizer. `wanted` chooses layers; `activations`,
    `updates` and `biases` switch on gradients with respect to activations' inputs and the output,
    norms of weights and their changes, and biases and other vectors.

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
                "watch the model before it is sharded, or pass gradients to w.step(grads, params)"
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
        """Install all hooks."""
        for optimizer in self._optimizers:
            self._handles.append(optimizer.register_step_pre_hook(self._before_step))
            self._handles.append(optimizer.register_step_post_hook(self._after_step))
        self._note_touches()
        if not _is_compiled(self._model):
            self._signals.attach(self._activations)
        elif self._activations:
            self._taker.note(
                "The model is compiled: weights are watched; gradients of activations' "
                "inputs are not, since that would slow it down."
            )

    def detach(self) -> None:
        """Remove all hooks."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()
        for _, handle in self._accumulators.values():
            handle.remove()
        self._accumulators.clear()
        self._signals.detach()

    def before_clipping(self) -> None:
        """Record the gradients of the next step as they are now."""
        self._before_clipping = True
        self._find_scaler()
        if self._taker.wanted():
            self._take()

    def dropout(self) -> float | None:
        """Return the largest rate of the model's dropout modules; None where it has none.

        Dropout that a forward function applies by itself is not seen.
        """
        from torch.nn.modules.dropout import _DropoutNd

        rates = [each.p for each in self._model.modules() if isinstance(each, _DropoutNd)]
        return max(map(float, rates), default=None)

    def probe(self, tensor: "torch.Tensor", name: str) -> None:
        """Watch the gradient with respect to a tensor of the forward pass, like an activation's."""
        self._signals.probe(tensor, name)

    def between_steps(self) -> None:
        """Check, between two batches, whether a loss scaler has skipped a step.

        Also prepares for the next forward pass, whichever module of the model it starts with.
        """
        self._look_for_skipped_step()
        self._signals.begin()

    def _look_for_skipped_step(self) -> None:
        """Count a step that a scaler has skipped.

        The scaler has then lowered its scale, and no optimizer has stepped. Until one has, a single
        scaler with a lowered scale is taken for theirs: after its update it no longer knows them.
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
        """Note when a backward pass reaches a trained parameter.

        A gradient of zeros differs from none, and `zero_grad(set_to_none=False)` leaves zeros
        instead of none.
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
            # The node lives as long as someone holds a reference.
            hook = node.register_hook(lambda *_, number=number: touched.add(number))
            self._accumulators[number] = (node, hook)

    def _begin_forward(self) -> bool:
        """Return whether the next forward pass is to be recorded."""
        import torch

        if not (self._active() and torch.is_grad_enabled() and self._taker.wanted()):
            return False
        if not self._has_gradients():
            self._signals.forget()  # they belong to gradients that were never used in a step
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
        """Handle an optimizer that is about to step; only the last one's steps count."""
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
        """Hand the gradients over; those of activations are divided by the loss scale.

        That is `scale`, else what can be found out. `stepping` is the optimizer that is about to
        step, if any.
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
        """Return everything watched, in the order in which the first forward pass reached it."""
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
                "The optimizer trains weights outside the watched model: they are left out."
            )
        ours = {id(each.parameter) for each in self._weights}
        later = [
            plain(name)
            for name, each in self._model.named_parameters()
            if id(each) not in ours and each.ndim > 1 and self._wanted.takes(plain(name))
        ]
        if later:
            self._taker.note(
                f"{', '.join(later[:3])}{' and others' * (len(later) > 3)} came into the "
                "model after its watch had started, and is not watched: start another "
                "watch to include it."
            )

    def _single(self) -> bool:
        double = ("torch.float64", "torch.complex128")
        return not any(str(each.parameter.dtype) in double for each in self._weights)

    def _find_scaler(self, stepping: bool = False) -> None:
        """Find the scaler, which is known once it has unscaled gradients or skipped a step."""
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
